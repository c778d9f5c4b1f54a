"""An address given out opens one version of one object, in one way, for a short time: everything else is refused by the storage."""

from __future__ import annotations

import io
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qsl, quote, urlencode, urlsplit, urlunsplit

import pytest
import urllib3
from minio import Minio
from sqlalchemy import select

from catalog import looking
from catalog.models import Clip, Copy
from tests.catalog import world
from tests.web.conftest import Site

BODY = b"the original of this clip"
OTHER = b"the original of another clip"


@dataclass
class Given:
    """An address as given out for saving an original, and what lies beside it."""

    url: str
    version: str
    older_version: str
    other_key: str
    key: str


def foreign(site: Site, key: str, body: bytes) -> str:
    """Write a version of an object past this product, and answer its id."""
    storage = site.components.settings.storage
    url, access = urlsplit(storage.endpoint_url), storage.access_key("everyday")
    client = Minio(
        url.netloc,
        access_key=access.access_key,
        secret_key=access.secret_key.get_secret_value(),
        secure=False,
        region=storage.region,
    )
    version = client.put_object(storage.evidence_bucket, key, io.BytesIO(body), len(body)).version_id
    assert version is not None
    return version


def stored(site: Site, *bodies: bytes) -> tuple[Clip, list[str]]:
    """Put a clip with these versions there; its copy is the newest."""
    here = site.components
    until = datetime.now(UTC).replace(microsecond=0) + timedelta(minutes=5)
    with site.database.write() as session:
        clip = world.add_clip(session, datetime.now(UTC), "现场.MP4", shown_as="")
        key = f"originals/{clip.id}"
        # Everything we write is written once; another version of a key comes from elsewhere.
        versions = [foreign(site, key, body) for body in bodies[:-1]]
        if versions:
            versions.append(foreign(site, key, bodies[-1]))
        else:
            versions.append(here.evidence.put_locked(key, bodies[-1], lock_until=until, metadata={}))
        copy = session.scalars(select(Copy).where(Copy.clip_id == clip.id)).one()
        copy.bucket, copy.key, copy.version = here.evidence.bucket, key, versions[-1]
        session.flush()
        session.refresh(clip)
        assert clip.copies
        return clip, versions


@pytest.fixture
def given(site: Site) -> Given:
    clip, versions = stored(site, b"an older version", BODY)
    other, _ = stored(site, OTHER)
    issued = looking.original_address(site.components.evidence, clip)
    return Given(issued.url, versions[1], versions[0], f"originals/{other.id}", f"originals/{clip.id}")


def changed(url: str, drop: str = "", **query: str) -> str:
    """Answer the address with other parameters; what begins with `drop` is left out."""
    parts = urlsplit(url)
    pairs = dict(parse_qsl(parts.query, keep_blank_values=True))
    pairs = {name: value for name, value in pairs.items() if not drop or not name.startswith(drop)}
    pairs |= {name.replace("_", "-"): value for name, value in query.items()}
    return urlunsplit(parts._replace(query=urlencode(pairs, quote_via=quote)))


def asked(url: str, method: str = "GET", body: bytes | None = None) -> tuple[int, bytes]:
    answer = urllib3.request(method, url, body=body, retries=False, timeout=10)
    return answer.status, answer.data


CHANGES: dict[str, Callable[[Given], tuple[str, str]]] = {
    "the older version": lambda g: ("GET", changed(g.url, versionId=g.older_version)),
    "no version": lambda g: ("GET", changed(g.url, drop="versionId")),
    "another clip": lambda g: ("GET", g.url.replace(g.key, g.other_key)),
    "the whole bucket": lambda g: ("GET", g.url.replace(f"/{g.key}", "")),
    "shown instead of saved": lambda g: ("GET", changed(g.url, response_content_disposition="inline")),
    "no disposition": lambda g: ("GET", changed(g.url, drop="response-content-disposition")),
    "served as a page": lambda g: ("GET", changed(g.url, response_content_type="text/html")),
    "one parameter more": lambda g: ("GET", changed(g.url, response_cache_control="public")),
    "its lock": lambda g: ("GET", changed(g.url, retention="")),
    "valid for longer": lambda g: ("GET", changed(g.url, X_Amz_Expires="604800")),
    "signed at another time": lambda g: ("GET", changed(g.url, X_Amz_Date="20300101T000000Z")),
    "another signature": lambda g: ("GET", changed(g.url, X_Amz_Signature="0" * 64)),
    "no signature": lambda g: ("GET", changed(g.url, drop="X-Amz-")),
    "written": lambda g: ("PUT", g.url),
    "deleted": lambda g: ("DELETE", g.url),
    "posted to": lambda g: ("POST", g.url),
    "its lock rewritten": lambda g: ("PUT", changed(g.url, retention="")),
    "its hold lifted": lambda g: ("PUT", changed(g.url, legal_hold="")),
}


def test_as_given_out_it_opens(given: Given) -> None:
    assert asked(given.url) == (200, BODY)


@pytest.mark.parametrize("change", CHANGES)
def test_changed_it_opens_nothing(given: Given, site: Site, change: str) -> None:
    method, url = CHANGES[change](given)
    status, body = asked(url, method, b"forged" if method in {"PUT", "POST"} else None)
    assert 400 <= status < 500, (status, body[:200])
    assert BODY not in body
    assert OTHER not in body
    assert b"older version" not in body
    facts = site.components.evidence.newest(given.key)
    assert facts is not None
    assert facts.version == given.version


def test_after_its_time_it_opens_nothing(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(looking, "DOWNLOAD_VALID", timedelta(seconds=1))
    clip, _ = stored(site, BODY)
    url = looking.original_address(site.components.evidence, clip).url
    assert asked(url) == (200, BODY)
    time.sleep(2.2)
    status, body = asked(url)
    assert status == 403
    assert BODY not in body
    status, body = asked(changed(url, X_Amz_Expires="900"))
    assert status == 403, "an old address is not made young again"


def test_a_derived_picture_is_bound_like_an_original(site: Site) -> None:
    here = site.components
    for name in ("one", "two"):
        here.derived.put(f"renditions/x/{name}", name.encode(), content_type="image/jpeg")
    url = here.derived.get_address(
        "renditions/x/one", version=None, valid=timedelta(minutes=1), disposition="inline",
        content_type="image/jpeg",
    ).url  # fmt: skip
    assert asked(url) == (200, b"one")
    for change in (
        url.replace("/x/one", "/x/two"),
        changed(url, response_content_type="text/html"),
        changed(url, drop="response-"),
    ):
        status, body = asked(change)
        assert 400 <= status < 500
        assert body not in {b"one", b"two"}
    assert asked(url, "DELETE")[0] == 403
    assert asked(url, "PUT", b"forged")[0] == 403
    assert asked(url) == (200, b"one")
