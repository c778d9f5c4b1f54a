"""`liuhen render`: all renditions are deleted and made again; what is missing is found; exit statuses."""

from __future__ import annotations

from pathlib import Path
from uuid import UUID, uuid4

import pytest
from click.testing import CliRunner
from pydantic import SecretStr

from catalog import stages as catalog_stages
from catalog.models import Rendition, Stage
from liuhen.cli import main
from liuhen.commands import render as command
from storage.settings import StorageSettings
from tests.catalog import world
from tests.workers.bench_desk import Take, renditions_of, run_all, runtime, stages_of, take
from tests.workers.media import studio
from workers.runtime import Runtime

__all__ = ["runtime", "take"]


@pytest.fixture(autouse=True)
def _settings(
    runtime: Runtime,
    seaweed: StorageSettings,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    redis_url: str,
) -> None:
    broker = redis_url.removesuffix("/0") + "/8"
    given = {
        "DATA": tmp_path,
        "STORAGE__ENDPOINT_URL": seaweed.endpoint_url,
        "STORAGE__PUBLIC_URL": seaweed.endpoint_url,
        "STORAGE__EVERYDAY_KEY_FILE": seaweed.everyday_key_file,
        "STORAGE__EVIDENCE_BUCKET": seaweed.evidence_bucket,
        "STORAGE__DERIVED_BUCKET": seaweed.derived_bucket,
        "CATALOG__DATABASE_URL": runtime.settings.catalog.database_url,
        "CATALOG__RECEIPT_KEY_FILE": runtime.settings.catalog.receipt_key_file,
        "CATALOG__METADATA_KEY_FILE": runtime.settings.catalog.metadata_key_file,
        "WORKERS__SCRATCH_FOLDER": runtime.settings.scratch_folder,
        "WORKERS__BROKER_URL": SecretStr(broker).get_secret_value(),
    }
    for name, value in given.items():
        monkeypatch.setenv(f"LIUHEN_{name}", str(value))


@pytest.fixture
def clips(runtime: Runtime, take: Take, tmp_path: Path) -> dict[str, UUID]:
    made = {}
    for name in ("mpeg4.avi", "matroska.mkv", "g711.wav", "turned.jpg"):
        made[name] = take(studio.make(tmp_path, name).read_bytes(), f"DCIM/{name}".encode())
        run_all(runtime, made[name])
    return made


def run(*arguments: str) -> tuple[int, str]:
    result = CliRunner().invoke(main, ["render", *arguments])
    assert result.exception is None or isinstance(result.exception, SystemExit), result.output
    return result.exit_code, result.output


def empty(runtime: Runtime, clips: dict[str, UUID]) -> int:
    return sum(runtime.derived.delete_prefix(f"renditions/{clip}/") for clip in clips.values())


def digests(runtime: Runtime, clips: dict[str, UUID]) -> dict[tuple[str, str], str]:
    return {
        (name, kind): row.sha256
        for name, clip in clips.items()
        for kind, row in renditions_of(runtime, clip).items()
    }


def test_all_are_deleted_and_made_again_to_the_byte(runtime: Runtime, clips: dict[str, UUID]) -> None:
    before = digests(runtime, clips)
    assert {k for k in before if k[1] == "player"} == {
        ("mpeg4.avi", "player"),
        ("matroska.mkv", "player"),
        ("g711.wav", "player"),
    }
    assert empty(runtime, clips) == len(before)
    assert run("--missing", "--here")[0] == 0
    assert digests(runtime, clips) == before
    assert run("--missing", "--here") == (0, "Nothing is to be made.\n")
    with runtime.database.write() as session:
        session.query(Rendition).delete()
    empty(runtime, clips)
    status, said = run("--all", "--here")
    assert status == 0
    assert "5 made, 0 not made" in said
    assert digests(runtime, clips) == before


def test_one_kind_of_one_recording(runtime: Runtime, clips: dict[str, UUID]) -> None:
    film = str(clips["mpeg4.avi"])
    assert "1 stages of 1 recordings" in run("--clip", film, "--kind", "player", "--here")[1]
    with runtime.database.read() as session:
        assert len(world.entries(session, "clip.stage-requested")) == 1
    assert run("--clip", film, "--kind", "preview", "--here")[0] == command.UNKNOWN
    assert run("--clip", str(uuid4()), "--here")[0] == command.UNKNOWN


@pytest.mark.parametrize("options", [(), ("--all", "--missing"), ("--all", "--here", "--no-wait")], ids=str)
def test_options_that_do_not_fit(options: tuple[str, ...]) -> None:
    assert run(*options)[0] == command.UNKNOWN


def test_what_cannot_be_made_is_named(
    runtime: Runtime, clips: dict[str, UUID], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "workers.media.render._player", lambda work, *_: setattr(work, "outcome_reason", "odd")
    )
    status, said = run("--clip", str(clips["mpeg4.avi"]), "--kind", "player", "--here")
    assert status == command.NOT_MADE
    assert f"{clips['mpeg4.avi']} encode: player: odd" in said


def test_through_the_queue(runtime: Runtime, clips: dict[str, UUID], monkeypatch: pytest.MonkeyPatch) -> None:
    assert run("--all", "--no-wait")[0] == command.UNFINISHED
    assert stages_of(runtime, clips["mpeg4.avi"])["encode"].state == "pending"

    def night(_seconds: float) -> None:
        """What workers would do meanwhile: all but one film, which is put off."""
        for clip in clips.values():
            run_all(runtime, clip, "render")
        with runtime.database.write() as session:
            stage = session.get_one(Stage, (clips["mpeg4.avi"], "encode"))
            stage.state, stage.due_at = "deferred", runtime.now()

    follow = command._follow
    monkeypatch.setattr(command, "_follow", lambda database, due: follow(database, due, night))
    status, said = run("--all")
    assert status == command.UNFINISHED
    assert "1 long films wait for the night" in said
    with runtime.database.write() as session:
        assert catalog_stages.want_now(session, clips["mpeg4.avi"], "encode", runtime.now()) is not None
