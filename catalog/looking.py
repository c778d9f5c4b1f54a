"""Looking at clips: every address that is given out is in the custody log first.

Addresses are presigned for one object (an original always for one version), for one way of answering, and for a
short time. Lists of pictures are one entry for the whole page. Everything larger than a picture of a list leaves only
to somebody who looks by office or has stated a purpose (`catalog.purposes`), and its entry says which.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal
from urllib.parse import quote
from uuid import UUID

from sqlalchemy.orm import Session

from catalog.actors import Actor
from catalog.custody.log import add_entry
from catalog.custody.record import utc_text
from catalog.finding.visible import reached
from catalog.models import Clip, Copy, Rendition
from catalog.ports import ReadStore
from catalog.purposes.standing import Standing, need_standing
from catalog.rules.giving_out import Reason

PLAY_VALID = timedelta(minutes=15)
LIST_VALID = timedelta(minutes=15)
DOWNLOAD_VALID = timedelta(minutes=10)
HELPERS = ("poster", "preview", "sprite", "thumbnails", "track", "waveform", "frames")
"""Renditions a player shows beside the clip itself."""

OPENED = "application/pdf"
_SHOWABLE = re.compile(r"(video|audio)/[a-z0-9.+-]+|image/(jpeg|png|webp|gif|bmp)")


class NothingToShow(Exception):
    """There is no copy, or nothing a browser could show; the original may still be downloaded."""


@dataclass(frozen=True, slots=True)
class Issued:
    """An address as given out."""

    kind: Literal["original", "rendition"]
    url: str
    expires: datetime
    content_type: str
    version: str | None


def first_copy(clip: Clip) -> Copy | None:
    """Answer the copy to read from: one that was verified, else the oldest; never one that did not agree."""
    sound = [c for c in clip.copies if c.mismatched_at is None]
    copies = sorted(sound, key=lambda c: (c.verified_at is None, c.created_at))
    return copies[0] if copies else None


def play_addresses(
    session: Session, evidence: ReadStore, derived: ReadStore, *, actor: Actor, clip: Clip, now: datetime
) -> dict[str, Issued]:
    """Answer addresses for playing a clip: `main` and what there is of poster, waveform and the like. One entry.

    A photo that is shown smaller comes with its original as well (`full`), for whoever looks closer.

    Raises NothingToShow, CannotLook.
    """
    if clip.restricted:
        raise NothingToShow  # what is sealed is looked at with a purpose, one look at a time: `catalog.holds.reading`
    standing = need_standing(session, actor, clip, now)
    made = {r.kind: r for r in clip.renditions}
    issued = {kind: _rendition(derived, made[kind], valid=PLAY_VALID) for kind in HELPERS if kind in made}
    main = _main(evidence, derived, clip, made)
    if main is not None:
        issued["main"] = main
    if clip.kind == "photo" and main is not None and main.kind == "rendition":
        full = _original(evidence, clip)
        if full is not None:
            issued["full"] = full
    if not issued:
        raise NothingToShow
    _enter(session, actor, "clip.played", clip, issued, standing=standing, now=now)
    return issued


def download_address(
    session: Session, evidence: ReadStore, *, actor: Actor, clip: Clip, reason: Reason, now: datetime
) -> Issued:
    """Answer the address of the original for saving it; the reason is kept.

    Raises NothingToShow, CannotLook.
    """
    if clip.restricted:
        raise NothingToShow  # as with playing
    standing = need_standing(session, actor, clip, now)
    issued = _saved(evidence, clip)
    _enter(
        session,
        actor,
        "clip.downloaded",
        clip,
        {"main": issued},
        standing=standing,
        now=now,
        private=reason.private(),
    )
    return issued


def original_address(evidence: ReadStore, clip: Clip) -> Issued:
    """Answer the address of the original: for looking at where a browser shows it, for saving where not.

    Whoever asks enters it. Raises NothingToShow.
    """
    shown = _original(evidence, clip)
    return shown if shown is not None else _saved(evidence, clip)


def _saved(evidence: ReadStore, clip: Clip) -> Issued:
    """The original for saving. Raises NothingToShow."""
    copy = first_copy(clip)
    if copy is None:
        raise NothingToShow
    address = evidence.get_address(
        copy.key,
        version=copy.version,
        valid=DOWNLOAD_VALID,
        disposition=attachment_header(clip.name),
        content_type="application/octet-stream",
    )
    return Issued("original", address.url, address.expires, "application/octet-stream", copy.version)


def open_address(session: Session, evidence: ReadStore, *, actor: Actor, clip: Clip, now: datetime) -> Issued:
    """Answer the address at which a browser shows a document in its own viewer. Raises NothingToShow, CannotLook.

    Only what its content says is a PDF, served as that and nothing else, from the storage's address: none of our pages
    holds it, and nothing in it runs as one of ours.
    """
    copy = first_copy(clip)
    if clip.restricted or copy is None or not opens_in_browser(clip):
        raise NothingToShow
    standing = need_standing(session, actor, clip, now)
    address = evidence.get_address(
        copy.key, version=copy.version, valid=PLAY_VALID, disposition="inline", content_type=OPENED
    )
    issued = Issued("original", address.url, address.expires, OPENED, copy.version)
    _enter(session, actor, "clip.played", clip, {"main": issued}, standing=standing, now=now)
    return issued


def opens_in_browser(clip: Clip) -> bool:
    """Whether a browser's own viewer shows a document; it was described, so its content was looked at."""
    return clip.kind == "document" and clip.facts.get("mime") == OPENED


