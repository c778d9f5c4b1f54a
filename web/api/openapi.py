"""The API described in OpenAPI 3.1, made from the routes and messages themselves, so that it cannot go stale."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from flask import Flask, Response, current_app, jsonify
from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from catalog.permissions import Permission
from ingest.protocol import PROTOCOL_VERSION, Problem
from web.api.blueprint import WITHOUT_PROTOCOL, api
from web.permission import permission_of, requires

View = TypeVar("View", bound=Callable[..., Response])
REFERENCE = "#/components/schemas/{model}"


def speaks(
    *,
    takes: type[BaseModel] | None = None,
    answers: type[BaseModel] | None = None,
    status: int = 200,
    asks: Mapping[str, str] | None = None,
    refuses: tuple[int, ...] = (),
) -> Callable[[View], View]:
    """Declare what a route takes and answers; `answers=None` is 204 without a body.

    `asks` are the names a question may be narrowed by in the address, each with its JSON type.
    `refuses`: statuses of refusals of its own, besides those that follow from what it takes and who may ask (`_refusals`).
    """

    def declare(view: View) -> View:
        view.api_messages = (takes, answers, status if answers is not None else 204, refuses)  # type: ignore[attr-defined]
        view.api_asks = dict(asks or {})  # type: ignore[attr-defined]
        return view

    return declare


def document(app: Flask) -> dict[str, Any]:
    """Answer the OpenAPI document of the application's `/api/v1` routes."""
    routes = []
    for rule in app.url_map.iter_rules():
        view = app.view_functions[rule.endpoint]
        messages = getattr(view, "api_messages", None)
        if messages is not None:
            routes.append((rule, view, *messages))
    models = {m for _, _, takes, answers, *_ in routes for m in (takes, answers) if m is not None} | {Problem}
    _, schemas = models_json_schema(
        [(m, "serialization") for m in sorted(models, key=lambda m: m.__name__)], ref_template=REFERENCE
    )
    paths: dict[str, Any] = {}
    for rule, view, takes, answers, status, refuses in sorted(routes, key=lambda r: r[0].rule):
        path = re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", rule.rule)
        summary = (view.__doc__ or "").strip().splitlines()[0]
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
            paths.setdefault(path, {})[method.lower()] = _operation(
                rule.endpoint,
                summary,
                takes=takes,
                answers=answers,
                status=status,
                refuses=refuses,
                names=sorted(rule.arguments),
                asks=getattr(view, "api_asks", {}),
            )
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "留痕 Liuhen",
            "version": str(PROTOCOL_VERSION),
            "description": "What docking stations and integrators say to the server. Every error is a `Problem`.",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "paths": paths,
        "components": {
            "schemas": schemas.get("$defs", {}),
            "securitySchemes": {
                "station": {
                    "type": "http",
                    "scheme": "bearer",
                    "description": "A docking station's credential.",
                },
                "person": {"type": "http", "scheme": "bearer", "description": "A person's token."},
            },
        },
    }


def _operation(
    endpoint: str,
    summary: str,
    *,
    takes: type[BaseModel] | None,
    answers: type[BaseModel] | None,
    status: int,
    refuses: tuple[int, ...],
    names: list[str],
    asks: Mapping[str, str],
) -> dict[str, Any]:
    good: dict[str, Any] = {"description": "Done."}
    if answers is not None:
        good["content"] = {"application/json": {"schema": {"$ref": REFERENCE.format(model=answers.__name__)}}}
    operation: dict[str, Any] = {
        "operationId": endpoint.replace(".", "_"),
        "summary": summary,
        "responses": {
            str(status): good,
            **{
                str(refused): {
                    "description": "What happened, what is safe, what to do next.",
                    "content": {"application/json": {"schema": {"$ref": REFERENCE.format(model="Problem")}}},
                }
                for refused in sorted({*_refusals(endpoint, takes=takes is not None, names=names), *refuses})
            },
        },
    }
    if names or asks:
        operation["parameters"] = [
            {"name": name, "in": "path", "required": True, "schema": {"type": "string", "format": "uuid"}}
            for name in names
        ] + [{"name": name, "in": "query", "schema": {"type": kind}} for name, kind in asks.items()]
    if takes is not None:
        operation["requestBody"] = {
            "required": True,
            "content": {"application/json": {"schema": {"$ref": REFERENCE.format(model=takes.__name__)}}},
        }
    if permission_of(current_app, endpoint) is not Permission.PUBLIC:
        operation["security"] = [{"person" if endpoint.startswith("reading.") else "station": []}]
    return operation


def _refusals(endpoint: str, *, takes: bool, names: list[str]) -> set[int]:
    """Statuses that follow from who may ask, what is taken, what is named; 503: storage, database or intake is away."""
    found = {503}
    if permission_of(current_app, endpoint) is not Permission.PUBLIC:
        found.add(401)
    if endpoint.startswith("reading."):
        found |= {400, 403}
    elif endpoint not in WITHOUT_PROTOCOL:
        found.add(409)
    if takes:
        found |= {400, 413, 415}
    if names:
        found.add(404)
    return found


@api.get("/openapi.json")
@requires(Permission.PUBLIC)
def openapi_document() -> Response:
    """The document you are reading."""
    return jsonify(document(current_app))
