"""Time stamps on a clip's page: what is said of them, and a folder that proves one to somebody who has nothing else."""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy import select, update

from catalog.custody.log import entries_about
from catalog.models import Clip, Stage, TimestampLeaf, TimestampToken
from catalog.settings import AuthoritySettings
from catalog.stages import add_stages
from catalog.timestamps.asking import Door, ask
from catalog.timestamps.authorities import Authority
from catalog.timestamps.gathering import gather
from catalog.timestamps.keeping import keep
from liuhen import timestamp_authority
from tests.catalog import world
from tests.catalog.stamp_desk import Away, Way
from tests.services.tsa import make_tsa, openssl
from tests.web.conftest import NEEDED, Site, csrf
from workers.timestamps.local_authority import LocalAuthority


class Bureau:
    """A site whose clip is stamped by an authority of its own and, if wished, by others."""

    def __init__(self, site: Site, folder: Path) -> None:
        self.site, self.folder, self.now = site, folder, datetime.now(UTC)
        self.doors: list[Door] = []
        with site.database.write() as session:
            self.clips = [
                world.add_clip(session, self.now, f"{n}.mp4", recorded=self.now).id for n in range(3)
            ]
            self.clips.append(site.clip)
            for clip in self.clips:
                add_stages(session, clip, ("timestamp",), self.now)

    def local(self) -> None:
        made = timestamp_authority.make()
        (self.folder / "local.pem").write_bytes(made)
        (self.folder / "local-root.pem").write_bytes(timestamp_authority.root_of(made))
        self.add(
            AuthoritySettings(
                name="local",
                url="local",
                roots_file=self.folder / "local-root.pem",
                signer_file=self.folder / "local.pem",
            )
        )

    def other(self, answers: Callable[[bytes], bytes] | None = None) -> None:
        tsa = make_tsa(self.folder / "tsa")
        self.add(
            AuthoritySettings(name="national", url="https://tsa.example/", roots_file=tsa.root),
            Way(answers or tsa.reply),
        )

    def add(self, settings: AuthoritySettings, way: Way | None = None) -> None:
        self.site.components.settings.catalog.timestamp_authorities.append(settings)
        self.doors.append(Door(Authority(settings), way or LocalAuthority(settings)))

    def round(self) -> None:
        gather(self.site.database, [d.authority for d in self.doors], self.now, wait=timedelta())
        ask(self.site.database, self.doors, lambda: self.now, lambda: 10**20)
        keep(self.site.database, self.site.components.evidence, lambda: self.now)

    def page(self, language: str = "en", user: str = "chen") -> str:
        client = self.site.client(user, language)
        return client.get(f"/clips/{self.site.clip}").text.replace("\n", " ")


@pytest.fixture
def bureau(site: Site, tmp_path: Path) -> Bureau:
    return Bureau(site, tmp_path)


def test_a_self_signed_stamp_is_marked_wherever_it_shows(bureau: Bureau) -> None:
    bureau.local()
    bureau.round()
    english, chinese = bureau.page(), bureau.page("zh_Hans_CN")
    with bureau.site.database.read() as session:
        token = session.scalars(select(TimestampToken)).one()
    assert token.gen_time is not None
    for page, mark, title in (
        (english, "self-signed, proves order only", "Time-stamped"),
        (chinese, "自签，仅证明先后", "已盖时间戳"),
    ):
        assert page.count(mark) == 2  # in the trace and on the card
        assert title in page
        assert "local" in page
    assert "of 4 in its batch" in english
    assert "Download token and proof" in english


def test_an_authority_of_others_is_not_called_self_signed(bureau: Bureau) -> None:
    bureau.other()
    bureau.round()
    page = bureau.page()
    assert "self-signed" not in page
    assert "by authority national" in page
    assert "TSA tsa" in page


def test_while_one_of_two_is_away_the_page_says_which_and_why(bureau: Bureau) -> None:
    def refuse(_query: bytes) -> bytes:
        raise Away("it answered HTTP 503")

    bureau.local()
    bureau.other(refuse)
    bureau.round()
    page, chinese = bureau.page(), bureau.page("zh_Hans_CN")
    assert page.count("time-stamping authority national: it answered HTTP 503") == 1  # at the stage
    assert page.count("it answered HTTP 503") == 2  # and on the card, below its name
    assert "时间戳机构 national：它答复 HTTP 503" in chinese
    assert "stamped" in page


def test_before_there_is_a_stamp(bureau: Bureau) -> None:
    assert "waits to be gathered" in bureau.page()
    with bureau.site.database.write() as session:
        session.delete(session.get_one(Stage, (bureau.site.clip, "timestamp")))
    assert "once the original was read back" in bureau.page()


