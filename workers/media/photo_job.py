"""Upright preview and list picture of a photo. Runs inside the sandboxed child."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

from PIL import Image, ImageFile, ImageOps

from workers.media.photo_describe import open_photo

PREVIEW = 1600
THUMB = 400
"""Pixels, the longer side at most."""
_TURN = {90: Image.Transpose.ROTATE_270, 180: Image.Transpose.ROTATE_180, 270: Image.Transpose.ROTATE_90}


def make_previews(path: str, container: str, folder: str, orientation: int) -> dict[str, Any]:
    """Write preview.jpg and thumb.jpg into `folder`; answer their sizes. Raises what Pillow raises."""
    logging.disable(logging.CRITICAL)
    ImageFile.LOAD_TRUNCATED_IMAGES = True  # what could be read of a damaged photo is shown, and marked so
    with open_photo(path, container) as photo:
        photo.draft("RGB", (PREVIEW, PREVIEW))
        whole = _upright(_plain(photo), photo, orientation)
        profile = photo.info.get("icc_profile")
    preview = _smaller(whole, PREVIEW)
    thumb = _smaller(preview, THUMB)
    extra: dict[str, Any] = (
        {"icc_profile": profile} if isinstance(profile, bytes) and len(profile) < 1 << 20 else {}
    )
    preview.save(Path(folder) / "preview.jpg", quality=85, progressive=True, **extra)
    thumb.save(Path(folder) / "thumb.jpg", quality=82, **extra)
    return {"preview": preview.size, "thumb": thumb.size}


def _plain(photo: Image.Image) -> Image.Image:
    """Eight-bit RGB; transparent parts white, deep greys scaled down."""
    if photo.mode in ("I", "I;16", "I;16B", "F"):
        grey = photo.convert("F")
        low, high = grey.getextrema()
        assert isinstance(low, float)  # noqa: S101 - one band
        assert isinstance(high, float)  # noqa: S101
        return grey.point(lambda v: (v - low) * (255.0 / ((high - low) or 1.0))).convert("L").convert("RGB")
    if photo.mode in ("RGBA", "LA", "PA") or "transparency" in photo.info:
        layered = photo.convert("RGBA")
        ground = Image.new("RGB", layered.size, "white")
        ground.paste(layered, mask=layered.getchannel("A"))
        return ground
    return photo.convert("RGB")


def _upright(plain: Image.Image, photo: Image.Image, orientation: int) -> Image.Image:
    try:
        code = photo.getexif().get(0x0112)
    except Exception:  # noqa: BLE001 - broken EXIF raises many things; what exifread found stands in
        code = None
    if code in (2, 4, 5, 7):  # mirrored: a browser shows these mirrored back, and so do we
        plain.getexif()[0x0112] = code
        return ImageOps.exif_transpose(plain)
    return plain.transpose(_TURN[orientation]) if orientation in _TURN else plain


def _smaller(image: Image.Image, side: int) -> Image.Image:
    if max(image.size) <= side:
        return image
    copy = image.copy()
    copy.thumbnail((side, side), Image.Resampling.LANCZOS, reducing_gap=2.0)
    return copy
