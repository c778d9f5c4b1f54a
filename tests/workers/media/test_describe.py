import shutil
import subprocess
from datetime import UTC, datetime

import pytest
from PIL import Image

from workers.media.describe import describe, from_json, to_json
from workers.media.ffmpeg import binary
from workers.media.playable import how_to_show
from workers.media.sandbox import Limits

FORMS = {
    "plain.mp4": ("video", "h264", "aac"), "plain.mov": ("video", "h264", "aac"), "pcm.mov": ("video", "h264", "pcm_s16le"),
    "silent.mp4": ("video", "h264", None), "fragments.mp4": ("video", "h264", "aac"),
    "matroska.mkv": ("video", "h264", "aac"), "stream.ts": ("video", "h264", "aac"), "woven.mts": ("video", "h264", "ac3"),
    "hevc.mp4": ("video", "hevc", "aac"), "mpeg4.avi": ("video", "mpeg4", "mp3"), "mjpeg.avi": ("video", "mjpeg", "pcm_s16le"),
    "web.webm": ("video", "vp9", "opus"), "phone.3gp": ("video", "mpeg4", None), "flash.flv": ("video", "h264", "aac"),
    "programme.mpg": ("video", "mpeg2video", "mp2"), "voice.wav": ("audio", None, "pcm_s16le"),
    "g711.wav": ("audio", None, "pcm_alaw"), "voice.mp3": ("audio", None, "mp3"), "voice.m4a": ("audio", None, "aac"),
    "sound-only.mp4": ("audio", None, "aac"), "voice.aac": ("audio", None, "aac"), "voice.amr": ("audio", None, "amr_nb"),
    "voice.flac": ("audio", None, "flac"),
}  # fmt: skip


@pytest.mark.parametrize("name", FORMS)
def test_forms(recording, name):
    found = describe(recording(name), name)
    kind, film, sound = FORMS[name]
    assert found.kind == kind
    assert (found.video.codec if found.video else None) == film
    assert (found.audio.codec if found.audio else None) == sound
    assert found.seconds == pytest.approx(3.0, abs=0.25)
    assert found.warnings == ()
    if film:
        assert (found.width, found.height) == (192, 108)
    assert from_json(to_json(found)) == found


def test_clocks_place_and_maker_stand_as_found(recording):
    modified = datetime(2026, 11, 16, 0, 40, 15, tzinfo=UTC)
    name = "DCIM/DSJ0412_010237_20261116083013_0001.MOV"
    found = describe(recording("tagged.mov"), name, modified=modified)
    assert {(t.origin, t.value) for t in found.start_times} >= {
        ("container-utc", "2026-11-16T00:30:15Z"),
        ("quicktime-creationdate", "2026-11-16T08:30:15+08:00"),
        ("file-name", "2026-11-16T08:30:13"),
        ("file-modified", "2026-11-16T00:40:15Z"),
    }
    for stated in found.start_times:
        datetime.fromisoformat(stated.value)
    assert [(p.latitude, p.longitude, p.altitude) for p in found.places] == [(34.7466, 113.6254, 104.5)]
    assert found.device.make == "中原"
    assert found.device.model == "DSJ -4K 9"
    assert found.name.officer_number == "010237"


def test_where_the_index_stands(recording):
    assert describe(recording("plain.mp4"), "a.mp4").index_at_end
    assert not describe(recording("front.mp4"), "a.mp4").index_at_end


def test_fields_are_noticed(recording):
    found = describe(recording("woven.mts"), "00001.MTS")
    assert found.video is not None
    assert found.video.interlaced


def test_photo(recording):
    found = describe(recording("turned.jpg"), "turned.jpg")
    assert (found.kind, found.width, found.height, found.orientation) == ("photo", 640, 360, 90)
    assert {(t.origin, t.value) for t in found.start_times} == {
        ("exif-original", "2026-11-16T09:40:10+08:00"),
        ("exif-modified", "2026-11-16T09:41:00"),
        ("exif-gps", "2026-11-16T01:38:34Z"),
    }
    place = found.places[0]
    assert (place.latitude, place.longitude) == (pytest.approx(-34.746667), pytest.approx(-113.625))
    assert place.altitude == -12.5
    assert (found.device.make, found.device.serial) == ("Zhongyuan", "SN-77")
    assert found.warnings == ()


def test_corrupt_exif_is_told_and_the_rest_read(recording, tmp_path):
    data = bytearray(recording("photo.jpg").read_bytes())
    at = data.find(b"Exif\0\0") + 6
    directory = at + int.from_bytes(data[at + 4 : at + 8], "little" if data[at] == 0x49 else "big")
    data[directory] = data[directory + 1] = 0x7F  # thousands of entries that are not there
    bad = tmp_path / "bad.jpg"
    bad.write_bytes(data)
    found = describe(bad, "bad.jpg")
    assert (found.width, found.height) == (640, 360)
    assert "corrupt-exif" in codes(found)


