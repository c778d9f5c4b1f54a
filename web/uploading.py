"""Requests that bring documents: who may send how much is settled before a byte is read, and nothing is held in memory."""

from __future__ import annotations

from pathlib import Path
from typing import IO, Any, cast

from flask import Request, abort

from catalog.case_files.importing.reading import SIZE_LIMIT
from catalog.documents.spooling import Spool
from catalog.permissions import Permission, may
from web.actor import signed_in_person
from web.components import components

DOCUMENTS = "pages.step_documents"
"""The one endpoint that takes documents."""
FILES = 50
"""Files in one request."""
AT_ONCE = 4
"""How many of the largest documents one request may hold altogether."""
FORM_LIMIT = 256 << 10
"""Bytes of a form; the API has a limit of its own."""
LARGER_FORMS = {"pages.case_import_try": SIZE_LIMIT + FORM_LIMIT}
"""Forms with a table in them, by endpoint."""
MEGABYTE = 1_000_000


class DocumentRequest(Request):
    """A request whose files are digested while they arrive."""

    document_limit: int | None = None
    """Bytes of one document; None where no documents are taken."""
    document_folder: Path | None = None
    spools: list[Spool]
    """All that were begun, also by a form that broke off; closed when the request ends."""

    def _get_file_stream(
        self,
        total_content_length: int | None,
        content_type: str | None,
        filename: str | None = None,
        content_length: int | None = None,
    ) -> IO[bytes]:
        if self.document_limit is None:
            return super()._get_file_stream(total_content_length, content_type, filename, content_length)
        spool = Spool(self.document_limit, self.document_folder)
        self.spools.append(spool)
        return cast("IO[bytes]", spool)


def limit_of_document() -> int:
    """Answer how many bytes one document may have."""
    return round(components().settings.document_limit_mb * MEGABYTE)


def limit_request(request: Any) -> None:
    """Say how much of this request is read. Aborts with 401 or 403 where somebody may not put documents in."""
    request.max_content_length = LARGER_FORMS.get(request.endpoint or "", FORM_LIMIT)
    if request.endpoint != DOCUMENTS:
        return
    actor = signed_in_person()
    if actor is None:
        abort(401)
    if not may(actor, Permission.CLIP_ATTACH):
        abort(403)
    request.spools = []
    request.document_limit = limit_of_document()
    request.document_folder = components().settings.document_folder
    request.max_content_length = AT_ONCE * request.document_limit + FORM_LIMIT


def let_go(request: Any) -> None:
    """Close what a request has left open."""
    for spool in getattr(request, "spools", ()):
        spool.close()