def has_picture(clip: Clip) -> bool:
    """Answer whether a list can show a small picture of the clip."""
    return _thumbnail(clip) is not None


def _thumbnail(clip: Clip) -> Rendition | None:
    return next((r for r in clip.renditions if r.kind == "thumb"), None)


def picture_addresses(
    session: Session, derived: ReadStore, *, actor: Actor, clips: Sequence[Clip], where: str, now: datetime
) -> dict[UUID, str]:
    """Answer the addresses of the small pictures of a list; one entry names all clips that have one.

    `where` says which page: clips, case, step.
    """
    found: dict[UUID, str] = {}
    expires = now
    shown = reached(session, actor, [clip.id for clip in clips])
    for clip in clips:
        if clip.id not in shown:
            continue
        # Nothing larger in its place: a poster or a preview is as good as a look, and leaves as one.
        picture = _thumbnail(clip)
        if picture is not None:
            issued = _rendition(derived, picture, valid=LIST_VALID)
            found[clip.id], expires = issued.url, issued.expires
    if found:
        add_entry(
            session,
            actor=actor,
            action="clip.pictures-listed",
            subjects={"clip": list(found)},
            facts={"where": where, "expires": utc_text(expires)},
            now=now,
        )
    return found


def _main(evidence: ReadStore, derived: ReadStore, clip: Clip, made: dict[str, Rendition]) -> Issued | None:
    """The moving picture, the sound or the photo itself: the original where a browser shows it, else what was derived."""
    player = made.get("player")
    if player is not None:
        return _rendition(derived, player, valid=PLAY_VALID)
    if clip.kind == "photo" and "preview" in made:
        return _rendition(derived, made["preview"], valid=PLAY_VALID)
    return _original(evidence, clip)


def _original(evidence: ReadStore, clip: Clip) -> Issued | None:
    """The original for looking at, where a browser shows it."""
    copy = first_copy(clip) if clip.shown_as == "original" else None
    if copy is None:
        return None
    mime = _showable(clip)
    address = evidence.get_address(
        copy.key, version=copy.version, valid=PLAY_VALID, disposition="inline", content_type=mime
    )
    return Issued("original", address.url, address.expires, mime, copy.version)


def _showable(clip: Clip) -> str:
    """The type an original is served as: only sound, film and pictures, never anything a browser would run."""
    showing: dict[str, Any] = clip.facts.get("showing") or {}
    for claim in (showing.get("mime"), clip.facts.get("mime")):
        if isinstance(claim, str) and _SHOWABLE.fullmatch(claim):
            return claim
    return "application/octet-stream"


def _rendition(derived: ReadStore, rendition: Rendition, *, valid: timedelta) -> Issued:
    address = derived.get_address(
        rendition.key, version=None, valid=valid, disposition="inline", content_type=rendition.content_type
    )
    return Issued("rendition", address.url, address.expires, rendition.content_type, None)


def _enter(
    session: Session,
    actor: Actor,
    action: str,
    clip: Clip,
    issued: dict[str, Issued],
    *,
    standing: Standing,
    now: datetime,
    private: dict[str, Any] | None = None,
) -> None:
    main = issued.get("main")
    original = next((i for i in issued.values() if i.kind == "original"), None)
    add_entry(
        session,
        actor=actor,
        action=action,
        subjects={"clip": clip.id},
        facts={
            "what": "original" if original else main.kind if main else "pictures",
            "kinds": sorted(issued),
            "version": original.version if original else None,
            "expires": utc_text(max(i.expires for i in issued.values())),
            **standing.facts(),
        },
        private=private,
        now=now,
    )


def attachment_header(name: str) -> str:
    """Answer a Content-Disposition that saves under `name` (RFC 6266), whatever bytes a camera or a joker put there."""
    safe = (
        "".join(c if c.isprintable() and c not in '/\\:*?"<>|' else "_" for c in name).strip(". ")
        or "original"
    )
    safe = safe[:150]
    plain = "".join(c if c.isascii() else "_" for c in safe)
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(safe, safe='')}"
