"""A docking's sheet: handed in over the API, on its page, on paper; gaps and sealed cards beside it."""

from __future__ import annotations

import base64
import gzip
import hashlib
import io
import json
import os
import re
import zipfile
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from html import unescape
from itertools import count
from typing import Any
from uuid import UUID, uuid4

import pytest
import rfc8785
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from flask.testing import FlaskClient
from sqlalchemy import select

from catalog.manifests import write_manifests
from catalog.models import Account, Clip, CustodyEntry, Docking, Gap, Recorder, RecorderRepair, Sheet
from catalog.people import person
from catalog.probe_results import record_probe
from catalog.sealing import seal_carrier
from catalog.sheets import SHEET_SIGNATURE_PREFIX
from catalog.stations import register_station
from ingest import protocol as p
from tests.catalog.sheet_maker import entry, frame
from tests.catalog.world import add_clip
from tests.web.conftest import HOSTILE, NEEDED, Site, csrf

TOKEN = "a-station's-token"
KEY = Ed25519PrivateKey.generate()


@pytest.fixture
def site(make_site: Callable[..., Site]) -> Site:
    made = make_site()
    with made.database.write() as session:
        register_station(session, code="st-1", name="一号站", token=TOKEN, now=datetime.now(UTC))
        record_probe(session, passed=True, report={}, now=datetime.now(UTC))
    return made


def post(site: Site, path: str, body: bytes, **headers: str) -> Any:
    return site.app.test_client().post(
        f"/api/v1{path}",
        data=body,
        headers={"Authorization": f"Bearer {TOKEN}", **headers},
        content_type="application/json",
    )


def new_docking(site: Site, serial: str = "DSJ-7") -> UUID:
    docking = uuid4()
    assert open_docking(site, docking, serial).station == "st-1"
    return docking


def open_docking(site: Site, docking: UUID, serial: str = "DSJ-7") -> p.DockingOpened:
    message = p.OpenDocking(
        docking=docking,
        slot="2",
        recorder=p.RecorderIdentity(serial=serial, serial_source="usb", battery=41),
        started=datetime.now(UTC),
    )
    answer = post(site, "/dockings", message.model_dump_json().encode())
    assert answer.status_code == 200, answer.text
    return p.DockingOpened.model_validate_json(answer.data)


def signed(docking: UUID, files: list[dict[str, Any]], **more: Any) -> bytes:
    text = rfc8785.dumps({**frame(docking, **more), "files": files}).decode()
    return (
        p.SignedSheet(
            body=text,
            public_key=base64.b64encode(KEY.public_key().public_bytes_raw()).decode(),
            signature=base64.b64encode(KEY.sign(SHEET_SIGNATURE_PREFIX + text.encode())).decode(),
        )
        .model_dump_json()
        .encode()
    )


def hand_in(site: Site, docking: UUID, files: list[dict[str, Any]], **more: Any) -> str:
    body = signed(docking, files, **more)
    answer = post(site, f"/dockings/{docking}/sheet", gzip.compress(body), **{"Content-Encoding": "gzip"})
    assert answer.status_code == 200, answer.text
    kept = p.SheetKept.model_validate_json(answer.data)
    assert kept.sha256 == hashlib.sha256(p.SignedSheet.model_validate_json(body).body.encode()).hexdigest()
    assert kept.page == f"/dockings/{docking}"
    return kept.sha256


FILES = [
    entry(b"a.mp4", end="vanished", reason="it was listed, then gone"),
    entry(HOSTILE.encode(), end="refused", size=3),
]
FILES.sort(key=lambda one: base64.b64decode(one["path"]))


# Handing in


def test_both_sides_agree_on_prefix_and_shape(site: Site) -> None:
    assert p.SHEET_SIGNATURE_PREFIX == SHEET_SIGNATURE_PREFIX
    p.Sheet.model_validate({**frame(uuid4()), "files": [], "gaps": []})


def test_packed_or_not_it_is_the_same_sheet(site: Site) -> None:
    docking = new_docking(site)
    digest = hand_in(site, docking, FILES)
    again = post(site, f"/dockings/{docking}/sheet", signed(docking, FILES))
    assert p.SheetKept.model_validate_json(again.data).sha256 == digest
    with site.database.read() as session:
        assert len(session.scalars(select(Sheet)).all()) == 1


