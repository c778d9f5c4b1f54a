"""What decoding a whole recording finds: each thing in a recording made to have it, and not in one made without."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from workers.media import analyse as analysing
from workers.media import sandbox
from workers.media.analyse import NotMeasured, analyse, from_json, to_json
from workers.media.analysis import Analysis
from workers.media.describe import describe
from workers.media.ffmpeg import binary
from workers.media.sandbox import Limits, SandboxError

Recording = Callable[[str], Path]
SIZE = "size=160x90:rate=25"


def measured(path: Path) -> Analysis:
    found = analyse(path, describe(path, path.name))
    assert found is not None
    assert from_json(to_json(found)) == found
    return found


def make(path: Path, *arguments: str) -> Path:
    subprocess.run([binary(), "-nostdin", "-y", "-v", "error", *arguments, str(path)], check=True, timeout=60)
    return path


@pytest.mark.parametrize(
    ("name", "seconds", "rate"),
    [
        ("plain.mp4", 3.0, 10.0), ("matroska.mkv", 3.0, 10.0), ("stream.ts", 3.0, 10.0), ("mpeg4.avi", 3.0, 10.0),
        ("mjpeg.avi", 3.0, 10.0), ("hevc.mp4", 3.0, 10.0), ("programme.mpg", 3.0, 25.0), ("flash.flv", 3.0, 10.0),
        ("voice.wav", 3.0, None), ("voice.amr", 3.0, None), ("voice.mp3", 3.0, None), ("g711.wav", 3.0, None),
    ],
)  # fmt: skip
def test_a_sound_recording_has_nothing_wrong(
    recording: Recording, name: str, seconds: float, rate: float | None
) -> None:
    found = measured(recording(name))
    assert found.seconds == pytest.approx(seconds, abs=0.15)
    assert (found.whole, found.safer, found.fault_count, found.jump_count) == (True, False, 0, 0)
    assert (found.missing_tail or 0.0) < 0.2
    if rate is not None:
        assert found.picture is not None
        assert (found.picture.rate_kind, found.picture.rate) == ("constant", pytest.approx(rate, abs=0.01))
        assert (found.picture.black, found.picture.frozen) == ((), ())
    if found.sound is not None:
        assert found.sound.silence == ()
        assert found.sound.peak == pytest.approx(
            -16.0, abs=3.0
        )  # an eighth is what FFmpeg's `sine` gives; encoders add to it
        assert found.sound.loudness is not None
        assert -30 < found.sound.loudness < -15


def test_black_still_and_silent_stretches_stand_at_their_places(tmp_path: Path) -> None:
    path = make(
        tmp_path / "a.mp4",
        "-f", "lavfi", "-i", f"testsrc2={SIZE}:d=3",
        "-f", "lavfi", "-i", f"color=black:{SIZE}:d=4",
        "-f", "lavfi", "-i", f"testsrc2={SIZE}:d=2",
        "-f", "lavfi", "-i", f"color=teal:{SIZE}:d=5",
        "-f", "lavfi", "-i", "sine=frequency=440:duration=6:sample_rate=16000",
        "-filter_complex", "[0][1][2][3]concat=n=4:v=1[v];[4]apad=whole_dur=14[a]", "-map", "[v]", "-map", "[a]",
        "-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p", "-c:a", "aac",
    )  # fmt: skip
    found = measured(path)
    assert found.picture is not None
    assert found.sound is not None
    assert [(s.start, s.end) for s in found.picture.black] == [(3.0, 7.0)]
    assert [(s.start, s.end) for s in found.picture.frozen] == [(3.0, 7.0), (9.0, 14.0)]
    ((start, end),) = [(s.start, s.end) for s in found.sound.silence]
    assert (start, end) == (pytest.approx(6.0, abs=0.1), pytest.approx(14.0, abs=0.1))
    assert found.picture.black_seconds == 4.0
    assert found.sound.levels[0] is not None
    assert found.sound.levels[-1] is None


def test_a_picture_with_noise_does_not_stand_still(tmp_path: Path) -> None:
    path = make(
        tmp_path / "a.mp4",
        "-f", "lavfi", "-i", f"color=gray:{SIZE.replace('160x90', '960x540')}:d=4,noise=alls=6:allf=t",
        "-c:v", "libx264", "-preset", "ultrafast", "-qp", "10", "-pix_fmt", "yuv420p",
    )  # fmt: skip
    found = measured(path)
    assert found.picture is not None
    assert found.picture.frozen == ()


def test_a_loud_tone_is_louder_than_a_quiet_one_by_as_much(tmp_path: Path) -> None:
    levels = []
    for volume in ("0dB", "-20dB"):
        path = make(
            tmp_path / f"{volume}.wav", "-f", "lavfi", "-i", f"sine=frequency=1000:duration=4,volume={volume}"
        )
        sound = measured(path).sound
        assert sound is not None
        assert sound.loudness is not None
        assert sound.peak is not None
        levels.append((sound.loudness, sound.peak))
    assert levels[0][0] - levels[1][0] == pytest.approx(20.0, abs=0.2)
    assert levels[0][1] - levels[1][1] == pytest.approx(20.0, abs=0.5)  # the filter tells three digits


def test_variable_rate_is_told(tmp_path: Path) -> None:
    path = make(
        tmp_path / "a.mp4",
        "-f", "lavfi", "-i", f"testsrc2={SIZE}:d=6", "-vf", "select='not(mod(floor(n/25)*(n-1),3))'",
        "-fps_mode", "vfr", "-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p",
    )  # fmt: skip
    picture = measured(path).picture
    assert picture is not None
    assert picture.rate_kind == "variable"
    assert picture.shortest == pytest.approx(0.04, abs=0.001)
    assert picture.longest == pytest.approx(0.12, abs=0.001)


def test_a_gap_inside_is_a_leap_of_both_clocks(tmp_path: Path) -> None:
    path = make(
        tmp_path / "a.mkv",
        "-f", "lavfi", "-i", f"testsrc2={SIZE}:d=8", "-f", "lavfi", "-i", "sine=duration=8",
        "-vf", "select='not(between(t,3,5.5))'", "-af", "aselect='not(between(t,3,5.5))'",
        "-fps_mode", "vfr", "-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p", "-c:a", "pcm_s16le",
    )  # fmt: skip
    found = measured(path)
    assert {j.track for j in found.jumps} == {"video", "audio"}
    for jump in found.jumps:
        assert jump.at == pytest.approx(3.0, abs=0.1)
        assert jump.seconds == pytest.approx(2.5, abs=0.1)
    assert found.seconds == pytest.approx(8.0, abs=0.1)


def test_a_clock_that_starts_anew_is_a_leap_and_no_day_of_waiting(
    recording: Recording, tmp_path: Path
) -> None:
    late = make(
        tmp_path / "late.ts", "-i", str(recording("stream.ts")), "-c", "copy", "-output_ts_offset", "5000"
    )
    path = tmp_path / "joined.ts"
    path.write_bytes(recording("stream.ts").read_bytes() + late.read_bytes())
    found = measured(path)
    assert found.seconds == pytest.approx(6.0, abs=0.3)
    assert max(j.seconds for j in found.jumps) == pytest.approx(5000, abs=10)


def test_a_missing_tail_is_told_by_its_length(recording: Recording, tmp_path: Path) -> None:
    path = tmp_path / "cut.mp4"
    data = recording("front.mp4").read_bytes()
    path.write_bytes(data[: len(data) * 6 // 10])
    found = measured(path)
    assert found.stated_seconds == pytest.approx(3.0, abs=0.1)
    assert found.seconds is not None
    assert found.missing_tail == pytest.approx(3.0 - found.seconds, abs=0.1)
    assert found.missing_tail > 0.5


def test_damage_inside_is_told_by_its_place(tmp_path: Path) -> None:
    path = make(
        tmp_path / "a.ts",
        "-f", "lavfi", "-i", f"testsrc2={SIZE}:d=10", "-f", "lavfi", "-i", "sine=duration=10",
        "-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p", "-g", "25", "-c:a", "aac",
    )  # fmt: skip
    data = bytearray(path.read_bytes())
    for at in range(len(data) // 2, len(data) // 2 + 188 * 60, 188):
        data[at + 20 : at + 120] = b"\xa5" * 100  # the packets' heads stay, what they carry does not
    path.write_bytes(data)
    found = measured(path)
    assert found.fault_count > 0
    assert all(3.5 < fault.start < 7.5 for fault in found.faults)
    assert found.seconds == pytest.approx(10.0, abs=0.2)


def test_a_photo_has_nothing_to_measure(recording: Recording) -> None:
    path = recording("photo.jpg")
    assert analyse(path, describe(path, path.name)) is None


def test_progress_is_told_and_may_stop_the_work(tmp_path: Path) -> None:
    path = make(
        tmp_path / "a.mp4", "-f", "lavfi", "-i", "testsrc2=size=640x360:rate=25:d=30",
        "-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p",
    )  # fmt: skip
    told: list[float] = []
    assert analyse(path, describe(path, path.name), progress=told.append) is not None
    assert told
    assert told == sorted(told)

    def stop(_seconds: float) -> None:
        raise InterruptedError

    with pytest.raises(InterruptedError):
        analyse(path, describe(path, path.name), progress=stop)


def test_what_goes_badly_is_tried_once_more_in_a_safer_way(
    recording: Recording, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[object] = []
    real = sandbox.run

    def crashing(target: str, arguments: dict[str, object], *more: object, **others: object) -> object:
        if "safer" not in arguments:
            return real(target, arguments, *more, **others)  # type: ignore[arg-type]
        asked.append(arguments["safer"])
        if len(asked) == 1:
            raise SandboxError("crash", "ended with status -11")
        return real(target, arguments, *more, **others)  # type: ignore[arg-type]

    monkeypatch.setattr(analysing.sandbox, "run", crashing)
    found = measured(recording("plain.mp4"))
    assert (asked, found.safer) == ([False, True], True)
    assert found.seconds == pytest.approx(3.0, abs=0.1)


def test_a_reader_that_stands_still_is_ended_and_then_given_up(
    recording: Recording, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = recording("plain.mp4")
    real = sandbox.run
    tries: list[str] = []

    def asleep(_target: str, arguments: dict[str, object], limits: Limits, **_others: object) -> object:
        tries.append(str(arguments["safer"]))
        return real("tests.workers.media.bombs:sleep", {}, replace(limits, stall=0.7))

    found = describe(path, path.name)
    monkeypatch.setattr(analysing.sandbox, "run", asleep)
    began = time.monotonic()
    with pytest.raises(NotMeasured, match="no progress"):
        analyse(path, found)
    assert tries == ["False", "True"]
    assert time.monotonic() - began < 30


def test_progress_keeps_a_slow_child_alive_and_repeating_itself_does_not() -> None:
    limits = Limits(wall=0.1, stall=1.5)
    assert sandbox.run("tests.workers.media.bombs:work_slowly", {"grows": True}, limits) == "done"
    with pytest.raises(SandboxError) as caught:
        sandbox.run("tests.workers.media.bombs:work_slowly", {"grows": False}, limits)
    assert caught.value.why == "still"
