from uuid import UUID

import pytest

from storage.keys import clip_of, original_key, rendition_key

CLIP = UUID("01920000-0000-7000-8000-000000000001")
SHA = "0123456789abcdef" * 4


def test_keys_name_the_clip_and_nothing_else():
    assert original_key(CLIP) == f"originals/{CLIP}"
    assert rendition_key(CLIP, "poster.jpg", SHA) == f"renditions/{CLIP}/poster.jpg-{SHA[:32]}"
    assert rendition_key(CLIP, "poster.jpg", SHA) != rendition_key(CLIP, "poster.jpg", SHA[::-1])
    assert clip_of(original_key(CLIP)) == CLIP
    assert clip_of(rendition_key(CLIP, "poster.jpg", SHA)) is None
    assert clip_of("originals/nonsense") is None


@pytest.mark.parametrize("kind", ["", "../x", "a/b", "a..b", "Ä", "x" * 65])
def test_a_rendition_cannot_leave_its_folder(kind):
    with pytest.raises(ValueError, match="rendition"):
        rendition_key(CLIP, kind, SHA)


def test_an_original_needs_a_clip_id():
    with pytest.raises(ValueError, match="UUID"):
        original_key("../../etc")
