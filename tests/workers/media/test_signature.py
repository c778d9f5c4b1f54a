import pytest

from workers.media.signature import UNKNOWN, signature, signature_of

CASES = {
    "plain.mp4": ("video", "mp4"), "plain.mov": ("video", "mov"), "phone.3gp": ("video", "3gp"),
    "voice.m4a": ("audio", "m4a"), "matroska.mkv": ("video", "mkv"), "web.webm": ("video", "webm"),
    "mpeg4.avi": ("video", "avi"), "stream.ts": ("video", "mpegts"), "woven.mts": ("video", "mpegts"),
    "flash.flv": ("video", "flv"), "programme.mpg": ("video", "mpegps"), "voice.wav": ("audio", "wav"),
    "voice.mp3": ("audio", "mp3"), "voice.aac": ("audio", "aac"), "voice.amr": ("audio", "amr"),
    "voice.flac": ("audio", "flac"), "photo.jpg": ("photo", "jpeg"), "photo.png": ("photo", "png"),
    "photo.tif": ("photo", "tiff"),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_content_decides(recording, tmp_path, name):
    disguised = tmp_path / "evidence.pdf"
    disguised.write_bytes(recording(name).read_bytes())
    mark = signature(disguised)
    assert (mark.kind, mark.container) == CASES[name]


@pytest.mark.parametrize(
    ("head", "kind", "container"),
    [
        (b"", "unknown", ""),
        (b"\0" * 4096, "unknown", ""),
        (b"\x89\x12\x99\x7f\xfe\x01" * 50, "unknown", ""),
        (b"%PDF-1.7\n", "document", "pdf"),
        ("现场检查笔录\n".encode(), "document", "text"),
        ("现场检查笔录\n".encode("gb18030") * 400, "document", "text"),
        (b"PK\x03\x04" + b"\0" * 26 + b"OFD.xml", "document", "ofd"),
        (b"PK\x03\x04" + b"\0" * 26 + b"thing.bin", "unknown", "zip"),
        (b"IMKH\x01\x01\0\0", "video", "mpegps"),
        (b"DHAV\xfd\0", "video", "dhav"),
        (b"\0\0\0\x18ftypheic\0\0\0\0", "photo", "heic"),
        (b"\0\0\0\x18moov\0\0\0\0", "video", "mov"),
        (b"\0\0\0\x01\x67\x42\0\x1e", "video", "h264"),
        (b"\0\0\0\x01\x40\x01\x0c\x01", "video", "hevc"),
    ],
)
def test_first_bytes(head, kind, container):
    mark = signature_of(head)
    assert (mark.kind, mark.container) == (kind, container)


def test_nothing_known_is_one_answer():
    assert signature_of(b"\0") == UNKNOWN
