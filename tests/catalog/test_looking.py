"""Addresses for looking: each is in the log, bound to what it may do, and harmless whatever a file is called."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime
from urllib.parse import parse_qs, urlsplit

import pytest
from sqlalchemy import select

from catalog.actors import system
from catalog.clips import view_clip
from catalog.database import Database
from catalog.demo import seed
from catalog.looking import (
    NothingToShow,
    attachment_header,
    download_address,
    picture_addresses,
    play_addresses,
)
from catalog.models import Account, Clip, CustodyEntry
from catalog.people import person
from catalog.rules.giving_out import Reason
from storage.settings import StorageSettings
from storage.store import ObjectStore
from tests.catalog.world import add_clip, entries


@pytest.fixture
def stores(seaweed: StorageSettings) -> Iterator[tuple[ObjectStore, ObjectStore]]:
    pair = (ObjectStore(seaweed, seaweed.evidence_bucket), ObjectStore(seaweed, seaweed.derived_bucket))
    yield pair
    for store in pair:
        store.close()


def make(database: Database, now: datetime, **more: object) -> Clip:
    with database.write() as session:
        seed(session, now)
        clip = add_clip(session, now, "A.MP4", **more)  # type: ignore[arg-type]
    with database.read() as session:
        view = view_clip(session, clip.id)
    assert view is not None
    return view.clip


def query(url: str) -> dict[str, str]:
    return {k: v[0] for k, v in parse_qs(urlsplit(url).query).items()}


def test_playing_the_original_by_version(
    database: Database, now: datetime, stores: tuple[ObjectStore, ObjectStore]
) -> None:
    clip = make(database, now, facts={"mime": "video/mp4"}, renditions=("poster", "waveform"))
    with database.write() as session:
        found = play_addresses(session, *stores, actor=system("test"), clip=clip, now=now)
    assert set(found) == {"main", "poster", "waveform"}
    asked = query(found["main"].url)
    assert asked["versionId"] == "6715aa0968d5"
    assert asked["response-content-type"] == "video/mp4"
    assert asked["X-Amz-Expires"] == "900"
    with database.read() as session:
        record = json.loads(session.get_one(CustodyEntry, entries(session, "clip.played")[0]).record)
    assert record["facts"]["version"] == "6715aa0968d5"
    assert record["facts"]["what"] == "original"


def test_the_derived_copy_is_played_where_there_is_one(
    database: Database, now: datetime, stores: tuple[ObjectStore, ObjectStore]
) -> None:
    clip = make(database, now, shown_as="transcode", renditions=("player",))
    with database.write() as session:
        main = play_addresses(session, *stores, actor=system("test"), clip=clip, now=now)["main"]
    assert main.kind == "rendition"
    assert "/derived/renditions/" in main.url


def test_a_photo_shown_smaller_comes_with_its_original(
    database: Database, now: datetime, stores: tuple[ObjectStore, ObjectStore]
) -> None:
    clip = make(database, now, kind="photo", facts={"mime": "image/jpeg"}, renditions=("preview",))
    with database.write() as session:
        found = play_addresses(session, *stores, actor=system("test"), clip=clip, now=now)
    assert set(found) == {"main", "preview", "full"}
    assert found["main"].kind == "rendition"
    assert query(found["full"].url)["versionId"] == "6715aa0968d5"
    with database.read() as session:
        record = json.loads(session.get_one(CustodyEntry, entries(session, "clip.played")[0]).record)
    assert record["facts"]["what"] == "original", "whoever gets its address may see all of it"
    assert record["facts"]["version"] == "6715aa0968d5"


def test_a_photo_browsers_cannot_show_comes_as_its_copy_alone(
    database: Database, now: datetime, stores: tuple[ObjectStore, ObjectStore]
) -> None:
    clip = make(database, now, kind="photo", shown_as="image", renditions=("preview",))
    with database.write() as session:
        found = play_addresses(session, *stores, actor=system("test"), clip=clip, now=now)
    assert set(found) == {"main", "preview"}


def test_a_track_comes_with_the_film(
    database: Database, now: datetime, stores: tuple[ObjectStore, ObjectStore]
) -> None:
    clip = make(database, now, facts={"mime": "video/mp4"}, renditions=("track",))
    with database.write() as session:
        found = play_addresses(session, *stores, actor=system("test"), clip=clip, now=now)
    assert found["track"].content_type == "application/json"


@pytest.mark.parametrize(
    "mime", ["text/html", "image/svg+xml", "application/xhtml+xml", "video/mp4\r\nX: y", ""]
)
def test_an_original_is_never_served_as_something_a_browser_runs(
    database: Database, now: datetime, stores: tuple[ObjectStore, ObjectStore], mime: str
) -> None:
    clip = make(database, now, facts={"mime": mime})
    with database.write() as session:
        main = play_addresses(session, *stores, actor=system("test"), clip=clip, now=now)["main"]
    assert query(main.url)["response-content-type"] == "application/octet-stream"


def test_nothing_to_show_is_no_entry(
    database: Database, now: datetime, stores: tuple[ObjectStore, ObjectStore]
) -> None:
    clip = make(database, now, shown_as="none")
    with pytest.raises(NothingToShow), database.write() as session:
        play_addresses(session, *stores, actor=system("test"), clip=clip, now=now)
    with database.read() as session:
        assert entries(session, "clip.played") == []


def test_the_reason_of_a_download_is_kept_privately(
    database: Database, now: datetime, stores: tuple[ObjectStore, ObjectStore]
) -> None:
    clip = make(database, now)
    with database.write() as session:
        li = session.scalars(select(Account).where(Account.username == "li")).one()
        actor = person(li, None)
        session.get_one(Clip, clip.id).officer_id = li.officer_id
        clip.officer_id = li.officer_id
    with database.write() as session:
        issued = download_address(
            session, stores[0], actor=actor, clip=clip, reason=Reason("hand-over", "移送法制审核"), now=now
        )
    assert query(issued.url)["response-content-disposition"].startswith("attachment;")
    with database.read() as session:
        assert "移送" not in session.get_one(CustodyEntry, entries(session, "clip.downloaded")[0]).record


def test_a_page_of_pictures_is_one_entry(
    database: Database, now: datetime, stores: tuple[ObjectStore, ObjectStore]
) -> None:
    with database.write() as session:
        clips = [add_clip(session, now, f"{n}.JPG", kind="photo", renditions=("thumb",)) for n in range(3)]
        clips.append(add_clip(session, now, "none.JPG"))
        clips.append(add_clip(session, now, "large.JPG", kind="photo", renditions=("preview",)))
        clips.append(add_clip(session, now, "large.MP4", renditions=("poster",)))
    with database.read() as session:
        views = [view_clip(session, c.id) for c in clips]
    with database.write() as session:
        found = picture_addresses(
            session,
            stores[1],
            actor=system("test"),
            clips=[v.clip for v in views if v],
            where="clips",
            now=now,
        )
        assert set(found) == {clip.id for clip in clips[:3]}, "nothing larger stands in for a small picture"
        assert len(entries(session, "clip.pictures-listed")) == 1
        assert (
            picture_addresses(session, stores[1], actor=system("t"), clips=[], where="clips", now=now) == {}
        )
        assert len(entries(session, "clip.pictures-listed")) == 1


@pytest.mark.parametrize(
    "name",
    [
        'a"; filename="x.exe',
        "a\r\nSet-Cookie: x",
        "../../etc/passwd",
        "名字.mp4",
        "\u202egpj.exe",
        "",
        "a" * 999,
    ],
)
def test_no_name_breaks_out_of_the_header(name: str) -> None:
    header = attachment_header(name)
    assert header.isascii()
    assert "\n" not in header
    assert "\r" not in header
    assert header.count('"') == 2
    assert "/" not in header
    assert len(header) < 2000
