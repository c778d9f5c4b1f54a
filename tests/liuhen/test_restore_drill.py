"""The drill: a running system loses its catalog and secrets, and everything that was ever docked is there again."""

from __future__ import annotations

import contextlib
import http.cookiejar
import json
import os
import shutil
import subprocess
import sys
import urllib.parse
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import UUID

from sqlalchemy import create_engine, text

from storage.errors import StorageError
from storage.health import wait_ready
from storage.seaweedfs.command import STOP_SECONDS
from tests.services.system import System


def one(system: System, query: str) -> Any:
    engine = create_engine(system.settings.catalog.database_url)
    with engine.connect() as connection:
        found = connection.execute(text(query)).scalar()
    engine.dispose()
    return found


def card(folder: Path, *names: str) -> Path:
    for name in names:
        path = folder / "DCIM" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(os.urandom(5000))
    return folder


def dock(system: System, folder: Path, slot: str, sheets: int) -> None:
    system.plug(folder, slot)
    system.wait_for(
        lambda: one(system, "SELECT count(*) FROM sheets") == sheets, f"the sheet of {slot} is kept"
    )
    system.unplug(slot)
    system.wait_for(
        lambda: one(system, "SELECT count(*) FROM dockings WHERE ended_at IS NULL") == 0, "dockings end"
    )


def worked_out(system: System) -> None:
    """Wait until workers have done what they can with every recording."""
    system.wait_for(
        lambda: (
            one(system, "SELECT count(*) FROM clips WHERE verified_at IS NULL") == 0
            and one(
                system,
                "SELECT count(*) FROM stages WHERE stage <> 'timestamp' AND state NOT IN ('done', 'failed')",
            )
            == 0
            and one(system, "SELECT count(*) FROM sheets WHERE objects NOT LIKE '%manifest%'") == 0
        ),
        "every original is read back, described and on a manifest",
        seconds=150,
    )


def inventory(system: System) -> dict[str, Any]:
    done = system.run("storage", "inventory", "--json")
    assert done.returncode in {0, 1}, done.stderr
    return dict(json.loads(done.stdout))


def pages_of_every_clip_open(system: System, link: str) -> int:
    """Sign in and open the page of every recording; answer how many there are."""
    browser = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar()))
    with browser.open(link) as page:
        html = page.read().decode()
    token = html.partition('name="csrf_token"')[2].partition('value="')[2].partition('"')[0]
    if token:
        form = urllib.parse.urlencode({"csrf_token": token}).encode()
        browser.open(urllib.request.Request(link, data=form, headers={"Referer": link})).close()
    engine = create_engine(system.settings.catalog.database_url)
    with engine.connect() as connection:
        clips = connection.execute(text("SELECT id, name FROM clips")).all()
    engine.dispose()
    for clip, name in clips:
        with browser.open(f"{system.url}/clips/{UUID(clip)}") as page:
            assert page.status == 200
            assert str(name) in page.read().decode()
    return len(clips)


def signin_link(system: System) -> str:
    return next(word for word in system.signin_link("zhang").split() if word.startswith("http"))


