"""What browsers are told about every answer: no foreign script, no framing, no guessing, nothing kept."""

from __future__ import annotations

from urllib.parse import urlsplit

from flask import Flask, Response, request


def content_policy(storage_url: str) -> str:
    """Answer the Content-Security-Policy; pictures, film and their indexes come from the storage, all else from here.

    `form-action` names the storage as well, because saving an original ends in a redirect to its address there.
    """
    parts = urlsplit(storage_url)
    storage = f"{parts.scheme}://{parts.netloc}"
    return "; ".join(
        (
            "default-src 'none'",
            "script-src 'self'",
            "style-src 'self'",
            "font-src 'self'",
            f"img-src 'self' {storage}",
            f"media-src {storage}",
            f"connect-src 'self' {storage}",
            f"form-action 'self' {storage}",
            "base-uri 'none'",
            "frame-ancestors 'none'",
            "object-src 'none'",
        )
    )


def add_headers(app: Flask, *, storage_url: str, tls: bool) -> None:
    """Set the headers on every answer of `app`."""
    policy = content_policy(storage_url)

    @app.after_request
    def _headers(response: Response) -> Response:
        headers = response.headers
        headers["Content-Security-Policy"] = policy
        headers["X-Content-Type-Options"] = "nosniff"
        headers["Referrer-Policy"] = "same-origin"
        headers["Cross-Origin-Opener-Policy"] = "same-origin"
        headers["Permissions-Policy"] = "camera=(), microphone=(), geolocation=(), interest-cohort=()"
        if tls:
            headers["Strict-Transport-Security"] = "max-age=31536000"
        if request.endpoint == "static":
            # The address carries a digest of the file, so what it names never changes.
            if "v" in request.args:
                headers["Cache-Control"] = "public, max-age=31536000, immutable"
        else:
            headers["Cache-Control"] = "no-store"
        return response
