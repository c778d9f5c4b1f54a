"""A photo's size, soundness and EXIF. Runs inside the sandboxed child."""

from __future__ import annotations

import warnings
from dataclasses import asdict
from pathlib import Path
from typing import Any

import PIL
from PIL import Image, UnidentifiedImageError

from workers.media.boxes import stated_size
from workers.media.exif_facts import read_exif
from workers.media.exif_soundness import exif_faults
from workers.media.facts import Remark, warning
from workers.media.sanitise import clean

FORMATS = {
    "jpeg": ("JPEG",), "png": ("PNG",), "gif": ("GIF",), "tiff": ("TIFF",), "webp": ("WEBP",),
    "bmp": ("BMP",), "avif": ("AVIF",), "jp2": ("JPEG2000",),
}  # fmt: skip
"""Pillow's reader for each kind of photo; no other is given the chance."""
MAX_PIXELS = 200_000_000


def open_photo(path: str, container: str) -> Image.Image:
    """Open a photo without decoding it. Raises OSError, UnidentifiedImageError, KeyError for a kind Pillow lacks."""
    Image.MAX_IMAGE_PIXELS = MAX_PIXELS
    warnings.simplefilter("ignore", Image.DecompressionBombWarning)
    return Image.open(path, formats=FORMATS[container])


def describe_photo(path: str, container: str) -> dict[str, Any]:
    """Describe the photo; answers the fields of `Description` that could be found, as JSON values."""
    with Path(path).open("rb") as file:
        exif = read_exif(file)
        exif.faults += exif_faults(file)
    remarks: list[Remark] = []
    width = height = None
    if container in FORMATS:
        width, height = _size_and_soundness(path, container, remarks)
    elif container == "heic":
        width, height = stated_size(Path(path))
    if exif.faults:
        remarks.append(warning("corrupt-exif", "; ".join(exif.faults)[:300]))
    if exif.orientation in (90, 270):
        width, height = height, width
    return {
        "width": width,
        "height": height,
        "orientation": exif.orientation,
        "start_times": [asdict(t) for t in exif.times],
        "places": [asdict(p) for p in exif.places],
        "device": asdict(exif.device),
        "tags": exif.tags,
        "warnings": [asdict(r) for r in remarks],
        "tool": f"Pillow {PIL.__version__}, exifread",
    }


def _size_and_soundness(path: str, container: str, remarks: list[Remark]) -> tuple[int | None, int | None]:
    try:
        with open_photo(path, container) as photo:
            width, height = photo.size
            try:
                # A reduced decode still walks all the compressed data, so a photo cut short shows itself.
                photo.draft("RGB", (max(1, width // 8), max(1, height // 8)))
                photo.load()
            except (OSError, SyntaxError, ValueError, EOFError, IndexError) as error:
                remarks.append(
                    warning(
                        "truncated" if "trunc" in str(error).lower() else "undecodable", clean(error, 100)
                    )
                )
            return width, height
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        remarks.append(warning("unreadable", clean(error, 100)))
        return None, None
