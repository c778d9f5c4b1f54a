"""A bureau's own profiles: used beside the shipped ones; a bad file is named with its place, the others go on."""

from __future__ import annotations

import pytest

from ingest.profiles.loading import SHIPPED, BadProfile, load_profiles, read_profile
from ingest.profiles.naming import parse

GOOD = """
name = "own"
title = "Ours"
title_zh = "自定义"
folders = ["REC"]
examples = ["REC/010237_20261116083015.MP4"]
[[forms]]
name = "only"
path = "REC/{officer}_%Y%m%d%H%M%S.{ending}"
"""


def test_every_shipped_file_is_usable_and_bears_its_name():
    for file in SHIPPED.glob("*.toml"):
        profile = read_profile(file)
        assert not isinstance(profile, BadProfile), str(profile)
        assert profile.name == file.stem
    assert len(list(SHIPPED.glob("*.toml"))) == len(load_profiles().usable) >= 10


def test_own_profiles_stand_beside_and_before_the_shipped(tmp_path):
    (tmp_path / "own.toml").write_text(GOOD)
    (tmp_path / "dcf.toml").write_text(GOOD.replace('"own"', '"dcf"'))
    (tmp_path / "notes.txt").write_text("not a profile")
    found = load_profiles(tmp_path)
    assert not found.bad
    assert parse(found.usable["own"], b"REC/010237_20261116083015.MP4").officer_number == "010237"
    assert found.usable["dcf"].table.title == "Ours"
    assert "gopro" in found.usable
    assert load_profiles().usable["dcf"].table.title != "Ours"


@pytest.mark.parametrize(
    ("change", "where", "what"),
    [
        (("name = ", "name : "), "TOML", "line 2"),
        (('name = "own"\n', ""), "name", "required"),
        (('title = "Ours"', 'title = "Ours"\ncolour = "red"'), "colour", "not permitted"),
        (("REC/{officer}_%Y", "REC/{officer_%Y"), "forms[0].path", "neither a field nor"),
        (("{officer}_%Y", "{who}_%Y"), "forms[0].path", "'{who}' is not described"),
        (("{officer}_%Y", "{officer}%Y"), "forms[0].path", "where '{officer}' ends"),
        (("%H%M%S", "%H%S"), "forms[0].path", "a time is"),
        (("%H%M%S", "%H%M%S%q"), "forms[0].path", "no part of the time"),
        (("%H%M%S.", "%H%M%S_{sequence}."), "forms[0].path", "says no width"),
        (("{officer}_%Y", "[{officer}_%Y"), "forms[0].path", "never closed"),
        (("{officer}_%Y", "{officer}_{officer}_%Y"), "forms[0].path", "stands there twice"),
        (('{ending}"', '{ending}"\nrow = ["recorder"]'), "forms[0].row", "does not stand in the name"),
        (('{ending}"', '{ending}"\npart = 1'), "forms[0].chain", "must be said"),
        (("{officer}_%Y", "{officer}\\n%Y"), "forms[0].path", "pattern"),
        (('folders = ["REC"]', 'folders = ["VID"]'), "examples[0]", "none of the folders"),
        (("REC/010237_20261116083015.MP4", "REC/x.MP4"), "examples[0]", "fits none"),
        (("[[forms]]", "[fields]\nyear = { digits = [4, 4] }\n[[forms]]"), "fields.year", "of its own"),
        (("[[forms]]", '[fields]\nx = { digits = [4, 4], words = ["a"] }\n[[forms]]'), "fields.x", "one of"),
        (("[[forms]]", "[fields]\nx = { digits = [4, 900] }\n[[forms]]"), "fields.x.digits[1]", "64"),
    ],
)  # fmt: skip
def test_a_bad_file_is_named_with_the_place(tmp_path, change, where, what):
    old, new = change
    assert old in GOOD
    (tmp_path / "bad.toml").write_text(GOOD.replace(old, new))
    (tmp_path / "good.toml").write_text(GOOD)
    found = load_profiles(tmp_path)
    assert "own" in found.usable
    (bad,) = found.bad
    assert bad.file.name == "bad.toml"
    assert bad.where == where
    assert what in bad.what
    assert str(bad).startswith(str(tmp_path / "bad.toml"))


@pytest.mark.parametrize("content", [b"\xff\xfe", b"\0" * 10, b"x" * 300_000, b""])
def test_a_file_that_is_no_profile_at_all(tmp_path, content):
    (tmp_path / "bad.toml").write_bytes(content)
    (bad,) = load_profiles(tmp_path).bad
    assert bad.what


def test_two_own_profiles_of_one_name_and_a_folder_that_is_not_there(tmp_path):
    (tmp_path / "a.toml").write_text(GOOD)
    (tmp_path / "b.toml").write_text(GOOD)
    (bad,) = load_profiles(tmp_path).bad
    assert (bad.file.name, bad.where) == ("b.toml", "name")
    missing = load_profiles(tmp_path / "none")
    assert missing.bad[0].where == "folder"
    assert "dcf" in missing.usable
