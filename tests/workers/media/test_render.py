import json
import re
import subprocess
import time
from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image, ImageStat

from workers.media import run
from workers.media.describe import describe
from workers.media.facts import warning
from workers.media.ffmpeg import binary
from workers.media.playable import how_to_show
from workers.media.render import encode_film, render, render_quick


def made(recording_path, scratch, name="", **options):
    found = describe(recording_path, name or recording_path.name)
    return found, render(recording_path, found, scratch, **options)


def by_kind(rendered):
    assert rendered.failures == ()
    return {r.kind: r for r in rendered.renditions}


@pytest.mark.parametrize(
    "name",
    ["pcm.mov", "matroska.mkv", "stream.ts", "h264.avi", "woven.mts", "hevc.mp4", "deep.mp4", "mpeg4.avi", "phone.3gp", "programme.mpg", "flash.flv"],
)  # fmt: skip
def test_the_players_copy_plays(recording, tmp_path, name):
    found, rendered = made(recording(name), tmp_path)
    kinds = by_kind(rendered)
    player = kinds["player"]
    assert player.complete
    assert player.seconds == pytest.approx(3.0, abs=0.25)
    again = describe(player.path, "player.mp4")
    assert how_to_show(again).how == "original"
    assert not again.index_at_end
    assert again.start_times == ()  # nothing private moves into the copy
    assert (again.audio is None) == (found.audio is None)
    assert {"poster", "thumb", "sprite", "thumbnails"} <= set(kinds)
    assert ("waveform" in kinds) == (found.audio is not None)


def test_an_original_that_plays_is_left_alone(recording, tmp_path):
    kinds = by_kind(made(recording("plain.mp4"), tmp_path)[1])
    assert set(kinds) == {"poster", "thumb", "sprite", "thumbnails", "waveform"}


@pytest.mark.parametrize(
    ("name", "way"), [("mpeg4.avi", encode_film), ("voice.flac", render_quick)], ids=["film", "sound"]
)
def test_a_copy_for_which_there_was_no_room_is_no_fault_of_the_recording(recording, tmp_path, name, way):
    with pytest.raises(OSError, match="No space left"):
        way(recording(name), describe(recording(name), name), tmp_path, room=2000)
    assert not (tmp_path / "player.mp4").exists()
    assert not (tmp_path / "player.m4a").exists()


@pytest.mark.parametrize("name", ["voice.amr", "g711.wav", "voice.flac", "voice.aac"])
def test_sound(recording, tmp_path, name):
    kinds = by_kind(made(recording(name), tmp_path)[1])
    assert set(kinds) == {"player", "waveform"}
    assert kinds["player"].content_type == "audio/mp4"
    assert how_to_show(describe(kinds["player"].path, "player.m4a")).how == "original"


def test_peaks(recording, tmp_path):
    kinds = by_kind(made(recording("voice.wav"), tmp_path)[1])
    answer = json.loads(kinds["waveform"].path.read_text(encoding="ascii"))
    assert answer["seconds"] == pytest.approx(3.0, abs=0.01)
    assert len(answer["peaks"]) == pytest.approx(2 * 3 * answer["points_per_second"], abs=2)
    assert min(answer["peaks"]) >= -128
    assert max(answer["peaks"]) <= 127
    assert max(answer["peaks"]) > 10


