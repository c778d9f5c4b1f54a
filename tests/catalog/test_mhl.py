"""What is handed out as ASC MHL is verified by the public tool, and a changed byte makes it fail.

The tool is installed by `make setup-develop` into an environment of its own (`requirements/ascmhl.txt`).
"""

from __future__ import annotations

import csv
import hashlib
import io
import os
import subprocess
import sys
import zipfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select, update

from catalog.actors import Actor
from catalog.manifests import NoManifest, history_zip, write_manifests
from catalog.models import Clip, Copy, CustodyEntry, Sheet
from catalog.rules.giving_out import Reason
from catalog.rules.mhl import MhlFile, Origin, c4_id, chain_xml, manifest_name, manifest_xml, mhl_paths
from catalog.sheets import keep_sheet
from catalog.verification import verify_clip
from tests.catalog.intake_desk import Intake
from tests.catalog.sheet_maker import ANY_SHAPE, SheetMaker, entry

TOOL = Path(sys.prefix) / "ascmhl" / "bin" / "ascmhl"
VERIFY = TOOL.with_name("ascmhl-debug")
"""The same package's second program: `verify` compares every byte and writes nothing, where `create` writes on."""
needs_tool = pytest.mark.skipif(
    not TOOL.exists(), reason="the ascmhl tool is not installed: run `make setup-develop`"
)
MOMENT = datetime(2026, 11, 24, 3, 0, tzinfo=UTC)
READER = Actor("person", None, "chen", frozenset({"archivist"}))


def tool(command: str, folder: Path, *more: str) -> subprocess.CompletedProcess[str]:
    program = VERIFY if command == "verify" else TOOL
    return subprocess.run(
        [program, command, str(folder), *more], capture_output=True, text=True, timeout=60, check=False
    )


def lay_out(folder: Path, files: dict[bytes, bytes]) -> None:
    """What a person does: originals by the names of the manifest, the folder `ascmhl` beside them."""
    names = mhl_paths(list(files))
    for name, body in zip(names, files.values(), strict=True):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(body)


def write_history(folder: Path, files: dict[bytes, bytes]) -> None:
    listed = [
        MhlFile(name, len(body), 1_790_000_000_000_000_000, hashlib.sha512(body).hexdigest(), MOMENT)
        for name, body in zip(mhl_paths(list(files)), files.values(), strict=True)
    ]
    manifest = manifest_xml(Origin("evidence", "0.1.0", MOMENT, '采集 <1> & "2"'), listed)
    (folder / "ascmhl").mkdir()
    name = manifest_name("DSJ-1", MOMENT)
    (folder / "ascmhl" / name).write_bytes(manifest)
    (folder / "ascmhl" / "ascmhl_chain.xml").write_bytes(chain_xml(name, manifest))


ODD = {
    b"DCIM/100MEDIA/a.mp4": os.urandom(3_000_000),
    b"DCIM/100MEDIA/b.mp4": b"",
    "录像/现场 1.mp4".encode(): b"x",
    b"<&>\"'.mp4": b"y",
    b"bad \xff\xfe.mp4": b"z",
    b"new\nline\r.mp4": b"n",
    b" edge .mp4 ": b"e",
    b"ascmhl/trap.mhl": b"t",
    b"DCIM/ASCMHL/deep.mp4": b"d",
    b".DS_Store": b"s",
    b"%FF.mp4": b"1",
    b"\xff.mp4": b"2",
    b"a.mp4": b"3",
    b"A.mp4": b"4",
    b"#[x]*!.mp4": b"5",
    "e\u0301.mp4".encode(): b"6",
    "\u00e9.mp4".encode(): b"7",
}


