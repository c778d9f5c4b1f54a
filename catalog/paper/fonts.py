"""The typeface of printed documents: one with Chinese letters, embedded when the machine has one."""

from __future__ import annotations

import threading
from functools import cache
from pathlib import Path

from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfbase.ttfonts import TTFError, TTFont

PLACES = (
    "/usr/share/fonts/truetype/wqy/wqy-zenhei.ttc",
    "/usr/share/fonts/truetype/wqy/wqy-microhei.ttc",
    "/usr/share/fonts/wqy-zenhei/wqy-zenhei.ttc",
    "/usr/share/fonts/truetype/arphic/uming.ttc",
    "/usr/share/fonts/truetype/droid/DroidSansFallbackFull.ttf",
    "/usr/share/fonts/google-droid-sans-fonts/DroidSansFallbackFull.ttf",
)
"""Where Linux distributions put typefaces with TrueType outlines, the only ones that are embedded; Noto's have others."""
NOT_EMBEDDED = "STSong-Light"
"""Known by name to PDF readers with Chinese support: the text is there and can be copied, its shapes come from the reader."""
_one_at_a_time = threading.Lock()


@cache
def chinese_font(places: tuple[str, ...] = PLACES) -> str:
    """Answer the name of the typeface to set documents in, registered: the first of `places` that can be embedded.

    Falls back to NOT_EMBEDDED. Several threads may ask.
    """
    with _one_at_a_time:
        for place in places:
            if Path(place).is_file():
                name = Path(place).stem
                try:
                    pdfmetrics.registerFont(TTFont(name, place, subfontIndex=0))
                except (TTFError, OSError):
                    continue
                return name
        pdfmetrics.registerFont(UnicodeCIDFont(NOT_EMBEDDED))
        return NOT_EMBEDDED