@pytest.mark.parametrize(
    ("change", "status", "error"),
    [
        ({"station": "st-2"}, 409, "sheet-other-docking"),
        ({"revision": 0}, 400, "sheet-bad-sheet"),
        ({"more": 1}, 400, "sheet-bad-sheet"),
        ({"gaps": [{"series": "x"}]}, 400, "sheet-bad-sheet"),
        ({"format": "liuhen docking sheet 2"}, 400, "sheet-bad-sheet"),
    ],
)
def test_wrong_sheets_get_plain_words(site: Site, change: dict[str, Any], status: int, error: str) -> None:
    docking = new_docking(site)
    answer = post(site, f"/dockings/{docking}/sheet", signed(docking, [], **change))
    problem = p.Problem.model_validate_json(answer.data)
    assert (answer.status_code, problem.error) == (status, error)
    assert problem.safe
    assert problem.next
    assert not problem.retry


@pytest.mark.parametrize(
    "file",
    [{}, {"path": "YQ=="}, {**FILES[0], "end": "lost"}, {**FILES[0], "x": 1}, {**FILES[0], "path": "!"}],
)
def test_wrong_entries_are_refused(site: Site, file: dict[str, Any]) -> None:
    docking = new_docking(site)
    answer = post(site, f"/dockings/{docking}/sheet", signed(docking, [file]))
    assert (answer.status_code, json.loads(answer.data)["error"]) == (400, "sheet-bad-sheet")


def test_another_key_another_docking_and_stopped_intake(site: Site) -> None:
    docking = new_docking(site)
    hand_in(site, docking, [])
    other = Ed25519PrivateKey.generate()
    body = p.SignedSheet.model_validate_json(signed(docking, [], revision=2))
    forged = body.model_copy(
        update={
            "public_key": base64.b64encode(other.public_key().public_bytes_raw()).decode(),
            "signature": base64.b64encode(other.sign(SHEET_SIGNATURE_PREFIX + body.body.encode())).decode(),
        }
    )
    answer = post(site, f"/dockings/{docking}/sheet", forged.model_dump_json().encode())
    assert (answer.status_code, json.loads(answer.data)["error"]) == (403, "sheet-other-key")
    answer = post(site, f"/dockings/{uuid4()}/sheet", signed(docking, []))
    assert answer.status_code == 404
    with site.database.write() as session:
        record_probe(session, passed=False, report={}, now=datetime.now(UTC))
    answer = post(site, f"/dockings/{docking}/sheet", signed(docking, [], revision=2))
    assert (answer.status_code, json.loads(answer.data)["error"]) == (503, "intake-stopped")


@pytest.mark.parametrize(
    "body",
    [b"", b"no gzip", gzip.compress(b"{}", mtime=0)[:-4], gzip.compress(b"{}", mtime=0) + b"more"],
    ids=["empty", "no gzip", "cut off", "more behind it"],
)
def test_a_body_that_cannot_be_unpacked(site: Site, body: bytes) -> None:
    docking = new_docking(site)
    answer = post(site, f"/dockings/{docking}/sheet", body, **{"Content-Encoding": "gzip"})
    assert (answer.status_code, json.loads(answer.data)["error"]) == (415, "not-unpacked")


