"""Every route declares who may use it; an application with a route that does not declare it does not start."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar, cast

from flask import Flask, abort, request

from catalog.actors import Actor
from catalog.custody.log import add_entry
from catalog.custody.searching import note_look_refused
from catalog.permissions import Permission, may
from web.actor import current_actor
from web.components import components

View = TypeVar("View", bound=Callable[..., Any])

NOT_OURS: dict[str, Permission] = {
    "static": Permission.PUBLIC,  # style sheets and scripts of our own; no data
}
"""Endpoints that Flask or an extension adds, each reviewed; Flask-Security's own views are not mounted at all."""


class RouteWithoutPermission(RuntimeError):
    """A route was added without saying who may use it."""


def requires(permission: Permission) -> Callable[[View], View]:
    """Declare a view's permission and ask for it on every request: 401 for nobody, 403 for the wrong person."""

    def declare(view: View) -> View:
        @wraps(view)
        def guarded(*args: Any, **kwargs: Any) -> Any:
            if permission is not Permission.PUBLIC:
                actor = current_actor()
                if actor is None:
                    abort(401)
                if not may(actor, permission):
                    _keep(actor, permission)
                    abort(403)
            return view(*args, **kwargs)

        guarded.liuhen_permission = permission  # type: ignore[attr-defined]
        return cast("View", guarded)

    return declare


def _keep(actor: Actor, permission: Permission) -> None:
    """Keep in the log that a person tried an act, or asked for a page, that their roles do not include."""
    if actor.kind != "person":
        return
    here = components()
    if request.method in {"GET", "HEAD", "OPTIONS"}:
        note_look_refused(
            here.database,
            actor,
            act=request.endpoint or "",
            permission=permission.value,
            now=here.clock(),
        )
        return
    with here.database.write() as session:
        add_entry(
            session,
            actor=actor,
            action="account.act-refused",
            subjects={"account": actor.id} if actor.id else {},
            facts={"permission": permission.value, "act": request.endpoint or ""},
            now=here.clock(),
        )


def permission_of(app: Flask, endpoint: str) -> Permission | None:
    """Answer what an endpoint requires; None when nobody said."""
    declared = getattr(app.view_functions.get(endpoint), "liuhen_permission", None)
    return declared if declared is not None else NOT_OURS.get(endpoint)


def check_every_route(app: Flask) -> None:
    """Raise RouteWithoutPermission naming every route that declares no permission."""
    bare = sorted(
        f"{rule.rule} ({rule.endpoint})"
        for rule in app.url_map.iter_rules()
        if permission_of(app, rule.endpoint) is None
    )
    if bare:
        raise RouteWithoutPermission(f"routes without a permission: {', '.join(bare)}")
