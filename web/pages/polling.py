"""Parts of a page that are asked for again and again."""

from __future__ import annotations

import hashlib

from flask import Response, request
from flask_wtf.csrf import generate_csrf


def unless_same(text: str) -> Response:
    """204 when the browser says it has exactly this already: nothing moves under a finger or a screen reader."""
    # The token of forms is another one each second, and says nothing of what is seen.
    mark = hashlib.sha256(text.replace(generate_csrf(), "").encode()).hexdigest()[:16]
    if request.headers.get("X-Have") == mark:
        return Response(status=204)
    response = Response(text, mimetype="text/html")
    response.headers["X-Mark"] = mark
    return response