@needs_tool
def test_the_public_tool_verifies_it_and_sees_a_changed_byte(tmp_path: Path) -> None:
    lay_out(tmp_path, ODD)
    write_history(tmp_path, ODD)
    for command in ("verify", "diff"):
        done = tool(command, tmp_path)
        assert done.returncode == 0, done.stdout + done.stderr
        assert "ERR" not in done.stdout + done.stderr
    target = tmp_path / "DCIM/100MEDIA/a.mp4"
    body = bytearray(target.read_bytes())
    body[1_500_000] ^= 1
    target.write_bytes(body)
    assert tool("verify", tmp_path).returncode != 0
    target.unlink()
    assert tool("diff", tmp_path).returncode != 0


@needs_tool
def test_a_changed_manifest_and_a_strange_file_are_seen(tmp_path: Path) -> None:
    files = {b"a.mp4": b"a", b"b.mp4": b"b"}
    lay_out(tmp_path, files)
    write_history(tmp_path, files)
    (tmp_path / "c.mp4").write_bytes(b"c")
    assert tool("diff", tmp_path).returncode != 0
    (tmp_path / "c.mp4").unlink()
    assert tool("diff", tmp_path).returncode == 0
    assert tool("create", tmp_path, "-h", "c4").returncode == 0  # the next generation verifies this one
    manifest, *_ = sorted((tmp_path / "ascmhl").glob("*.mhl"))
    manifest.write_bytes(manifest.read_bytes().replace(b'size="1"', b'size="2"', 1))
    assert tool("verify", tmp_path).returncode != 0


def test_c4_is_the_known_one() -> None:
    empty = "c459dsjfscH38cYeXXYogktxf4Cd9ibshE3BHUo6a58hBXmRQdZrAkZzsWcbWtDg5oQstpDuni4Hirj75GEmTc1sFT"
    assert c4_id(hashlib.sha512(b"").hexdigest()) == empty
    assert len(c4_id("0" * 128)) == 90
    with pytest.raises(ValueError, match="128"):
        c4_id("00")


@given(st.lists(st.binary(min_size=1, max_size=40), unique=True, max_size=30))
def test_names_are_all_different_and_fit_into_xml(paths: list[bytes]) -> None:
    names = mhl_paths(paths)
    assert len(set(names)) == len(paths)
    manifest = manifest_xml(
        Origin("h", "1", MOMENT, ""), [MhlFile(n, 1, None, "0" * 128, MOMENT) for n in names]
    )
    assert [e.text for e in ET.fromstring(manifest).iter("{urn:ASC:MHL:v2.0}path")] == names
    for name in names:
        assert not name.startswith("/")
        assert not {"..", ".", "", "ascmhl"} & set(name.split("/"))


@pytest.mark.parametrize("path", [b"DCIM/a.mp4", "录像/一 二.mp4".encode(), b"50%.mp4", b"a..b"])
def test_an_ordinary_path_is_its_own_name(path: bytes) -> None:
    assert mhl_paths([path]) == [path.decode()]


# From the catalog


def keep(intake: Intake, files: dict[bytes, bytes], *more: dict[str, Any]) -> None:
    listed = []
    for path, body in sorted(files.items()):
        listed.append(entry(path, intake.take(body, path=path).clip, size=len(body), modified_ns="1"))
    keep_sheet(
        intake.database,
        intake.store,
        actor=intake.station,
        sent=SheetMaker().of(intake, sorted([*listed, *more], key=lambda one: one["shown"])),
        shape=ANY_SHAPE,
        now=intake.now,
    )


def verify_all(intake: Intake) -> None:
    with intake.database.read() as session:
        clips = session.scalars(select(Clip.id)).all()
    for clip in clips:
        verify_clip(
            intake.database, intake.store, intake.signer, clip_id=clip, clock=lambda: datetime.now(UTC)
        )


def write(intake: Intake) -> int:
    return write_manifests(intake.database, intake.store, intake.now, version="0.1.0")


