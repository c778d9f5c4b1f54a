"""Devices that signed a name in before: a signed cookie of its own, so that guessing elsewhere keeps nobody out."""

from __future__ import annotations

import secrets
from typing import Any

from flask import current_app, request
from itsdangerous import BadSignature, URLSafeTimedSerializer
from werkzeug.wrappers import Response

COOKIE = "liuhen-device"
DAYS = 180
MOST_NAMES = 12
"""People who share one machine; whoever signed in longest ago is forgotten first."""


def known_device(name: str) -> str | None:
    """Answer the id of the device this request comes from, if `name` (a digest) signed in on it before."""
    carried = _carried()
    return carried["d"] if name in carried["n"] else None


def remember_device(response: Response, name: str) -> None:
    """Note on the device that `name` (a digest) signed in on it. It opens nothing: it only counts tries apart."""
    carried = _carried()
    names = [name, *(one for one in carried["n"] if one != name)][:MOST_NAMES]
    response.set_cookie(
        COOKIE,
        str(_signer().dumps({"d": carried["d"], "n": names})),
        max_age=DAYS * 86_400,
        secure=bool(current_app.config["SESSION_COOKIE_SECURE"]),
        httponly=True,
        samesite="Lax",
        path="/signin",
    )


def _carried() -> dict[str, Any]:
    try:
        found = _signer().loads(request.cookies.get(COOKIE, ""), max_age=DAYS * 86_400)
        if isinstance(found, dict) and isinstance(found.get("d"), str) and isinstance(found.get("n"), list):
            return found
    except BadSignature:
        pass
    return {"d": secrets.token_hex(16), "n": []}


def _signer() -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(str(current_app.secret_key), salt="liuhen-device")
