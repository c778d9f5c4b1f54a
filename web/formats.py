"""Times, sizes and durations as people read them. Pure, apart from asking which language is wanted."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta, tzinfo
from zoneinfo import ZoneInfo

from flask import current_app

from web.speech import _


def zone() -> tzinfo:
    """Answer the bureau's time zone."""
    return ZoneInfo(current_app.extensions["liuhen"].settings.time_zone)


def local(moment: datetime) -> datetime:
    """Answer a moment in the bureau's time zone."""
    return moment.astimezone(zone())


def moment(value: datetime | None, *, seconds: bool = False) -> str:
    """Answer `2026-11-23 18:31`, with seconds if asked; a dash for None."""
    if value is None:
        return "—"
    return local(value).strftime("%Y-%m-%d %H:%M:%S" if seconds else "%Y-%m-%d %H:%M")


def clock(value: datetime | None, *, seconds: bool = False) -> str:
    """Answer the time of day alone."""
    return "—" if value is None else local(value).strftime("%H:%M:%S" if seconds else "%H:%M")


def day(value: datetime | None) -> str:
    """Answer the day alone."""
    return "—" if value is None else local(value).strftime("%Y-%m-%d")


def last_day(value: datetime | None) -> str:
    """Answer the last day of a span that ends with the beginning of another."""
    return "—" if value is None else day(value - timedelta(microseconds=1))


def midnight(now: datetime) -> datetime:
    """Answer when the bureau's day began."""
    return datetime.combine(local(now).date(), time(), zone())


def day_range(start: str, end: str) -> tuple[datetime | None, datetime | None]:
    """Answer the moments from the start of one day to the end of another; what is no date counts as not given.

    Days given the wrong way round are put in order: nobody means an empty range.
    """
    first, last = _date(start), _date(end)
    if first and last and last < first:
        first, last = last, first
    return (
        datetime.combine(first, time(), zone()) if first else None,
        datetime.combine(last + timedelta(days=1), time(), zone()) if last else None,
    )


def month_range(year: int, month: int | None) -> tuple[datetime, datetime]:
    """Answer from when until before when a month of the bureau's calendar lasts, or the whole year."""
    first = date(year, month or 1, 1)
    last = date(year + 1, 1, 1) if month in {None, 12} else date(year, (month or 0) + 1, 1)
    return datetime.combine(first, time(), zone()), datetime.combine(last, time(), zone())


def _date(text: str) -> date | None:
    try:
        found = date.fromisoformat(text)
    except ValueError:
        return None
    return found if date(1990, 1, 1) <= found <= date(9000, 1, 1) else None


def size(count: int | None) -> str:
    """Answer bytes in the unit that fits, decimal as on memory cards: `7.4 GB`."""
    if count is None:
        return "—"
    number = float(count)
    for unit in ("B", "kB", "MB", "GB"):
        if number < 1000 or unit == "GB":
            return f"{number:.0f} {unit}" if unit == "B" or number >= 100 else f"{number:.1f} {unit}"
        number /= 1000
    raise AssertionError  # pragma: no cover - the loop answers


def later(value: datetime, seconds: float) -> datetime:
    """Answer the moment so many seconds after another."""
    return value + timedelta(seconds=seconds)


def duration(seconds: float | None) -> str:
    """Answer `34:28` or `1:02:03`; a dash for None."""
    if seconds is None:
        return "—"
    whole = max(0, round(seconds))
    hours, rest = divmod(whole, 3600)
    return f"{hours}:{rest // 60:02}:{rest % 60:02}" if hours else f"{rest // 60:02}:{rest % 60:02}"


def time_code(seconds: float | None) -> str:
    """Answer a place in a recording: `00:02:10`, with tenths where there are any."""
    if seconds is None:
        return ""
    tenths = round(seconds * 10)
    whole, rest = divmod(tenths, 10)
    text = f"{whole // 3600:02}:{whole % 3600 // 60:02}:{whole % 60:02}"
    return f"{text}.{rest}" if rest else text


def exact_time_code(seconds: float | None) -> str:
    """Answer a place in a recording to the millisecond, as for paper: `00:02:10.480`."""
    if seconds is None:
        return ""
    whole, rest = divmod(round(seconds * 1000), 1000)
    return f"{whole // 3600:02}:{whole % 3600 // 60:02}:{whole % 60:02}.{rest:03}"


def apart(seconds: float) -> str:
    """Answer by how much one time lies after another, with its sign: `+12 s`, `−8:00:00`."""
    whole = abs(round(seconds))
    if whole < 120:
        text = f"{whole} s"
    elif whole < 172_800:
        text = f"{whole // 3600}:{whole % 3600 // 60:02}:{whole % 60:02}"
    else:
        text = _("%(n)s days", n=round(whole / 86_400))
    return text if not whole else f"{'+' if seconds > 0 else '−'}{text}"


def read_time_code(text: str) -> float | None:
    """Answer the seconds of `hh:mm:ss.s`, `mm:ss` or plain seconds; None for nothing. Raises ValueError."""
    text = text.strip().replace("：", ":")
    if not text:
        return None
    parts = text.split(":")
    if len(parts) > 3 or not all(p.strip().replace(".", "", 1).isdigit() and p.isascii() for p in parts):
        raise ValueError(text)
    seconds = 0.0
    for part in parts:
        seconds = seconds * 60 + float(part)
    return seconds


def read_moment(text: str) -> datetime | None:
    """Answer the moment of `2026-11-23T09:30` in the bureau's time zone; None for nothing. Raises ValueError."""
    text = text.strip()
    if not text:
        return None
    found = datetime.fromisoformat(text)
    if found.tzinfo is not None or not 1990 <= found.year <= 9000:
        raise ValueError(text)
    return found.replace(tzinfo=zone())


def field_moment(value: datetime | None) -> str:
    """Answer a moment as a field for a date and a time holds it."""
    return "" if value is None else local(value).strftime("%Y-%m-%dT%H:%M")


def about(seconds: float | None) -> str:
    """Answer roughly how long something will take."""
    if seconds is None:
        return ""
    if seconds < 10:
        return _("a few seconds left")
    if seconds < 90:
        return _("about %(n)s s left", n=round(seconds / 10) * 10)
    if seconds < 5400:
        return _("about %(n)s min left", n=round(seconds / 60))
    return _("about %(n)s h left", n=round(seconds / 3600))


def lasting(delta: timedelta) -> str:
    """Answer how long something has lasted, in the unit that fits."""
    seconds = delta.total_seconds()
    if seconds < 120:
        return _("%(n)s s", n=max(0, round(seconds)))
    if seconds < 7200:
        return _("%(n)s min", n=round(seconds / 60))
    if seconds < 172_800:
        return _("%(n)s h", n=round(seconds / 3600))
    return _("%(n)s days", n=round(seconds / 86_400))


def span(seconds: float | None) -> str:
    """Answer roughly how long work takes, in the unit that fits."""
    return "—" if seconds is None else lasting(timedelta(seconds=seconds))


def digest(value: str | None) -> str:
    """Answer a long digest in groups of four for the eye: `9f2c 41d0 … 77ae`."""
    if not value:
        return "—"
    return f"{value[:4]} {value[4:8]} … {value[-4:]}" if len(value) > 16 else value


FILTERS = {
    "moment": moment,
    "clock": clock,
    "day": day,
    "last_day": last_day,
    "size": size,
    "duration": duration,
    "later": later,
    "time_code": time_code,
    "exact_time_code": exact_time_code,
    "apart": apart,
    "about": about,
    "lasting": lasting,
    "span": span,
    "digest": digest,
    "field_moment": field_moment,
}