def test_photos_stand_upright(recording, tmp_path):
    kinds = by_kind(made(recording("turned.jpg"), tmp_path)[1])
    assert set(kinds) == {"preview", "thumb"}
    for kind, size in (("preview", (640, 360)), ("thumb", (400, 225))):
        with Image.open(kinds[kind].path) as image:
            assert image.size == size
            assert not image.getexif()
            corner = image.getpixel((image.width // 8, image.height // 8))
        assert corner[0] > 200  # the orange quarter is upper left
        assert corner[2] < 90


@pytest.mark.parametrize("name", ["photo.png", "photo.tif"])
def test_photos_of_other_kinds(recording, tmp_path, name):
    assert set(by_kind(made(recording(name), tmp_path)[1])) == {"preview", "thumb"}


def test_films_stand_upright(recording, tmp_path):
    turned = tmp_path / "turned.mp4"
    command = [
        binary(),
        "-v",
        "error",
        "-display_rotation",
        "-90",
        "-i",
        str(recording("silent.mp4")),
        "-c",
        "copy",
        str(turned),
    ]
    subprocess.run(command, check=True)
    found, rendered = made(turned, tmp_path)
    assert found.video is not None
    assert (found.video.rotation, found.width, found.height) == (90, 108, 192)
    with Image.open(by_kind(rendered)["poster"].path) as image:
        assert image.size == (108, 192)


def test_the_poster_is_not_black(recording, tmp_path):
    found, rendered = made(recording("dark-start.mp4"), tmp_path)
    assert found.seconds == pytest.approx(6.0, abs=0.1)
    with Image.open(by_kind(rendered)["poster"].path) as image:
        assert ImageStat.Stat(image.convert("L")).stddev[0] > 20


def test_thumbnails_lie_on_the_sheet(recording, tmp_path):
    kinds = by_kind(made(recording("plain.mp4"), tmp_path)[1])
    cues = kinds["thumbnails"].path.read_text(encoding="utf-8")
    assert cues.startswith("WEBVTT\n")
    places = [
        tuple(map(int, found))
        for found in re.findall(r"^sprite#xywh=(\d+),(\d+),(\d+),(\d+)$", cues, re.MULTILINE)
    ]
    assert places
    for x, y, width, height in places:
        assert x + width <= kinds["sprite"].width
        assert y + height <= kinds["sprite"].height
    assert "00:00:00.000 -->" in cues


def test_a_cut_film_is_told_as_partial(recording, tmp_path):
    data = recording("front.mp4").read_bytes()
    path = tmp_path / "cut.mp4"
    path.write_bytes(data[: len(data) * 7 // 10])
    found, rendered = made(path, tmp_path)
    player = by_kind(rendered)["player"]
    assert not player.complete
    assert player.note
    assert player.seconds == pytest.approx(found.seconds, abs=0.5)
    # Browsers stop for good at the first picture that is only half there.
    done = subprocess.run(
        [binary(), "-v", "error", "-xerror", "-err_detect", "explode", "-i", player.path, "-f", "null", "-"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_a_copy_shorter_than_its_original_is_never_told_as_whole(recording, tmp_path):
    found = describe(recording("mpeg4.avi"), "a.avi")
    rendered = render(recording("mpeg4.avi"), replace(found, seconds=60.0), tmp_path)
    player = by_kind(rendered)["player"]
    assert not player.complete
    assert "covers" in player.note


def test_what_cannot_be_made_is_told(recording, tmp_path):
    found = describe(recording("mpeg4.avi"), "a.avi")
    broken = tmp_path / "broken.avi"
    broken.write_bytes(b"RIFF\0\0\0\0AVI " + b"\0" * 2000)
    rendered = render(broken, replace(found, warnings=(warning("truncated"),)), tmp_path)
    assert rendered.renditions == ()
    assert {f.kind for f in rendered.failures} == {
        "poster",
        "thumb",
        "sprite",
        "thumbnails",
        "waveform",
        "player",
    }
    assert all(f.reason for f in rendered.failures)
    assert list(tmp_path.glob(".*.part")) == []


def test_recipes_can_be_followed(recording, tmp_path):
    player = by_kind(made(recording("mpeg4.avi"), tmp_path)[1])["player"]
    assert player.recipe.tool == "ffmpeg"
    assert player.recipe.version[0].isdigit()
    assert "file:{input}" in player.recipe.arguments
    assert "{output}" in player.recipe.arguments
    assert not any(str(tmp_path) in argument for argument in player.recipe.arguments)


def test_progress_is_told_and_may_stop_the_work(recording, tmp_path):
    told = []
    made(recording("mpeg4.avi"), tmp_path, progress=lambda kind, part: told.append((kind, part)))
    assert told[-1] == ("player", 1.0)
    assert all(0 <= part <= 1 for _, part in told)

    def stop(kind, part):
        raise InterruptedError(kind)

    with pytest.raises(InterruptedError):
        made(recording("mpeg4.avi"), tmp_path, progress=stop)


def test_a_stuck_tool_is_ended(tmp_path, monkeypatch, recording):
    stuck = tmp_path / "stuck"
    stuck.write_text("#!/bin/sh\nwhile :; do sleep 0.1; done\n", encoding="ascii")
    stuck.chmod(0o755)
    monkeypatch.setattr(run.ffmpeg, "binary", lambda: str(stuck))
    began = time.monotonic()
    outcome = run.make(["-i", "{input}", "{output}"], recording("plain.mp4"), tmp_path / "out.mp4", stall=0.5)
    assert (outcome.ok, outcome.stalled) == (False, True)
    assert "no progress" in outcome.reason
    assert time.monotonic() - began < 10


def test_only_one_module_imports_ffmpeg_python():
    root = Path(__file__).resolve().parents[3]
    users = [
        path.relative_to(root).as_posix()
        for room in ("liuhen", "ingest", "storage", "catalog", "workers", "web")
        for path in (root / room).rglob("*.py")
        if re.search(r"^\s*(import ffmpeg\b|from ffmpeg\b)", path.read_text(encoding="utf-8"), re.MULTILINE)
    ]
    assert users == ["workers/media/ffmpeg.py"]
