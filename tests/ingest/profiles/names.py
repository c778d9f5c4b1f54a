"""Names as a profile's recorder would write them: the values of the fields, drawn at random, and the name."""

from __future__ import annotations

from datetime import datetime

from hypothesis import strategies as st

from ingest.profiles.loading import load_profiles
from ingest.profiles.profile import Form, Profile
from ingest.profiles.template import NUMBERS, Field, Maybe, fields_of, write

SHIPPED = load_profiles().usable
_FIRST, _LAST = datetime(2000, 1, 1), datetime(2099, 12, 31)  # noqa: DTZ001  a recorder names no zone
_TIMES = {"year": "%Y", "month": "%m", "day": "%d", "hour": "%H", "minute": "%M", "second": "%S"}


@st.composite
def written(draw: st.DrawFn, profile: Profile) -> tuple[Form, dict[str, str], str]:
    """Draw a form, the texts of its fields, and the name made of them."""
    form = draw(st.sampled_from(profile.forms))
    moment = draw(st.datetimes(_FIRST, _LAST))
    absent = {
        field.name
        for item in form.items
        if isinstance(item, Maybe) and not draw(st.booleans())
        for field in fields_of(item.items)
    }
    values = {}
    for field in fields_of(form.items):
        if field.name in absent or (field.name == "mark" and draw(st.booleans())):
            continue
        values[field.name] = draw(_text(field, moment))
    return form, values, write(form.items, values)


def _text(field: Field, moment: datetime) -> st.SearchStrategy[str]:
    if field.name in _TIMES:
        return st.just(moment.strftime(_TIMES[field.name])[-field.width :])
    charset = field.charset
    if field.name in NUMBERS:
        return st.integers(0, 10**charset.most - 1).map(lambda n: str(n).zfill(field.width))
    if charset.words:
        return st.sampled_from(charset.words)
    letters = "".join(sorted(charset.ascii)) + ("王建国李秀兰·" if charset.han else "")
    return st.text(letters, min_size=charset.least, max_size=charset.most)