@pytest.mark.parametrize("what", ["token", "clip", "leaf"])
def test_a_spoiled_stamp_is_never_shown_as_good(bureau: Bureau, what: str) -> None:
    bureau.local()
    bureau.round()
    with bureau.site.database.write() as session:
        token = session.scalars(select(TimestampToken)).one()
        if what == "token":
            assert token.response is not None
            token.response = token.response[:-2] + bytes(2)
        elif what == "clip":
            session.execute(update(Clip).where(Clip.id == bureau.site.clip).values(sha256="0" * 64))
        else:
            session.execute(update(TimestampLeaf).values(leaf="0" * 64))
    page = bureau.page()
    assert "does not prove" in page
    assert "Time-stamped" not in page
    assert 'chip safe">stamped' not in page


# The folder


def _bundle(bureau: Bureau, user: str = "chen") -> dict[str, bytes]:
    client = bureau.site.client(user)
    page = client.get(f"/clips/{bureau.site.clip}")
    batch = page.text.split('name="batch" value="')[1].split('"')[0]
    answer = client.post(
        f"/clips/{bureau.site.clip}/timestamp", data={"csrf_token": csrf(page), "batch": batch, **NEEDED}
    )
    assert answer.status_code == 200
    assert answer.mimetype == "application/zip"
    with zipfile.ZipFile(io.BytesIO(answer.data)) as folder:
        return {name: folder.read(name) for name in folder.namelist()}


def test_the_folder_proves_itself_with_openssl_and_a_hash(bureau: Bureau, tmp_path: Path) -> None:
    """Nothing of ours is used to check it: RFC 9162 §2.1.3.2 written out once more, and OpenSSL."""
    bureau.local()
    bureau.other()
    bureau.round()
    files = _bundle(bureau)
    place = tmp_path / "unpacked"
    place.mkdir()
    for name, body in files.items():
        (place / name).write_bytes(body)
    statement, proof = json.loads(files["statement.json"]), json.loads(files["proof.json"])
    with bureau.site.database.read() as session:
        clip = session.get_one(Clip, bureau.site.clip)
    record = json.loads(files["record.json"])
    assert (record["sha256"], record["sm3"], record["size"]) == (clip.sha256, clip.sm3, clip.size)
    digest = hashlib.sha256(b"\x00" + files["record.json"]).digest()
    index, last = proof["place"], statement["size"] - 1
    for other in map(bytes.fromhex, proof["path"]):
        if index % 2 or index == last:
            digest = hashlib.sha256(b"\x01" + other + digest).digest()
            while index and not index % 2:
                index, last = index // 2, last // 2
        else:
            digest = hashlib.sha256(b"\x01" + digest + other).digest()
        index, last = index // 2, last // 2
    assert digest.hex() == statement["root"]
    commands = [
        line for line in files["README.txt"].decode().replace("\\\n", " ").splitlines() if "openssl" in line
    ]
    assert len(commands) == 2
    for command in commands:
        done = openssl(*command.split()[1:], cwd=place)
        assert "Verification: OK" in done.stdout, done.stderr
    (place / "statement.json").write_bytes(files["statement.json"].replace(b'"size":4', b'"size":5'))
    assert "FAILED" in openssl(*commands[0].split()[1:], cwd=place).stdout


def test_a_folder_with_a_self_signed_token_says_so(bureau: Bureau) -> None:
    bureau.local()
    bureau.round()
    assert "自签 / self-signed: local" in _bundle(bureau)["README.txt"].decode()


def test_who_takes_the_folder_is_in_the_log_and_others_may_not(bureau: Bureau) -> None:
    bureau.local()
    bureau.round()
    assert _bundle(bureau)
    with bureau.site.database.read() as session:
        actions = [e.action for e in entries_about(session, "clip", bureau.site.clip)]
        batch = session.scalars(select(TimestampToken.batch_id)).one()
    assert "clip.timestamp-downloaded" in actions
    admin = bureau.site.client("admin")
    form = {"csrf_token": csrf(admin.get("/account")), "batch": str(batch), **NEEDED}
    assert admin.post(f"/clips/{bureau.site.clip}/timestamp", data=form).status_code == 403
    chen = bureau.site.client("chen")
    token = csrf(chen.get(f"/clips/{bureau.site.clip}"))
    for clip, wanted in (
        (bureau.site.hostile, str(batch)),
        (bureau.site.clip, str(UUID(int=1))),
        (bureau.site.clip, "x"),
    ):
        answer = chen.post(f"/clips/{clip}/timestamp", data={"csrf_token": token, "batch": wanted, **NEEDED})
        assert answer.status_code == 404


def test_the_stamp_of_a_restricted_clip_is_given_to_nobody(bureau: Bureau) -> None:
    bureau.local()
    bureau.round()
    with bureau.site.database.write() as session:
        batch = session.scalars(select(TimestampToken.batch_id)).one()
        session.execute(update(Clip).where(Clip.id == bureau.site.clip).values(restricted=True))
    chen = bureau.site.client("chen")
    form = {"csrf_token": csrf(chen.get("/account")), "batch": str(batch), **NEEDED}
    assert chen.post(f"/clips/{bureau.site.clip}/timestamp", data=form).status_code == 404
    with bureau.site.database.read() as session:
        actions = [e.action for e in entries_about(session, "clip", bureau.site.clip)]
    assert "clip.timestamp-downloaded" not in actions
