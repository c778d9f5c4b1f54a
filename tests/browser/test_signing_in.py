"""Signing in by hand: a second factor set up and used, a session that ended while somebody typed, tokens."""

from __future__ import annotations

import base64
import time
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import expect

from catalog.actors import system
from catalog.database import Database
from catalog.models import SigninSession
from catalog.people import create_account, find_account
from catalog.signing_in.second_factor import STEP_SECONDS, code_at
from tests.browser.axe import run_axe
from tests.browser.bureau import TABLET, WIDE, Bureau, Desk

PASSWORD = "correct-Horse-7"


def newcomer(bureau: Bureau, name: str) -> None:
    with bureau.database() as database, database.write() as session:
        if find_account(session, name) is None:
            create_account(
                session,
                actor=system("operator"),
                username=name,
                email=f"{name}@liuhen.example",
                roles=["handler"],
                officer=None,
                now=datetime.now(UTC),
            )


def with_password(bureau: Bureau, desk: Desk, name: str) -> None:
    newcomer(bureau, name)
    bureau.sign_in(desk, bureau.signin_link(name))
    desk.go("/account")
    desk.page.get_by_label("新密码").fill(PASSWORD)
    desk.page.get_by_label("再输入一次").fill(PASSWORD)
    desk.page.get_by_role("button", name="保存").click()
    expect(desk.page.get_by_role("status")).to_contain_text("密码")


def type_password(desk: Desk, name: str) -> None:
    desk.go("/signin")
    desk.page.get_by_label("用户名").fill(name)
    desk.page.get_by_label("密码").fill(PASSWORD)
    desk.page.keyboard.press("Enter")


def fresh_code(secret: bytes, after: int) -> tuple[str, int]:
    """A code of a later step than the last one that was used."""
    while (step := int(time.time()) // STEP_SECONDS) <= after:
        step = after + 1
        if step * STEP_SECONDS - time.time() < STEP_SECONDS:
            break  # the telephone is a little early, which is allowed
        time.sleep(0.5)
    return code_at(secret, step), step


@pytest.mark.parametrize("size", [WIDE, TABLET], ids=["wide", "tablet"])
def test_a_second_factor_is_set_up_and_asked_for(bureau: Bureau, size: tuple[int, int]) -> None:
    name = f"factor{size[0]}"
    with bureau.desk(name, signed_in=False, size=size) as desk:
        page = desk.page
        desk.watch.expect("status of 401")
        with_password(bureau, desk, name)
        page.get_by_role("link", name="两步验证与恢复码").click()
        page.get_by_role("button", name="设置").click()
        if "/signin/again" in page.url:
            page.get_by_label("密码", exact=True).fill(PASSWORD)
            page.keyboard.press("Enter")
            page.get_by_role("button", name="设置").click()
        picture = page.locator(".qr svg")
        expect(picture).to_be_visible()
        box = picture.bounding_box()
        assert box is not None
        assert box["width"] > 150
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        assert run_axe(page)[1] == []
        letters = page.locator("code.key").inner_text().replace(" ", "")
        secret = base64.b32decode(letters + "=" * (-len(letters) % 8))
        shown, step = fresh_code(secret, 0)
        page.get_by_label("验证码").fill(shown)
        page.get_by_role("button", name="启用").click()
        expect(page.locator(".codes code")).to_have_count(10)
        codes = page.locator(".codes code").all_inner_texts()
        page.get_by_role("link", name="已妥善保管").click()
        page.get_by_role("button", name="退出").click()

        type_password(desk, name)
        expect(page.get_by_role("heading", name="第二步验证")).to_be_visible()
        expect(page.get_by_label("验证码")).to_be_focused()
        assert run_axe(page)[1] == []
        page.keyboard.type(shown)
        page.keyboard.press("Enter")
        expect(page.get_by_role("alert")).to_contain_text("已使用过")
        page.get_by_label("验证码").fill(fresh_code(secret, step)[0])
        page.keyboard.press("Enter")
        page.wait_for_url(lambda address: "/signin" not in address)
        page.get_by_role("button", name="退出").click()

        type_password(desk, name)
        page.get_by_label("验证码").fill(codes[0])
        page.keyboard.press("Enter")
        page.wait_for_url(lambda address: "/signin" not in address)


def age(database: Database, name: str, minutes: float) -> None:
    """As if nobody had touched anything for so long."""
    with database.write() as session:
        account = find_account(session, name)
        assert account is not None
        for sitting in session.query(SigninSession).where(SigninSession.account_id == account.id):
            sitting.seen_at -= timedelta(minutes=minutes)
            sitting.started_at -= timedelta(minutes=minutes)


def test_what_was_typed_outlives_the_session(bureau: Bureau) -> None:
    with bureau.desk("typist", signed_in=False) as desk:
        page = desk.page
        desk.watch.expect("status of 401")
        with_password(bureau, desk, "typist")
        page.clock.install()
        desk.go("/cases/new")
        title = page.locator("input[name=title]")
        title.fill("写了半小时的案件名称")
        note = page.locator("#ended")
        expect(note).to_be_hidden()
        with bureau.database() as database:
            age(database, "typist", 31)
        page.clock.fast_forward("31:00")
        expect(note).to_be_visible()
        expect(note).to_contain_text("填写的内容仍然保留")
        page.locator("main form button.main").first.click()
        expect(title).to_have_value("写了半小时的案件名称")
        assert page.url.endswith("/cases/new"), "it was not sent"

        with page.context.expect_page() as opened:
            note.get_by_role("link").click()
        window = opened.value
        window.get_by_label("用户名").fill("typist")
        window.get_by_label("密码").fill(PASSWORD)
        window.keyboard.press("Enter")
        expect(window.get_by_role("heading", name="已重新登录")).to_be_visible()
        window.close()
        page.clock.fast_forward("00:10")
        expect(note).to_be_hidden()
        expect(title).to_have_value("写了半小时的案件名称")
        page.locator("main form button.main").first.click()
        page.wait_for_load_state()
        expect(page.get_by_text("表单打开时间过长")).to_have_count(0)


def test_the_board_on_the_wall_goes_on(bureau: Bureau) -> None:
    newcomer(bureau, "wall")
    with bureau.desk("wall", signed_in=False) as desk:
        desk.watch.expect("status of 401")
        bureau.sign_in(desk, bureau.signin_link("wall"))
        desk.go("/dockings?board=1")
        with bureau.database() as database:
            age(database, "wall", 60 * 11)
        with desk.page.expect_response(lambda answer: "/dockings/board" in answer.url) as polled:
            pass
        assert polled.value.status in {200, 204}
        desk.page.reload()
        expect(desk.page.locator(".board")).to_be_visible()
        desk.go("/clips")
        expect(desk.page.get_by_role("status")).to_contain_text("会话已结束")


def test_a_token_is_made_and_revoked(bureau: Bureau) -> None:
    with bureau.desk("maker", signed_in=False) as desk:
        page = desk.page
        newcomer(bureau, "maker")
        bureau.sign_in(desk, bureau.signin_link("maker"))
        desk.go("/account/tokens")
        assert run_axe(page)[1] == []
        page.get_by_label("用途").fill("案件系统")
        page.get_by_label("案件及其环节").check()
        page.get_by_role("button", name="生成令牌").click()
        expect(page.locator("code.key")).to_contain_text("liuhen_")
        page.get_by_role("button", name="吊销").click()
        expect(page.locator("table .chip.stop")).to_have_text("已吊销")
