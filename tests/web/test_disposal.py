"""The disposal procedure through the pages: the whole way on a real storage, and every step tried by every role."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from catalog.disposal.at_storage import Endpoint, Means
from catalog.disposal.executing import Executor, execute_ordered
from catalog.models import Appraisal, AppraisalItem, Clip, Copy, CustodyEntry, LockDue
from storage.disposal import DisposalStore
from storage.reader import SecondReader
from storage.settings import StorageSettings
from tests.catalog import world
from tests.web.conftest import NEEDED, Site, csrf
from tests.web.test_routes import PEOPLE

ZONE = ZoneInfo("Asia/Shanghai")
AHEAD = timedelta(hours=2)
COOLED = timedelta(days=14, minutes=1)


class Bureau:
    """A site whose clock runs two hours ahead, so that a lock of a second has passed by the margin too."""

    def __init__(self, site: Site, seaweed: StorageSettings) -> None:
        self.site, self.seaweed = site, seaweed
        self.clients: dict[str, FlaskClient] = {}
        self.at(AHEAD)

    def at(self, ahead: timedelta) -> None:
        self.ahead = ahead
        self.site.moment[:] = [datetime.now(UTC) + ahead]

    def client(self, name: str, *, fresh: bool = False) -> FlaskClient:
        if fresh or name not in self.clients:
            self.clients[name] = self.site.client(name)
        return self.clients[name]

    def post(self, name: str, path: str, *, fresh: bool = False, **data: object) -> TestResponse:
        client = self.client(name, fresh=fresh)
        return client.post(path, data={"csrf_token": csrf(client.get("/account")), **NEEDED, **data})

    def said(self, name: str, path: str, **data: object) -> str:
        """The page after an act, with what it says."""
        answer = self.post(name, path, **data)
        assert answer.status_code == 303, answer.status_code
        return self.client(name).get(answer.location).text

    def clip(self, *, review: bool = True) -> UUID:
        """A clip that lies at the storage, its lock passed."""
        return self.clips(1, review=review)[0]

    def clips(self, count: int, *, review: bool = True) -> list[UUID]:
        """So many of them; one wait for all."""
        here = self.site.components
        until = datetime.now(UTC).replace(microsecond=0) + timedelta(seconds=4)
        made: list[UUID] = []
        with self.site.database.write() as session:
            for _ in range(count):
                clip = world.add_clip(session, datetime.now(UTC), "到期.mp4")
                key = f"originals/{clip.id}"
                version = here.evidence.put_locked(
                    key, clip.id.bytes * 9, lock_until=until, metadata={"clip": str(clip.id)}
                )
                clip.lock_desired = until
                copy = session.scalars(select(Copy).where(Copy.clip_id == clip.id)).one()
                copy.bucket, copy.key, copy.version, copy.lock_until = (
                    here.evidence.bucket,
                    key,
                    version,
                    until,
                )
                made.append(clip.id)
        time.sleep(max(0.0, (until - datetime.now(UTC)).total_seconds()) + 0.3)
        if review:
            for clip_id in made:
                self.post("chen", "/disposal", act="review", clip=str(clip_id), finding="与案件无关")
            self.settled()
        return made

    def settled(self) -> None:
        with self.site.database.write() as session:
            for row in session.scalars(select(LockDue)):
                session.delete(row)

    def reported(self, *clips: UUID) -> UUID:
        self.post("chen", "/disposal", act="list", clip=[str(c) for c in clips])
        with self.site.database.read() as session:
            appraisal = session.scalars(select(Appraisal.id).order_by(Appraisal.number.desc())).first()
        assert appraisal is not None
        for name, part in (("chen", "office"), ("sun", "section"), ("zhou", "legal")):
            self.post(name, f"/disposal/{appraisal}/opinions", all="1", proposal="destroy", part=part)
        self.post("chen", f"/disposal/{appraisal}/steps/propose")
        self.post("chen", f"/disposal/{appraisal}/steps/report")
        assert self.state(appraisal) == "reported"
        return appraisal

    def approve(self, appraisal: UUID, **data: object) -> TestResponse:
        with self.site.database.read() as session:
            digest = session.get_one(Appraisal, appraisal).digest
        return self.post(
            "qian", f"/disposal/{appraisal}/approval", fresh=True,
            **{"number": f"批 {str(appraisal)[-8:]}", "digest": digest, **data},
        )  # fmt: skip

    def state(self, appraisal: UUID) -> str:
        with self.site.database.read() as session:
            return session.get_one(Appraisal, appraisal).state

    def refusals(self) -> list[str]:
        with self.site.database.read() as session:
            return list(
                session.scalars(select(CustodyEntry.record).where(CustodyEntry.action == "act.refused"))
            )

    def execute(self) -> int:
        here = self.site.components
        store, reader = DisposalStore(self.seaweed), SecondReader(self.seaweed)
        try:
            means = Means(self.site.database, {"main": Endpoint(store, reader)}, here.derived, here.clock)
            return execute_ordered(Executor(means, registers=here.evidence, zone=ZONE, bureau="某某局"))
        finally:
            store.close()
            reader.close()


@pytest.fixture
def bureau(site: Site, seaweed: StorageSettings) -> Iterator[Bureau]:
    return Bureau(site, seaweed)


def test_the_whole_way_through_the_pages(bureau: Bureau) -> None:
    clip = bureau.clip(review=False)
    chen = bureau.client("chen")
    assert "审核：不属于任何案件" in chen.get("/disposal/expired").text
    said = bureau.said("chen", "/disposal", act="list", clip=str(clip))
    assert "不属于任何案件，且尚未审核" in said
    bureau.post("chen", "/disposal", act="review", clip=str(clip), finding="与案件无关")
    bureau.settled()
    appraisal = bureau.reported(clip)
    page = f"/disposal/{appraisal}"
    assert "1 件资料将被永久销毁" in bureau.client("qian").get(page).text
    assert "鉴定报告" in bureau.post("qian", f"{page}/report").text
    assert bureau.approve(appraisal).status_code == 303
    assert bureau.state(appraisal) == "cooling"
    bureau.settled()
    assert "13 天" in bureau.client("zhou").get(page).text or "14 天" in bureau.client("zhou").get(page).text
    bureau.at(AHEAD + COOLED)
    bureau.clients.clear()
    for name in ("sun", "zhou"):
        assert "参与鉴定或报批的人不能担任监销人" in bureau.said(name, f"{page}/witness")
    for name in ("he", "ma"):
        assert "您已签到为监销人" in bureau.said(name, f"{page}/witness")
    found = re.search(r"JD-\d+-\d+", bureau.client("chen", fresh=True).get(page).text)
    assert found is not None
    number = found.group()
    assert "不是这项鉴定的编号" in bureau.said("chen", f"{page}/order", typed="JD-1")
    assert "已下令" in bureau.said("chen", f"{page}/order", typed=number)
    assert bureau.execute() == 1
    shown = bureau.client("chen").get(page).text
    assert "永久保存" in shown
    pdf = bureau.post("chen", f"{page}/register/pdf")
    assert pdf.data.startswith(b"%PDF")
    assert bureau.post("zhou", f"{page}/register/json").json["bureau"] == "某某局"  # type: ignore[index]
    assert bureau.post("zhou", f"{page}/register/exe").status_code == 404
    li = bureau.client("li")
    text = li.get(f"/clips/{clip}").text
    assert "已按鉴定销毁程序于" in text
    assert "XH-" in text
    assert "<video" not in text
    assert "data-addresses" not in text
    token = csrf(li.get("/account"))
    addresses = li.post(f"/clips/{clip}/addresses", headers={"X-CSRFToken": token})
    assert addresses.status_code >= 400
    assert "X-Amz-Signature" not in addresses.text
    answer = li.post(f"/clips/{clip}/download", data={"csrf_token": token, **NEEDED})
    assert "X-Amz-Signature" not in (answer.location or "")
    assert bureau.client("chen").get("/clips").status_code == 200


def test_each_step_by_each_role(bureau: Bureau) -> None:
    """Whoever may not: 403 or a refusal in words, an entry, and nothing changed."""
    clip = bureau.clip()
    appraisal = bureau.reported(clip)
    page = f"/disposal/{appraisal}"
    with bureau.site.database.read() as session:
        digest = session.get_one(Appraisal, appraisal).digest
        item = session.scalars(select(AppraisalItem.id)).one()
    acts: dict[str, dict[str, object]] = {
        f"{page}/opinions": {"all": "1", "proposal": "destroy"},
        f"{page}/items/{item}/off": {},
        f"{page}/steps/propose": {},
        f"{page}/steps/report": {},
        f"{page}/steps/rework": {},
        f"{page}/undo": {"reason": "x"},
        f"{page}/witness": {},
        f"{page}/order": {"typed": "JD-2026-001"},
    }
    for name in PEOPLE:
        for path, data in acts.items():
            answer = bureau.post(name, path, **data)
            assert answer.status_code in {303, 403}, (name, path)
        if name != "qian":
            answer = bureau.post(name, f"{page}/approval", number="1", digest=digest)
            assert answer.status_code == 403, name
        assert bureau.state(appraisal) == "reported"
    assert len(bureau.refusals()) > 10
    bureau.clients.clear()
    bureau.at(bureau.ahead + timedelta(minutes=10))
    with bureau.site.database.read() as session:
        assert session.get_one(Clip, clip).destroyed_at is None


def test_an_old_session_neither_approves_nor_orders(bureau: Bureau) -> None:
    clip = bureau.clip()
    appraisal = bureau.reported(clip)
    page = f"/disposal/{appraisal}"
    with bureau.site.database.read() as session:
        digest = session.get_one(Appraisal, appraisal).digest
    bureau.client("qian")
    bureau.at(bureau.ahead + timedelta(minutes=6))
    assert "须重新登录" in bureau.said("qian", f"{page}/approval", number="1", digest=digest)
    assert "与报批的不一致" in bureau.said(
        "qian", f"{page}/approval", fresh=True, number="1", digest="0" * 64
    )
    bureau.approve(appraisal)
    bureau.settled()
    assert bureau.state(appraisal) == "cooling"
    assert "冷静期未满" in bureau.said("he", f"{page}/witness", fresh=True)
    bureau.at(bureau.ahead + COOLED)
    bureau.clients.clear()
    bureau.client("he")
    bureau.at(bureau.ahead + timedelta(minutes=6))
    assert "须重新登录" in bureau.said("he", f"{page}/witness")
    assert "批准已撤销" in bureau.said("sun", f"{page}/undo", reason="仍需使用")
    assert bureau.state(appraisal) == "undone"


def test_a_longer_cooling_period_holds_for_approvals_already_given(bureau: Bureau) -> None:
    appraisal = bureau.reported(bureau.clip())
    bureau.approve(appraisal)
    bureau.settled()
    bureau.site.components.settings.catalog.disposal_cooling_days = 30
    bureau.at(AHEAD + COOLED)
    bureau.clients.clear()
    assert "冷静期未满" in bureau.said("he", f"/disposal/{appraisal}/witness")
    with pytest.raises(ValueError, match="greater than or equal to 14"):
        type(bureau.site.components.settings.catalog)(
            database_url="x", receipt_key_file="x", metadata_key_file="x", disposal_cooling_days=1
        )


def test_signing_in_anew_with_the_password(bureau: Bureau) -> None:
    client = bureau.client("qian")
    data = {"fresh": "局长的很长的密码2026!", "again": "局长的很长的密码2026!"}
    client.post("/account", data={"csrf_token": csrf(client.get("/account")), **data})
    appraisal = bureau.reported(bureau.clip())
    bureau.at(bureau.ahead + timedelta(minutes=6))
    page = f"/disposal/{appraisal}"
    again = f"/signin/again?next={page}"
    assert "这一步须重新登录" in client.get(page).text
    wrong = client.post(again, data={"csrf_token": csrf(client.get(again)), "password": "no"})
    assert wrong.status_code == 401
    assert "密码不正确" in wrong.text
    right = client.post(again, data={"csrf_token": csrf(client.get(again)), "password": data["fresh"]})
    assert (right.status_code, right.location) == (303, page)
    assert "您在五分钟内登录过" in client.get(page).text
    by_link = bureau.client("qian", fresh=True)  # whoever runs the server can make a link for anybody
    assert "这一步须重新登录" in by_link.get(page).text
    bureau.clients["qian"] = by_link
    with bureau.site.database.read() as session:
        digest = session.get_one(Appraisal, appraisal).digest
    assert "须重新登录" in bureau.said("qian", f"{page}/approval", number="1", digest=digest)
    assert bureau.state(appraisal) == "reported"


def test_hostile_text_is_shown_as_text(bureau: Bureau) -> None:
    clip = bureau.clip()
    evil = "<script>alert(1)</script>"
    with bureau.site.database.write() as session:
        session.get_one(Clip, clip).name = evil
    appraisal = bureau.reported(clip)
    bureau.post("qian", f"/disposal/{appraisal}/approval", act="return", reason=evil)
    for page in (f"/disposal/{appraisal}", "/disposal"):
        assert evil not in bureau.client("chen").get(page).text
    assert evil not in bureau.post("chen", f"/disposal/{appraisal}/report").text


def test_a_restricted_recording_shows_nowhere(bureau: Bureau) -> None:
    clip = bureau.clip()
    appraisal = bureau.reported(clip)
    with bureau.site.database.write() as session:
        row = session.get_one(Clip, clip)
        row.restricted, digest = True, row.sha256
    for answer in (
        bureau.client("chen").get(f"/disposal/{appraisal}"),
        bureau.client("chen").get("/disposal/expired"),
        bureau.post("chen", f"/disposal/{appraisal}/report"),
    ):
        assert "到期.mp4" not in answer.text
        assert digest not in answer.text
    bureau.approve(appraisal)
    assert bureau.state(appraisal) == "done"
    for path in (f"/disposal/{appraisal}", "/disposal"):
        shown = bureau.client("chen").get(path).text
        assert str(clip) not in shown
        assert "依规暂停销毁" not in shown
    assert '<td class="num">0</td>' in bureau.client("chen").get("/disposal").text
