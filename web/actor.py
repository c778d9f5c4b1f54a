"""Who is asking: a person by session, or whoever a blueprint's own source says (stations by their token)."""

from __future__ import annotations

from collections.abc import Callable

from flask import Flask, current_app, request
from flask_login import current_user

from catalog.actors import Actor
from web.accounts import SignedIn
from web.signing_in.sitting import left_out

Source = Callable[[], Actor | None]
_SOURCES = "liuhen.actors"


def use_source(app: Flask, blueprint: str, source: Source) -> None:
    """Let `source` say who asks on the routes of `blueprint`; sessions mean nothing there."""
    app.extensions.setdefault(_SOURCES, {})[blueprint] = source


def current_actor() -> Actor | None:
    """Answer who is asking, or None."""
    source: Source | None = current_app.extensions.get(_SOURCES, {}).get(request.blueprint)
    return source() if source is not None else signed_in_person()


def signed_in() -> SignedIn | None:
    """Answer the account of this session, or None."""
    if left_out() or not current_user.is_authenticated:
        return None
    return current_user._get_current_object()  # type: ignore[no-any-return]  # noqa: SLF001 - a proxy


def signed_in_person() -> Actor | None:
    """Answer the person of this session as an actor, or None."""
    account = signed_in()
    return account.actor(request.remote_addr) if account is not None else None


def the_person() -> Actor:
    """Answer the person of this session; for views that already required one."""
    actor = signed_in_person()
    assert actor is not None  # noqa: S101 - `requires` has seen to it
    return actor