def codes(found):
    return {w.code for w in found.warnings}


def test_empty_file(tmp_path):
    path = tmp_path / "a.mp4"
    path.touch()
    assert codes(describe(path, "a.mp4")) == {"empty"}


def test_missing_index(recording, tmp_path):
    data = recording("plain.mp4").read_bytes()
    path = tmp_path / "a.mp4"
    path.write_bytes(data[: data.rindex(b"moov") - 200])
    found = describe(path, "a.mp4")
    assert found.kind == "video"
    assert codes(found) == {"no-index"}


def test_index_in_front_and_media_cut(recording, tmp_path):
    data = recording("front.mp4").read_bytes()
    path = tmp_path / "a.mp4"
    path.write_bytes(data[: len(data) * 6 // 10])
    found = describe(path, "a.mp4")
    assert codes(found) == {"truncated"}
    assert found.seconds_source == "counted"
    assert found.header_seconds == pytest.approx(3.0, abs=0.1)
    assert 0.3 < found.seconds < 2.6


@pytest.mark.parametrize("name", ["matroska.mkv", "mpeg4.avi", "voice.wav", "fragments.mp4"])
def test_cut_short(recording, tmp_path, name):
    data = recording(name).read_bytes()
    path = tmp_path / name
    path.write_bytes(data[: len(data) // 2])
    found = describe(path, name)
    assert found.seconds is not None
    assert 0.3 < found.seconds < 2.6
    assert found.seconds_source == "counted"
    assert name == "fragments.mp4" or "truncated" in codes(found)


def test_photo_cut_short(recording, tmp_path):
    data = recording("photo.jpg").read_bytes()
    path = tmp_path / "a.jpg"
    path.write_bytes(data[: len(data) * 2 // 3])
    found = describe(path, "a.jpg")
    assert (found.width, found.height) == (640, 360)
    assert codes(found) & {"truncated", "undecodable"}


def test_a_wav_whose_header_was_never_finished(recording, tmp_path):
    data = bytearray(recording("voice.wav").read_bytes())
    at = data.index(b"data") + 4
    data[4:8] = data[at : at + 4] = b"\xff\xff\xff\xff"
    path = tmp_path / "a.wav"
    path.write_bytes(data)
    found = describe(path, "a.wav")
    assert found.seconds == pytest.approx(3.0, abs=0.1)


def test_the_names_ending_is_not_believed(recording, tmp_path):
    path = tmp_path / "photo.jpg"
    shutil.copy(recording("voice.wav"), path)
    found = describe(path, "photo.jpg")
    assert found.kind == "audio"
    assert codes(found) == {"extension-differs"}


def test_a_playlist_opens_nothing(tmp_path):
    secret = tmp_path / "secret.txt"
    secret.write_text("secret", encoding="utf-8")
    trap = tmp_path / "a.mp4"
    trap.write_text(f"ffconcat version 1.0\nfile '{secret}'\n", encoding="utf-8")
    assert describe(trap, "a.mp4").kind == "document"
    trap.write_text(f"#EXTM3U\n#EXTINF:1,\nfile://{secret}\n", encoding="utf-8")
    found = describe(trap, "a.mp4")
    assert (found.kind, found.streams) == ("document", ())


def test_a_reader_beyond_its_limits_leaves_the_signature(recording):
    found = describe(recording("plain.mp4"), "a.mp4", limits=Limits(wall=0.02))
    assert (found.kind, found.container) == ("video", "mp4")
    assert codes(found) == {"parser-ended", "unreadable"}


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(FileNotFoundError):
        describe(tmp_path / "none.mp4", "none.mp4")


def test_the_layer_of_mpeg_sound_is_what_the_sound_says(recording, tmp_path):
    """MP4 has one mark for all layers; Chromium stands still on a film whose sound is of the second."""
    for encoder, codec, how in (("mp2", "mp2", "remux"), ("libmp3lame", "mp3", "original")):
        path = tmp_path / f"{codec}.mp4"
        command = [
            binary(),
            "-v",
            "error",
            "-i",
            str(recording("plain.mp4")),
            "-c:v",
            "copy",
            "-c:a",
            encoder,
            str(path),
        ]
        subprocess.run(command, check=True, timeout=60)
        found = describe(path, path.name)
        assert found.audio.codec == codec
        assert how_to_show(found).how == how


@pytest.mark.parametrize("kind", ["png", "webp"])
def test_a_photo_without_exif_is_not_called_broken(tmp_path, kind):
    path = tmp_path / f"a.{kind}"
    Image.new("RGB", (64, 48), "teal").save(path)
    assert codes(describe(path, path.name)) == set()
