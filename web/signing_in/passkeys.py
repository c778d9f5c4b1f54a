"""Questions to passkeys: each is asked of one session for one purpose, answered once, and soon too old."""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime
from typing import Literal
from uuid import UUID

from flask import jsonify, request, session
from werkzeug.wrappers import Response

from catalog.rules.passkeys import ANSWER_LIMIT, CHALLENGE_BYTES, CHALLENGE_VALID, Party, party_of
from catalog.signing_in.passkeys import Proof, owner_of, prove, take_challenge
from web.components import components
from web.signing_in.guard import guarded
from web.signing_in.sitting import this_sitting
from web.speech import _
from web.words import say

Purpose = Literal["add", "enter", "again"]
ASKED = "passkey_asked"
"""In the session: what was asked last. Whether it was answered stands in the catalog, since a cookie can be put back."""


def party() -> Party | None:
    """Answer what passkeys of this system belong to; None where there can be none."""
    found = party_of(components().settings.public_url)
    return found if isinstance(found, Party) else None


def passkeys_at() -> str:
    """Answer the one address at which passkeys work here; empty where there can be none."""
    belongs = party()
    return belongs.origin if belongs is not None else ""


def why_none() -> str:
    """Answer in a sentence why there can be no passkeys here; empty where there can."""
    found = party_of(components().settings.public_url)
    return "" if isinstance(found, Party) else say("no passkeys", found)


def ask(purpose: Purpose) -> bytes:
    """Answer a fresh challenge for this session; an earlier one is not waited for any more."""
    challenge = secrets.token_bytes(CHALLENGE_BYTES)
    session[ASKED] = {
        "challenge": challenge.hex(),
        "for": purpose,
        "sitting": this_sitting(),
        "at": components().clock().isoformat(),
    }
    return challenge


def asked(purpose: Purpose) -> bytes | None:
    """Answer what this session was asked for `purpose`, and use it up; None where it is too old or was answered."""
    found = session.pop(ASKED, None)
    here = components()
    now = here.clock()
    try:
        challenge, at = bytes.fromhex(found["challenge"]), datetime.fromisoformat(found["at"])
    except (KeyError, TypeError, ValueError):
        return None
    with here.database.write() as db:
        unused = take_challenge(db, challenge, now)
    meant = found.get("for") == purpose and found.get("sitting") == this_sitting()
    return challenge if unused and meant and at <= now <= at + CHALLENGE_VALID else None


def answer() -> str:
    """Answer what the browser sent of the device."""
    return request.form.get("answer", "")[: ANSWER_LIMIT + 1]


def proven(
    purpose: Purpose, *, only: UUID | None, name: str = "", sitting: str | None = None
) -> tuple[Proof | None, str]:
    """Answer whom the passkey that was sent stands for, and why not. Counted and entered as every try. Raises NotNow.

    `name` is the user name of who is signed in already; else the tries of whoever the passkey belongs to are counted.
    """
    here, sent = components(), answer()
    found = Proof(why="too-late")
    if not name:
        with here.database.read() as db:
            owner = owner_of(db, sent)
            # Not to be taken for a user name, which has no colon.
            name = owner.username if owner else f"passkey:{hashlib.sha256(sent.encode()).hexdigest()[:16]}"

    def check() -> Proof | None:
        nonlocal found
        belongs, challenge = party(), asked(purpose)
        if belongs is None or challenge is None:
            return None
        with here.database.write() as db:
            found = prove(
                db,
                party=belongs,
                challenge=challenge,
                answer=sent,
                only=only,
                address=request.remote_addr,
                now=here.clock(),
            )
        return found if found.account is not None else None

    proof = guarded(name, check, why=lambda: f"passkey-{found.why}", sitting=sitting)
    return proof, found.why


def not_in(why: str) -> str:
    """Answer the sentence for a passkey that opened nothing; who has it learns no more than that."""
    if why == "too-late":
        return _("This took too long, or was sent twice. Nothing was changed; press the button once more.")
    if why in {"counter", "suspended"}:
        return _(
            "This passkey is out of use, because there may be a copy of it. Nothing was changed. Sign in in another way, and remove it from your account; the security administrator has been told."
        )
    return _("This passkey opens nothing here. Nothing was changed; sign in in another way.")


def question(text: str) -> Response:
    """Answer options for the browser's `navigator.credentials`."""
    return Response(text, mimetype="application/json")


def no_question(problem: str) -> tuple[Response, int]:
    """Answer why nothing is asked, in words that the page shows."""
    return jsonify(problem=problem), 409