def test_a_small_body_that_unpacks_to_a_giant_is_cut_off(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    docking = new_docking(site)
    monkeypatch.setattr("web.api.sheets.MAX_SHEET_BYTES", 1 << 20)
    bomb = gzip.compress(b" " * (20 << 20))
    answer = post(site, f"/dockings/{docking}/sheet", bomb, **{"Content-Encoding": "gzip"})
    assert (answer.status_code, json.loads(answer.data)["error"]) == (413, "too-large")


# Pages


@pytest.mark.parametrize("language", ["en", "zh_Hans_CN"])
def test_the_docking_page_says_what_was_signed(site: Site, language: str) -> None:
    docking = new_docking(site)
    client = site.client("li", language)
    before = client.get(f"/dockings/{docking}").text
    assert ("signed, kept and locked" if language == "en" else "由采集站生成并签名") in before
    digest = hand_in(site, docking, FILES, gaps=[{"series": "DCIM", "first": 3, "last": 5}])
    page = client.get(f"/dockings/{docking}").text
    assert digest in page
    assert "王建国" in page
    assert f"sheets/{docking}/1.json" in page
    assert ("1 gap in the numbering" if language == "en" else "编号有 1 处缺口") in page
    whole = client.get(f"/dockings/{docking}/sheet").text
    assert digest in whole
    assert HOSTILE in unescape(whole)
    assert "<img src=x" not in whole + page


def test_revisions_stand_side_by_side(site: Site) -> None:
    docking = new_docking(site)
    hand_in(site, docking, [])
    hand_in(site, docking, FILES, revision=2)
    client = site.client("li", "en")
    assert "revision 2" in client.get(f"/dockings/{docking}/sheet").text
    assert "a.mp4" not in client.get(f"/dockings/{docking}/sheet?revision=1").text
    assert client.get(f"/dockings/{docking}/sheet?revision=3").status_code == 404
    assert client.get(f"/dockings/{docking}/sheet?revision=x&from=x").status_code == 200
    assert client.get(f"/dockings/{uuid4()}/sheet").status_code == 404


def test_long_lists_are_paged(site: Site) -> None:
    docking = new_docking(site)
    hand_in(site, docking, [entry(b"%05d.mp4" % n, end="vanished") for n in range(1100)])
    client = site.client("li", "en")
    seen, path = [], f"/dockings/{docking}/sheet"
    while path:
        page = client.get(path).text
        seen += re.findall(r"(\d{5})\.mp4", page)
        following = re.findall(r'href="([^"]*from=\d+[^"]*)"', page)
        path = unescape(following[0]) if following else ""
    assert seen == [f"{n:05}" for n in range(1100)]


@pytest.mark.parametrize("language", ["en", "zh_Hans_CN"])
def test_printing_is_on_record_and_bears_digest_and_note(site: Site, language: str) -> None:
    docking = new_docking(site)
    digest = hand_in(site, docking, FILES)
    client = site.client("wang", language)
    token = csrf(client.get(f"/dockings/{docking}/sheet"))
    page = client.post(f"/dockings/{docking}/sheet/print", data={"csrf_token": token, **NEEDED})
    assert page.status_code == 200
    foot = page.text.split("<tfoot>")[1].split("</tfoot>")[0]
    assert digest in foot
    words = ("制作方法", "制作时间", "制作人", "复核人/见证人") if language != "en" else ("Maker", "witness")
    assert all(word in page.text for word in words)
    assert "王建国" in page.text
    with site.database.read() as session:
        printed = session.scalars(
            select(CustodyEntry).where(CustodyEntry.action == "docking.sheet-printed")
        ).one()
        assert json.loads(printed.record)["facts"]["sha256"] == digest
    assert client.get(f"/dockings/{docking}/sheet/print").status_code in {404, 405}


def test_a_long_list_prints_what_is_out_of_the_ordinary(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("web.pages.sheets.MOST_PRINTED", 5)
    docking = new_docking(site)
    files = [entry(b"%05d.mp4" % n, end="held already" if n % 3 else "vanished") for n in range(12)]
    hand_in(site, docking, files)
    client = site.client("li", "en")
    token = csrf(client.get(f"/dockings/{docking}/sheet"))
    page = client.post(f"/dockings/{docking}/sheet/print", data={"csrf_token": token, **NEEDED}).text
    assert re.findall(r"(\d{5})\.mp4", page) == ["00000", "00003", "00006", "00009"]
    assert "8 further files" in page


def test_a_sheet_that_storage_lost_is_not_shown_as_whole(site: Site) -> None:
    docking = new_docking(site)
    hand_in(site, docking, [])
    with site.database.write() as session:
        session.scalars(select(Sheet)).one().sha256 = "0" * 64
    client = site.client("li", "en")
    answer = client.get(f"/dockings/{docking}/sheet", follow_redirects=True)
    assert "is not the one that was kept" in answer.text
    assert not client.get(f"/dockings/{docking}").text.count("is not the one")


def test_the_manifest_folder_is_handed_out_once_it_is_there(site: Site) -> None:
    docking = new_docking(site)
    body = os.urandom(2000)
    clip = take(site, docking, body)
    hand_in(site, docking, [entry(b"a.mp4", clip, size=len(body))])
    client = site.client("li", "en")
    page = client.get(f"/dockings/{docking}")
    early = client.post(f"/dockings/{docking}/sheet/manifest", data={"csrf_token": csrf(page), **NEEDED})
    assert early.status_code == 303
    with site.database.write() as session:
        kept = session.get_one(Clip, clip)
        kept.sha512, kept.verified_at = hashlib.sha512(body).hexdigest(), datetime.now(UTC)
    write_manifests(site.database, site.components.evidence, datetime.now(UTC), version="t")
    answer = client.post(f"/dockings/{docking}/sheet/manifest", data={"csrf_token": csrf(page), **NEEDED})
    assert answer.mimetype == "application/zip"
    names = zipfile.ZipFile(io.BytesIO(answer.data)).namelist()
    assert "ascmhl/ascmhl_chain.xml" in names
    assert f"http://localhost/clips/{clip}" in zipfile.ZipFile(io.BytesIO(answer.data)).read(
        "ascmhl/liuhen-originals.csv"
    ).decode("utf-8-sig")
    denied = site.client("admin", "en")
    token = csrf(denied.get("/account"))
    assert (
        denied.post(f"/dockings/{docking}/sheet/manifest", data={"csrf_token": token, **NEEDED}).status_code
        == 403
    )


@pytest.mark.parametrize("language", ["en", "zh_Hans_CN"])
def test_a_restricted_recording_is_a_line_without_name_and_id(site: Site, language: str) -> None:
    docking = new_docking(site)
    body, other = os.urandom(2000), os.urandom(20)
    clip, digest = take(site, docking, body), hashlib.sha256(body).hexdigest()
    files = [
        entry(b"hushed-1.mp4", clip, size=2000, sha256=digest, reason="a long hushed story"),
        entry(b"hushed-2.mp4", end="held already", size=2000, sha256=digest),
        entry(b"plain.mp4", end="vanished", size=20, sha256=hashlib.sha256(other).hexdigest()),
    ]
    hand_in(site, docking, files)
    client = site.client("li", language)
    token = csrf(client.get(f"/dockings/{docking}/sheet"))

    def shown() -> list[str]:
        printed = client.post(f"/dockings/{docking}/sheet/print", data={"csrf_token": token, **NEEDED})
        return [client.get(f"/dockings/{docking}/sheet").text, printed.text]

    assert all("hushed-1" in page and digest in page for page in shown())
    with site.database.write() as session:
        kept = session.get_one(Clip, clip)
        kept.sha512, kept.verified_at = hashlib.sha512(body).hexdigest(), datetime.now(UTC)
    write_manifests(site.database, site.components.evidence, datetime.now(UTC), version="t")
    with site.database.write() as session:
        session.get_one(Clip, clip).restricted = True
    said = "A recording that is restricted" if language == "en" else "受限制的录像"
    for page in shown():
        assert page.count(said) == 2
        assert "plain.mp4" in page
        for secret in ("hushed", str(clip), digest, "2000"):
            assert secret not in page
    refused = client.post(f"/dockings/{docking}/sheet/manifest", data={"csrf_token": token, **NEEDED})
    assert refused.status_code == 303
    why = "so it is not handed out" if language == "en" else "因此不予提供"
    assert why in client.get(f"/dockings/{docking}").text
    with site.database.read() as session:
        actions = set(session.scalars(select(CustodyEntry.action)))
    assert "docking.manifest-downloaded" not in actions


def take(site: Site, docking: UUID, body: bytes) -> UUID:
    """Bring a small file over the API and the storage."""
    import urllib3  # noqa: PLC0415

    digest = hashlib.sha256(body).hexdigest()
    mark = p.Fingerprint(path="YS5tcDQ=", size=len(body), modified_ns=1, head=digest, tail=digest)
    offer = p.FileOffer(
        path="YS5tcDQ=",
        shown="a.mp4",
        size=len(body),
        modified_ns=1,
        sha256=digest,
        sm3=hashlib.new("sm3", body).hexdigest(),
        parts=[digest],
        fingerprint=mark,
    )
    answer = post(site, f"/dockings/{docking}/files", p.OfferFiles(files=[offer]).model_dump_json().encode())
    (task,) = p.OfferAnswer.model_validate_json(answer.data).files
    assert isinstance(task, p.UploadTask)
    pool = urllib3.PoolManager()
    put = pool.request("PUT", task.parts[0].url, headers=task.parts[0].headers, body=body)
    assert put.status == 200
    pool.clear()
    done = p.CompleteUploads(uploads=[p.CompleteUpload(clip=task.clip)])
    answer = post(site, "/uploads/complete", done.model_dump_json().encode())
    (received,) = p.CompleteAnswer.model_validate_json(answer.data).uploads
    assert isinstance(received, p.Received)
    return received.clip


# Gaps


def test_a_gap_is_shown_until_it_is_explained(site: Site) -> None:
    docking = new_docking(site)
    hand_in(site, docking, [], gaps=[{"series": "<b>DCIM", "first": 3, "last": 5}])
    client = site.client("li", "en")
    assert "/gaps" in client.get("/dockings").text
    assert "1 gap" in client.get("/recorders").text
    page = client.get("/gaps")
    assert "&lt;b&gt;DCIM" in page.text
    assert "3 – 5" in page.text
    with site.database.read() as session:
        gap = session.scalars(select(Gap)).one()
    path, token = f"/gaps/{gap.id}", csrf(page)
    refused = client.post(path, data={"csrf_token": token, "explanation": " "}, follow_redirects=True)
    assert "Say why" in refused.text
    kept = client.post(
        path, data={"csrf_token": token, "explanation": "换卡前试录后删除"}, follow_redirects=True
    )
    assert "No gap waits" in kept.text
    assert "换卡前试录后删除" in client.get("/gaps?explained=1").text
    assert client.post(f"/gaps/{uuid4()}", data={"csrf_token": token}).status_code == 404
    officer = site.client("wang", "en")
    token = csrf(officer.get("/account"))
    assert officer.post(path, data={"csrf_token": token, "explanation": "x y"}).status_code == 403


# Sealed cards


def test_sealing_wants_a_place_and_a_yes_and_has_no_way_back(site: Site) -> None:
    docking = new_docking(site)
    with site.database.read() as session:
        card = session.scalars(select(Recorder).where(Recorder.serial == "DSJ-7")).one()
    client = site.client("li", "en")
    token = csrf(client.get(f"/dockings/{docking}"))

    def send(act: str, who: FlaskClient = client, **form: str) -> Any:
        return who.post(
            f"/recorders/{card.id}/{act}",
            data={"csrf_token": token, "docking": str(docking), **form},
            follow_redirects=True,
        )

    assert "confirm that the card" in send("seal", place="物证室").text
    assert "Say where the card" in send("seal", place=" ", sure="1").text
    done = send("seal", place="物证室 3 柜", sure="1", note="涉案").text
    assert "物证室 3 柜" in done
    assert "original carrier" in done
    opened = open_docking(site, uuid4())
    assert "sealed" in opened.notes
    assert opened.clearing.mode == "never"
    assert "is sealed already" in send("seal", place="别处", sure="1").text
    assert "new place is on record" in send("place", place="法院").text
    assert "法院" in client.get(f"/dockings/{docking}").text
    officer = site.client("wang", "en")
    assert "Seal for good" not in officer.get(f"/dockings/{docking}").text
    token = csrf(officer.get("/account"))
    assert send("place", officer, place="家里").status_code == 403


def test_a_later_seal_changes_nothing_of_the_earlier_card(site: Site) -> None:
    """March's card lies in 柜 3 on all that is said of March, when another one was sealed in 柜 5 since."""
    march = new_docking(site)
    hand_in(site, march, FILES)
    begun = datetime.now(UTC)
    clock = (begun + timedelta(hours=n) for n in count(1))
    with site.database.write() as session:
        li = person(session.scalars(select(Account).where(Account.username == "li")).one(), None)
        of_march = session.get_one(Docking, march)
        card = of_march.recorder_id
        clip = add_clip(session, begun, "MARCH.MP4", docking=of_march, recorded=begun, duration=9.0).id
        seal_carrier(session, actor=li, recorder_id=card, place="柜 3", note="", now=next(clock))
        session.add(
            RecorderRepair(
                recorder_id=card, repairer="张师傅", company="某某电子", sent_at=next(clock), back_at=next(clock),
                data_safe="sealed", data_removal="card-kept", parts=[], state="closed",
            )
        )  # fmt: skip
    unsealed, november = uuid4(), uuid4()
    for docking in (unsealed, november):
        site.moment[:] = [next(clock)]
        open_docking(site, docking)
    client = site.client("li", "en")
    assert "is not sealed; another card" in client.get(f"/dockings/{unsealed}").text
    assert "Seal the card that is in it now" in client.get(f"/dockings/{unsealed}").text
    with site.database.write() as session:
        seal_carrier(session, actor=li, recorder_id=card, place="柜 5", note="换回的卡", now=next(clock))

    site.moment[:] = []
    client = site.client("li", "en")
    token = csrf(client.get("/account"))
    paper = client.post(f"/dockings/{march}/sheet/print", data={"csrf_token": token, **NEEDED}).text
    for said in (paper, client.get(f"/dockings/{march}").text, client.get(f"/clips/{clip}").text):
        assert "柜 3" in said
        assert "柜 5" not in said
    now = client.get(f"/dockings/{november}").text
    assert "柜 5" in now
    assert "柜 3" not in now
