"""Camera originals, where a folder of them lies beside the repository."""

import pytest
from PIL import Image, ImageStat

from workers.media.describe import describe
from workers.media.playable import how_to_show
from workers.media.render import render

TABLE = {
    "actioncam-h265-aac.mp4": ("hevc", "aac", 5.0, "transcode", None),
    "canon-mjpeg-pcm.avi": ("mjpeg", "pcm_s16le", 2.6, "transcode", "Canon"),
    "gopro-h264-aac-gpmf.mp4": ("h264", "aac", 12.08, "original", "GoPro"),
    "iphone-h264-aac-gps.mov": ("h264", "aac", 4.0, "original", "Apple"),
    "phone-mpeg4-amr.3gp": ("mpeg4", "amr_nb", 4.93, "transcode", None),
    "sony-avchd-ac3.mts": ("h264", "ac3", 0.54, "transcode", None),
    "voice-amr-nb.amr": (None, "amr_nb", 4.36, "audio", None),
    "nikon-gps.jpg": (None, None, None, "original", "NIKON"),
    "corrupt-exif.jpg": (None, None, None, "original", "OnePlus"),
}


@pytest.mark.parametrize("name", TABLE)
def test_described_and_rendered(real_media, tmp_path, name):
    film, sound, seconds, how, make = TABLE[name]
    path = real_media / name
    if not path.exists():
        pytest.skip(f"{name} is not there")
    found = describe(path, name)
    assert (found.video.codec if found.video else None) == film
    assert (found.audio.codec if found.audio else None) == sound
    assert found.seconds == (pytest.approx(seconds, abs=0.1) if seconds else None)
    assert how_to_show(found).how == how
    assert found.device.make == (make or "")
    rendered = render(path, found, tmp_path)
    assert rendered.failures == ()
    for each in rendered.renditions:
        assert each.complete
        if each.kind in ("poster", "preview") and min(each.width, each.height) > 16:
            with Image.open(each.path) as image:
                assert ImageStat.Stat(image.convert("L")).stddev[0] > 10


def test_places(real_media):
    phone = describe(real_media / "iphone-h264-aac-gps.mov", "a.mov")
    assert [(p.latitude, p.longitude) for p in phone.places] == [(32.0929, 34.862)]
    assert {t.value for t in phone.start_times} == {"2019-07-24T11:25:40+03:00", "2019-07-24T08:25:57Z"}
    camera = describe(real_media / "nikon-gps.jpg", "a.jpg")
    assert camera.places[0].latitude == pytest.approx(43.46745, abs=1e-4)
    assert "corrupt-exif" in {w.code for w in describe(real_media / "corrupt-exif.jpg", "a.jpg").warnings}
