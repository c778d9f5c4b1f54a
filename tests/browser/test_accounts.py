"""Somebody is invited, sets a password, is granted a role, and sees the pages of that role: three people, three windows."""

from __future__ import annotations

from tests.browser.bureau import TABLET, Bureau, Desk

USER, NAME, PASSWORD = "tan", "谭静", "河边第三棵老柳树下的石凳上"


def invite(bureau: Bureau) -> str:
    """The system administrator invites; answer the link on the slip."""
    with bureau.desk("gao") as desk:
        page = desk.page
        desk.go("/accounts")
        page.get_by_role("link", name="邀请人员").click()
        page.get_by_label("姓名（不是执法人员的填写）").fill(NAME)
        page.get_by_label("用户名：小写字母和数字").fill(USER)
        page.get_by_label("档案员").check()
        page.get_by_role("button", name="建立账户并签发邀请").click()
        link = page.locator("#link").inner_text()
        page.evaluate("() => { window.print = () => { window.printed = true; }; }")
        page.get_by_role("button", name="打印").click()
        assert page.evaluate("() => window.printed")
        page.get_by_role("link", name="完成").click()
        assert "已邀请，未设密码" in page.locator(".head").inner_text()
        assert page.get_by_role("button", name="授予").count() == 0
    return link


def sign_in(desk: Desk) -> None:
    desk.page.get_by_label("用户名或电子邮箱").fill(USER)
    desk.page.get_by_label("密码").fill(PASSWORD)
    desk.page.get_by_role("button", name="登录").click()
    desk.page.wait_for_url(lambda address: "/signin" not in address)


def parts(desk: Desk) -> set[str]:
    return set(desk.page.locator(".side nav a").all_inner_texts())


def test_from_the_invitation_to_the_pages_of_the_role(bureau: Bureau) -> None:
    link = invite(bureau)
    with bureau.desk("", signed_in=False, size=TABLET) as person, bureau.desk("luo") as security:
        page = person.page
        page.goto(link)
        assert NAME in page.locator("h1").inner_text()
        page.locator("[name=fresh]").fill("password1234")
        page.locator("[name=again]").fill("password1234")
        person.watch.expect("400")
        page.get_by_role("button", name="设置密码").click()
        assert "别人首先会试" in page.get_by_role("alert").inner_text()
        page.locator("[name=fresh]").fill(PASSWORD)
        page.locator("[name=again]").fill(PASSWORD)
        page.get_by_role("button", name="设置密码").click()
        page.get_by_role("status").filter(has_text="密码已设置").wait_for()
        sign_in(person)
        assert "尚未授予您任何角色" in page.locator("main").inner_text()
        assert parts(person) == set()

        security.go("/accounts?waiting=1")
        assert security.page.locator(".side nav .badge").inner_text() == "1"
        security.page.get_by_role("link", name=NAME).click()
        security.page.get_by_role("button", name="授予: 档案员", exact=True).click()
        security.page.get_by_role("status").filter(has_text="档案员：已授予").wait_for()
        page.reload()
        assert {"声像资料", "档案", "保管期限"} <= {name.strip() for name in parts(person)}
        person.go("/retention")
        assert page.locator("h1").count() == 1

        security.page.get_by_role("button", name="收回: 档案员").click()
        security.page.get_by_role("status").filter(has_text="已收回").wait_for()
        person.watch.expect("403")
        person.go("/retention")
        assert "您的角色不包含此页面" in page.locator("h1").inner_text()

        person.watch.expect("410")
        page.goto(link)
        assert "此链接已使用过" in page.locator("main").inner_text()


def test_what_may_this_person_see(bureau: Bureau) -> None:
    with bureau.desk("gao") as desk:
        page = desk.page
        desk.go("/roles")
        page.locator("select[name=account]").select_option(label="王建国 · wang")
        page.locator("select[name=act]").select_option("office:clip:download")
        page.get_by_role("button", name="查看").click()
        said = page.locator(".note.stop").inner_text()
        assert "不可以：下载原件" in said
        assert "承办人" in said
        page.locator("select[name=act]").select_option("")
        page.get_by_role("button", name="查看").click()
        assert "看未封存的资料" in page.locator(".may-do").first.inner_text()
