"""Pictures for the sample card, drawn with Pillow: a street, a yard, a lorry; and photos with EXIF."""

from __future__ import annotations

import io
from datetime import UTC, datetime
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

from liuhen.samplecard.plan import CLOCK_OFFSET, MODEL, VENDOR, Take

SIZE = (1280, 720)
_EXIF, _GPS = 0x8769, 0x8825


def font_file(folder: Path) -> Path:
    """Pillow's own TrueType font as a file: a fresh machine may have no font at all."""
    font = ImageFont.load_default(24)
    held = getattr(font, "path", None)
    font_bytes = held.getvalue() if isinstance(held, io.BytesIO) else b""
    if not font_bytes:
        raise RuntimeError("Pillow was built without FreeType: it has no font to write the time with")
    path = folder / "font.ttf"
    path.write_bytes(font_bytes)
    return path


def scene(number: int) -> Image.Image:
    """A street (even numbers) or a loading yard (odd ones), 1280 × 720."""
    return _street() if number % 2 == 0 else _yard()


def lorry(number: int) -> Image.Image:
    """A lorry with a transparent ground, to be moved across a scene."""
    image = Image.new("RGBA", (300, 150), (0, 0, 0, 0))
    draw = ImageDraw.Draw(image)
    colour = ((176, 58, 46), (31, 97, 141))[number % 2]
    draw.rounded_rectangle((0, 8, 205, 118), 6, fill=colour)
    draw.rectangle((12, 22, 193, 30), fill=(235, 235, 230))
    draw.rounded_rectangle((210, 40, 296, 118), 12, fill=(225, 225, 220))
    draw.polygon([(250, 50), (284, 50), (292, 84), (250, 84)], fill=(90, 130, 150))
    for x in (36, 92, 240):
        draw.ellipse((x, 98, x + 44, 142), fill=(28, 28, 30))
        draw.ellipse((x + 13, 111, x + 31, 129), fill=(150, 150, 150))
    return image


def _ground(top: tuple[int, int, int], bottom: tuple[int, int, int]) -> Image.Image:
    column = Image.new("RGB", (1, SIZE[1]))
    for y in range(SIZE[1]):
        part = y / SIZE[1]
        column.putpixel((0, y), tuple(round(a + (b - a) * part) for a, b in zip(top, bottom, strict=True)))
    return column.resize(SIZE)


def _street() -> Image.Image:
    image = _ground((142, 178, 205), (208, 214, 206))
    draw = ImageDraw.Draw(image)
    for x, height, shade in (
        (0, 240, 118),
        (130, 300, 132),
        (270, 210, 108),
        (880, 260, 122),
        (1040, 330, 136),
        (1180, 230, 112),
    ):
        draw.rectangle((x, 400 - height, x + 128, 400), fill=(shade, shade + 4, shade + 10))
        for wy in range(400 - height + 18, 384, 34):
            for wx in range(x + 14, x + 116, 30):
                draw.rectangle((wx, wy, wx + 16, wy + 18), fill=(shade + 62, shade + 66, shade + 60))
    draw.rectangle((0, 400, 1280, 440), fill=(120, 146, 104))
    draw.rectangle((0, 440, 1280, 720), fill=(92, 94, 97))
    for x in range(-40, 1280, 160):
        draw.polygon([(x + 20, 606), (x + 100, 606), (x + 90, 616), (x + 6, 616)], fill=(232, 230, 214))
    return image


def _yard() -> Image.Image:
    image = _ground((170, 172, 176), (150, 146, 138))
    draw = ImageDraw.Draw(image)
    draw.rectangle((60, 120, 1220, 430), fill=(148, 158, 166))
    draw.polygon([(40, 120), (640, 50), (1240, 120)], fill=(112, 78, 66))
    for number, x in enumerate(range(120, 1100, 250)):
        draw.rectangle((x, 210, x + 180, 430), fill=(84, 92, 98))
        for y in range(222, 430, 22):
            draw.line((x + 6, y, x + 174, y), fill=(104, 112, 118), width=3)
        draw.text((x + 74, 172), str(number + 1), fill=(40, 44, 48), font=ImageFont.load_default(32))
    draw.rectangle((0, 430, 1280, 720), fill=(128, 124, 118))
    for x in range(0, 1280, 220):
        draw.line((x, 720, x + 90, 470), fill=(214, 190, 80), width=5)
    return image


def save_photo(take: Take, path: Path, *, upright: bool) -> None:
    """Write a photo with EXIF; `upright` ones lie on their side in the file and say so (Orientation 6)."""
    image = scene(take.scene)
    truck = lorry(take.scene)
    image.paste(truck, (520, 470), truck)
    draw = ImageDraw.Draw(image)
    stamp = f"{take.device}  {take.officer}  {take.start:%Y-%m-%d %H:%M:%S}"
    if upright:
        image = image.crop((400, 0, 940, 720))
        draw = ImageDraw.Draw(image)
    draw.rectangle((0, 0, image.width, 44), fill=(24, 26, 30))
    draw.text((14, 9), stamp, fill="white", font=ImageFont.load_default(22))
    if upright:
        image = image.transpose(Image.Transpose.ROTATE_90)
    image.save(path, quality=90, exif=_exif(take, upright=upright))


def _exif(take: Take, *, upright: bool) -> Image.Exif:
    exif = Image.Exif()
    local = f"{take.start:%Y:%m:%d %H:%M:%S}"
    exif[0x010F], exif[0x0110], exif[0x0131] = VENDOR, MODEL, "V2.3.8"
    exif[0x0112], exif[0x0132] = 6 if upright else 1, local
    inner = exif.get_ifd(_EXIF)
    inner[0x9000], inner[0x9003], inner[0x9004] = b"0232", local, local
    inner[0x9011], inner[0xA431] = "+08:00", take.device
    if take.place is not None:
        gps = exif.get_ifd(_GPS)
        # Satellites know the time: this is where the recorder's own clock shows to be wrong.
        true = take.start.timestamp() - CLOCK_OFFSET
        gps[0] = b"\x02\x03\x00\x00"
        gps[1], gps[2] = "N", _angle(take.place[0])
        gps[3], gps[4] = "E", _angle(take.place[1])
        gps[5], gps[6] = b"\x00", 104.0
        seconds = int(true) % 86_400
        gps[7] = (float(seconds // 3600), float(seconds // 60 % 60), float(seconds % 60))
        gps[29] = f"{datetime.fromtimestamp(true, UTC):%Y:%m:%d}"
    return exif


def _angle(degrees: float) -> tuple[float, float, float]:
    minutes = (degrees - int(degrees)) * 60
    return float(int(degrees)), float(int(minutes)), round((minutes - int(minutes)) * 60, 4)
