"""Names are read and written back without loss, by every shipped profile; nothing makes reading raise."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from ingest.profiles.naming import parse, print_name, with_attribute, without_attribute
from ingest.protocol import NameFacts
from tests.ingest.profiles.names import SHIPPED, written

EVERY = pytest.mark.parametrize("profile", SHIPPED.values(), ids=SHIPPED)


@EVERY
@given(data=st.data())
def test_what_was_read_is_written_back(profile, data):
    _form, values, name = data.draw(written(profile))
    facts = parse(profile, name.encode())
    if facts is None:  # only a part's number that this recorder would not have written
        assert profile.table.bare_part is not None
        assert int(values["part"]) == profile.table.bare_part
        return
    assert print_name(profile, facts) == name.encode()
    assert parse(profile, print_name(profile, facts)) == facts


@EVERY
@given(data=st.data())
def test_each_fact_stands_where_the_name_has_it(profile, data):
    form, values, name = data.draw(written(profile))
    facts = parse(profile, name.encode())
    if facts is None or facts.form != form.name:
        return
    assert facts.profile == profile.name
    assert facts.recorder_number == values.get("recorder", "")
    assert facts.officer_number == values.get("officer", "")
    assert facts.sequence == (int(values["sequence"]) if "sequence" in values else None)
    if "part" in values:
        assert facts.part == int(values["part"])
    assert facts.important == (form.important or "mark" in values)
    if "second" in values:
        digits = "".join(c for c in facts.recorded_at if c.isdigit())
        assert digits[2:] == values["year"][-2:] + "".join(
            values[p] for p in ("month", "day", "hour", "minute", "second")
        )


@EVERY
@given(data=st.data())
def test_parts_of_a_recording_share_their_chain_and_others_do_not(profile, data):
    form, values, name = data.draw(written(profile))
    facts = parse(profile, name.encode())
    if facts is None or facts.form != form.name or "part" not in values:
        return
    from ingest.profiles.template import write  # noqa: PLC0415

    other = str((facts.part or 0) % 7 + 2).zfill(len(values["part"]))
    sibling = parse(profile, write(form.items, {**values, "part": other}).encode())
    assert sibling is not None
    assert sibling.chain == facts.chain != ""
    if facts.sequence is not None:
        stranger = write(
            form.items, {**values, "sequence": str(facts.sequence ^ 1).zfill(len(values["sequence"]))}
        )
        assert parse(profile, stranger.encode()).chain != facts.chain


@EVERY
@given(data=st.data())
def test_no_bytes_make_it_raise(profile, data):
    name = data.draw(
        st.one_of(st.binary(max_size=80), st.text(max_size=80).map(lambda t: t.encode("utf-8", "replace")))
    )
    facts = parse(profile, name)
    if facts is not None:
        assert print_name(profile, facts) == name


@EVERY
@given(data=st.data())
def test_a_name_with_one_byte_changed_is_read_true_or_not_at_all(profile, data):
    _, _, name = data.draw(written(profile))
    raw = bytearray(name.encode())
    raw[data.draw(st.integers(0, len(raw) - 1))] = data.draw(st.integers(0, 255))
    facts = parse(profile, bytes(raw))
    if facts is not None:
        assert print_name(profile, facts) == bytes(raw)


@pytest.mark.parametrize(
    ("profile", "path"),
    [
        ("zhifa-dcim", b"DCIM/100MEDIA/DSJ0412_010237_20261332083015_0001.MP4"),  # no such day
        ("zhifa-dcim", b"DCIM/100MEDIA/DSJ0412_010237_20261116083015_0001.MP4/x"),
        (
            "zhifa-dcim",
            b"DCIM/100MEDIA/DSJ0412_010237_20261116083015_0001_01.MP4",
        ),  # the first bears no number
        ("zhifa-dcim", b"DCIM/100MEDIA/DSJ0412_010237_20261116083015_0001.MP4\n"),
        ("zhifa-dcim", "DCIM/100MEDIA/DSJ0412_010237_２０261116083015_0001.MP4".encode()),  # wide digits
        ("zhifa-dcim", b"DCIM/100MEDIA/DSJ0412_\xff10237_20261116083015_0001.MP4"),
        ("loop-camera", b"DCIM/MOVIE/2026_1116_143012_0007.MP4"),  # three digits are enough for 7
        ("dcf", b"DCIM/100CANON/" + b"A" * 5000),
    ],
)
def test_what_does_not_fit(profile, path):
    assert parse(SHIPPED[profile], path) is None


def test_parts_of_old_gopros_begin_with_a_name_without_number():
    profile = SHIPPED["gopro-hero5"]
    first = parse(profile, b"DCIM/100GOPRO/GOPR1234.MP4")
    second = parse(profile, b"DCIM/100GOPRO/GP011234.MP4")
    assert first.chain == second.chain
    assert (first.part, second.part, first.first_part) == (0, 1, 0)


def test_an_attribute_marks_a_file_and_its_name_stays_what_it_is():
    profile = SHIPPED["dcf"]
    plain = parse(profile, b"DCIM/100CANON/IMG_0001.JPG")
    marked = with_attribute(plain)
    assert marked.important
    assert not plain.important
    assert print_name(profile, marked) == b"DCIM/100CANON/IMG_0001.JPG"
    assert without_attribute(marked) == plain
    by_name = parse(SHIPPED["zhifa-dcim"], b"DCIM/100MEDIA/DSJ0412_010237_20261116083015_0001_IMP.MP4")
    assert with_attribute(by_name) == by_name


@pytest.mark.parametrize(
    "facts",
    [
        NameFacts(profile="dcf"),
        NameFacts(profile="other", form="name"),
        NameFacts(profile="dcf", form="name", sequence=1),
        NameFacts(profile="dcf", form="name", sequence=123456, rest={"card": "100", "maker": "CANON", "prefix": "IMG_", "ending": "JPG"}),
        NameFacts(profile="dcf", form="name", sequence=1, rest={"card": "100", "maker": "../..", "prefix": "IMG_", "ending": "JPG"}),
    ],
)  # fmt: skip
def test_facts_that_fit_no_name_are_refused(facts):
    with pytest.raises(ValueError):
        print_name(SHIPPED["dcf"], facts)


def test_the_sample_card_is_read_whole():
    from liuhen.samplecard.plan import plan_of  # noqa: PLC0415

    plan = plan_of(1.0, 1)
    for take in plan.takes:
        facts = parse(SHIPPED["zhifa-dcim"], take.path.encode())
        assert facts is not None, take.path
        assert (facts.recorder_number, facts.officer_number) == (plan.device, take.officer)
        assert facts.recorded_at == take.start.replace(tzinfo=None).isoformat()


@pytest.mark.parametrize(
    "values", [{"chain": "a\0"}, {"rest": {"a": "b\n"}}, {"sequence": 10**30}, {"officer_number": "\x7f"}]
)
def test_facts_that_no_name_bears_are_no_message(values):
    with pytest.raises(ValidationError):
        NameFacts(profile="p", **values)