def handed_out(intake: Intake) -> zipfile.ZipFile:
    with intake.database.write() as session:
        packed = history_zip(
            session,
            intake.store,
            actor=READER,
            sheet=session.scalars(select(Sheet)).one(),
            label="DSJ-1",
            page_of="http://localhost/clips/{clip}",
            reason=Reason("archiving"),
            now=intake.now,
        )
    return zipfile.ZipFile(io.BytesIO(packed))


@needs_tool
def test_originals_and_manifest_as_handed_out_verify(intake: Intake, tmp_path: Path) -> None:
    lying = tmp_path / "lying"
    files = {b"DCIM/a.mp4": os.urandom(100_000), b"DCIM/b.mp4": b"b", b"=x\xff.mp4": b"c"}
    keep(intake, files, entry(b"link", end="refused"))
    assert write(intake) == 0  # nothing is stated that was not read back
    with pytest.raises(NoManifest):
        handed_out(intake)
    verify_all(intake)
    assert write(intake) == 1
    assert write(intake) == 0
    folder = handed_out(intake)
    folder.extractall(lying)
    plan = csv.reader(io.StringIO(folder.read("ascmhl/liuhen-originals.csv").decode("utf-8-sig")))
    rows = list(plan)[1:]
    assert len(rows) == 3
    with intake.database.read() as session:
        for name, page, size, sha256 in rows:
            copy = session.scalars(select(Copy).where(Copy.clip_id == UUID(page.rsplit("/", 1)[1]))).one()
            body = b"".join(intake.store.read(copy.key, copy.version))
            assert (len(body), hashlib.sha256(body).hexdigest()) == (int(size), sha256)
            target = lying / name.removeprefix("'")
            target.parent.mkdir(exist_ok=True)
            target.write_bytes(body)
        sheet = session.scalars(select(Sheet)).one()
        place = sheet.objects["manifest"]
        facts = intake.store.facts(place["key"], place["version"])
        assert facts.lock_mode == "COMPLIANCE"
        assert facts.lock_until is not None
        assert facts.lock_until >= sheet.lock_desired
        kinds = set(session.scalars(select(CustodyEntry.action)))
        assert {"docking.manifest-kept", "docking.manifest-downloaded"} <= kinds
    assert hashlib.sha256((lying / "ascmhl/liuhen-sheet.json").read_bytes()).hexdigest() == sheet.sha256
    for command in ("verify", "diff"):
        done = tool(command, lying)
        assert done.returncode == 0, done.stdout + done.stderr
    (lying / "DCIM/b.mp4").write_bytes(b"B")
    assert tool("verify", lying).returncode != 0


def test_what_was_read_back_before_the_digest_was_kept_is_read_again(intake: Intake) -> None:
    keep(intake, {b"a": b"a"})
    verify_all(intake)
    with intake.database.write() as session:
        session.execute(update(Clip).values(sha512=None))
    assert write(intake) == 1
    with intake.database.read() as session:
        assert session.scalars(select(Clip.sha512)).one() == hashlib.sha512(b"a").hexdigest()


def test_a_crash_between_storage_and_catalog_leaves_one_manifest(
    intake: Intake, monkeypatch: pytest.MonkeyPatch
) -> None:
    keep(intake, {b"a": b"a"})
    verify_all(intake)
    with monkeypatch.context() as crash:
        crash.setattr(
            "catalog.manifests.add_entry", lambda *_, **__: (_ for _ in ()).throw(KeyboardInterrupt)
        )
        with pytest.raises(KeyboardInterrupt):
            write(intake)
    assert write(intake) == 1
    assert len(list(intake.store.list_versions(f"sheets/{intake.docking}/1.mhl"))) == 1


def test_a_sheet_without_recordings_has_none_and_is_left_alone(intake: Intake) -> None:
    keep(intake, {}, entry(b"link", end="refused"))
    assert write(intake) == 0
    with intake.database.read() as session:
        assert session.scalars(select(Sheet)).one().objects["manifest"] == {"none": True}
    with pytest.raises(NoManifest):
        handed_out(intake)