@contextlib.contextmanager
def only_the_storage(system: System) -> Iterator[None]:
    process = subprocess.Popen(
        [sys.executable, "-m", "liuhen", "run", "storage", "--data", str(system.data)],
        env=system.environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        with contextlib.suppress(StorageError):
            wait_ready(system.settings.storage, seconds=60)
        yield
    finally:
        process.terminate()
        try:
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()  # as the supervisor does
            process.wait(60)


def test_catalog_and_secrets_are_lost_and_everything_is_there_again(
    liuhen_system: System, tmp_path: Path
) -> None:
    system = liuhen_system
    made = system.run("account", "add", "zhang", "--role", "administrator", "--role", "archivist")
    assert made.returncode == 0, made.stderr
    first, second = card(tmp_path / "one", "a.mp4", "b.jpg"), card(tmp_path / "two", "c.wav", "d.mp4")
    dock(system, first, "slot-1", sheets=1)
    backup = tmp_path / "backup.tar.enc"
    (tmp_path / "passphrase").write_text("correct horse battery")
    key = ("--passphrase-file", str(tmp_path / "passphrase"))
    saved = system.run("backup", str(backup), *key)
    assert saved.returncode == 0, saved.stdout + saved.stderr
    dock(system, second, "slot-2", sheets=2)
    clips = {name: one(system, f"SELECT id FROM clips WHERE name = '{name}'") for name in ("a.mp4", "c.wav")}
    assert system.stop() == 0

    for name in ("catalog", "secrets"):
        shutil.rmtree(system.data / name)
    (system.data / "ports.json").unlink()
    restored = system.run("restore", str(backup), *key)
    assert restored.returncode == 0, restored.stdout + restored.stderr
    system.start()

    before = inventory(system)
    assert set(before["differences"]) <= {"extra", "extra-version"}, before
    assert {one["kind"] for one in before["named"]} >= {"original", "docking-sheet"}
    added = system.run("catalog", "rebuild", "--add")
    assert added.returncode == 0, added.stdout + added.stderr
    assert "2 originals and 0 further copies taken in" in added.stdout
    worked_out(system)
    after = inventory(system)
    assert after["agrees"], after
    assert after["kinds"]["original"] == 4
    for name, clip in clips.items():
        assert one(system, f"SELECT id FROM clips WHERE name = '{name}'") == clip
    assert pages_of_every_clip_open(system, signin_link(system)) == 4
    nothing_is_stored_twice(system, [first, second])


def test_without_any_backup_the_storage_alone_brings_the_originals_back(
    liuhen_system: System, tmp_path: Path
) -> None:
    """Goes on from the drill above: now only the secrets are left."""
    system = liuhen_system
    clips = one(system, "SELECT count(*) FROM clips")
    copies = one(system, "SELECT count(*) FROM copies")
    assert system.stop() == 0
    shutil.rmtree(system.data / "catalog")
    with only_the_storage(system):
        rebuilt = system.run("catalog", "rebuild")
        assert rebuilt.returncode == 0, rebuilt.stdout + rebuilt.stderr
        assert "What no storage holds" in rebuilt.stdout
        refused = system.run("catalog", "rebuild")
        assert (refused.returncode, "not empty" in refused.stderr) == (4, True)
    system.start()
    worked_out(system)
    assert (one(system, "SELECT count(*) FROM clips"), one(system, "SELECT count(*) FROM copies")) == (
        clips,
        copies,
    )
    assert inventory(system)["agrees"]
    made = system.run("account", "add", "zhang", "--role", "administrator", "--role", "archivist")
    assert made.returncode == 0, made.stderr
    assert pages_of_every_clip_open(system, signin_link(system)) == clips
    folder = card(tmp_path / "three", "e.mp4")
    dock(system, folder, "slot-1", sheets=one(system, "SELECT count(*) FROM sheets") + 1)
    nothing_is_stored_twice(system, [folder])


def nothing_is_stored_twice(system: System, cards: list[Path]) -> None:
    before = one(system, "SELECT count(*) FROM copies")
    for folder in cards:
        again = system.run("dock", str(folder))
        assert again.returncode == 0, again.stdout + again.stderr
        assert "nothing was stored twice" in again.stdout
    assert one(system, "SELECT count(*) FROM copies") == before


def test_what_cannot_be_reached_is_told_by_the_status(liuhen_system: System, tmp_path: Path) -> None:
    system = liuhen_system
    nowhere = System(tmp_path / "var").run("storage", "inventory")
    assert nowhere.returncode == 4, nowhere.stderr
    away = {**system.environment, "LIUHEN_STORAGE__ENDPOINT_URL": "http://127.0.0.1:9"}
    for command in (("storage", "inventory"), ("catalog", "rebuild", "--add")):
        done = subprocess.run(
            [sys.executable, "-m", "liuhen", *command, "--data", str(system.data)],
            env=away,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 3, done.stdout + done.stderr
        assert "Traceback" not in done.stderr
