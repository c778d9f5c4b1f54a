"""Documents by the browser, through the web: who may, how much, hostile names and types, and what is said."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable
from io import BytesIO
from uuid import UUID

import pytest
from sqlalchemy import select, update
from werkzeug.serving import make_server
from werkzeug.test import TestResponse

from catalog.models import Attachment, Case, Clip, Copy, DocumentUpload
from storage.settings import StorageSettings
from storage.store import ObjectStore
from tests.web.conftest import Site, csrf
from tests.web.test_looking_and_attaching import step_of, token_of

PDF = b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\n%%EOF\n"
JSON = {"Accept": "application/json"}


def fresh(seed: object) -> bytes:
    """A paper that nobody has put in before."""
    return PDF + repr(seed).encode()


def put(
    site: Site,
    files: list[tuple[bytes, str, str]],
    who: str = "li",
    headers: dict[str, str] | None = None,
    **fields: str,
) -> TestResponse:
    client = site.client(who, "en")
    form = {"csrf_token": token_of(client), "role": "process", "volume": "main", **fields}
    return client.post(
        f"/steps/{step_of(site)}/documents",
        data=multipart(form, files),
        headers=headers if headers is not None else JSON,
        content_type="multipart/form-data; boundary=b",
    )


def multipart(form: dict[str, str], files: list[tuple[bytes, str, str]]) -> bytes:
    """What a browser sends; by hand, since the test client leaves its own temporary file open."""
    head = '--b\r\nContent-Disposition: form-data; name="{}"'
    parts = [f"{head.format(name)}\r\n\r\n{value}\r\n".encode() for name, value in form.items()]
    for body, name, kind in files:
        quoted = name.replace('"', "%22")
        stated = f"\r\nContent-Type: {kind}" if kind else ""
        parts.append(
            f'{head.format("document")}; filename="{quoted}"{stated}\r\n\r\n'.encode() + body + b"\r\n"
        )
    return b"".join(parts) + b"--b--\r\n"


def said(answer: TestResponse) -> list[dict[str, str]]:
    assert answer.json is not None, answer.text[:400]
    found: list[dict[str, str]] = answer.json["files"]
    return found


def by_browser(site: Site) -> list[Clip]:
    with site.database.read() as session:
        return list(session.scalars(select(Clip).where(Clip.origin == "browser")))


def test_received_attached_and_on_its_way_to_be_verified(site: Site) -> None:
    body = fresh(site.clip)
    answer = put(
        site,
        [(body, "执照.pdf", "application/pdf"), (b"\x89PNG\r\n\x1a\n" + body, "网页截图.png", "image/png")],
        role="evidence",
        proves="主体资格",
        method="web",
        maker="李某",
        made_at="2026-01-05T09:30",
    )
    assert answer.status_code == 200
    assert [f["state"] for f in said(answer)] == ["received", "received"]
    clips = {c.name: c for c in by_browser(site)}
    assert {n: c.kind for n, c in clips.items()} == {"执照.pdf": "document", "网页截图.png": "photo"}
    assert {(d.clip, d.stage) for d in site.sent} == {
        (c.id, stage) for c in clips.values() for stage in ("verify", "describe")
    }
    with site.database.read() as session:
        rows = session.scalars(select(Attachment)).all()
        assert {(a.clip_id, a.method, a.maker, a.proves) for a in rows} == {
            (c.id, "web", "李某", "主体资格") for c in clips.values()
        }
        assert {str(a.made_at) for a in rows} == {"2026-01-05 01:30:00+00:00"}
        copy = session.scalars(select(Copy).where(Copy.clip_id == clips["执照.pdf"].id)).one()
    assert b"".join(site.components.evidence.read(copy.key, copy.version)) == body


def test_without_script_the_page_says_what_became_of_each(site: Site) -> None:
    body = fresh((site.clip, "page"))
    answer = put(
        site,
        [(body, "a.pdf", "application/pdf"), (b"MZ", "b.exe", "application/pdf"), (body, "c.pdf", "")],
        headers={"Accept": "text/html"},
    )
    assert answer.status_code == 200
    assert "Received, locked and attached." in answer.text
    assert "By its content it is none of PDF" in answer.text
    assert "nothing was stored twice" in answer.text
    assert len(by_browser(site)) == 1


@pytest.mark.parametrize(
    "name", ["<img src=x onerror=alert(1)>.pdf", "../../x.pdf", '"; filename="y.html', "\u202efdp.exe"]
)
def test_a_hostile_name_is_only_text(site: Site, name: str) -> None:
    answer = put(site, [(fresh((site.clip, name)), name, "text/html")], headers={"Accept": "text/html"})
    assert answer.status_code == 200
    assert "<img src=x" not in answer.text
    [clip] = by_browser(site)
    assert "/" not in clip.name
    assert "\u202e" not in clip.name
    page = site.client("li").get(f"/clips/{clip.id}")
    assert page.status_code == 200
    assert "<img src=x" not in page.text


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b"<html><script>alert(1)</script>", "application/pdf"),
        (b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>", "image/png"),
        (b"GIF89a/*" + PDF, "application/pdf"),
        (b"\x00\x00\x00\x18ftypmp42", "image/jpeg"),
        (b"", "application/pdf"),
    ],
)
def test_the_stated_type_counts_for_nothing(site: Site, body: bytes, kind: str) -> None:
    answer = put(site, [(body, "x.pdf", kind)])
    assert answer.status_code == 400
    assert [f["state"] for f in said(answer)] == ["refused"]
    assert by_browser(site) == []


def test_a_page_of_script_named_pdf_is_never_opened_as_ours(site: Site) -> None:
    body = fresh((site.clip, "js")) + b"<script>alert(document.cookie)</script>"
    [one] = said(put(site, [(body, "x.pdf", "text/html")]))
    clip_id = UUID(one["clip"].rsplit("/", 1)[1])
    client = site.client("li")
    token = csrf(client.get("/account"))
    before = client.post(f"/clips/{clip_id}/open", data={"csrf_token": token})
    assert before.location.startswith("/clips/"), "nobody has looked at its content yet"
    with site.database.write() as session:
        session.execute(update(Clip).where(Clip.id == clip_id).values(facts={"mime": "application/pdf"}))
    answer = client.post(f"/clips/{clip_id}/open", data={"csrf_token": token})
    assert answer.status_code == 303
    assert answer.location.startswith(site.components.settings.storage.address_url)
    assert "response-content-type=application%2Fpdf" in answer.location
    assert "versionId=" in answer.location
    other = client.post(f"/clips/{site.clip}/open", data={"csrf_token": token})
    assert other.location.startswith("/clips/"), "a film is no document"


def test_too_large(make_site: Callable[..., Site]) -> None:
    site = make_site(document_limit_mb=0.5)
    answer = put(
        site,
        [
            (PDF * 20_000, "big.pdf", "application/pdf"),
            (fresh((site.clip, "small")), "small.pdf", ""),
        ],
    )
    assert [f["state"] for f in said(answer)] == ["refused", "received"]
    assert "larger" in said(answer)[0]["says"]
    whole = put(site, [(PDF * 100_000, "big.pdf", "application/pdf")])
    assert whole.status_code == 413
    assert len(by_browser(site)) == 1


def test_other_forms_take_no_more_than_before(site: Site) -> None:
    client = site.client("li")
    answer = client.post(
        f"/clips/{site.clip}/attachments",
        data=multipart({"csrf_token": token_of(client)}, [(PDF * 20_000, "x.pdf", "")]),
        content_type="multipart/form-data; boundary=b",
    )
    assert answer.status_code == 413


@pytest.mark.parametrize("who", ["wang", "chen", "admin", "zhao", "sun", "zhou", "wu", "he", "ma", "qian"])
def test_wrong_roles_send_nothing(site: Site, who: str) -> None:
    client = site.client(who)
    answer = client.post(
        f"/steps/{step_of(site)}/documents",
        data={"csrf_token": csrf(client.get("/account")), "document": (BytesIO(PDF), "x.pdf")},
        content_type="multipart/form-data",
    )
    assert answer.status_code == 403
    assert by_browser(site) == []


def test_nobody_and_no_form_token(site: Site) -> None:
    path = f"/steps/{step_of(site)}/documents"
    data = {"role": "process", "volume": "main", "document": (BytesIO(PDF), "x.pdf")}
    assert site.client().post(path, data=data, content_type="multipart/form-data").status_code in {302, 401}
    data["document"] = (BytesIO(PDF), "x.pdf")
    assert site.client("li").post(path, data=data, content_type="multipart/form-data").status_code == 400
    assert by_browser(site) == []


def test_a_closed_case_and_an_unknown_step(site: Site) -> None:
    with site.database.write() as session:
        session.execute(update(Case).values(state="archived"))
    answer = put(site, [(fresh("closed"), "x.pdf", "")])
    assert [f["state"] for f in said(answer)] == ["refused"]
    client = site.client("li")
    data = {
        "csrf_token": token_of(client),
        "role": "process",
        "volume": "main",
        "document": (BytesIO(PDF), "x.pdf"),
    }
    unknown = client.post(
        f"/steps/{site.clip}/documents",
        data=data,
        content_type="multipart/form-data",
        headers={"Accept": "text/html"},
    )
    assert unknown.status_code == 404
    assert by_browser(site) == []


def test_a_form_that_breaks_off_leaves_nothing(site: Site) -> None:
    client = site.client("li")
    token = token_of(client)
    body = (
        f'--b\r\nContent-Disposition: form-data; name="csrf_token"\r\n\r\n{token}\r\n'
        '--b\r\nContent-Disposition: form-data; name="document"; filename="x.pdf"\r\n\r\n'
    ).encode() + PDF
    answer = client.post(
        f"/steps/{step_of(site)}/documents", data=body, content_type="multipart/form-data; boundary=b"
    )
    assert answer.status_code == 400
    with site.database.read() as session:
        assert session.scalars(select(DocumentUpload)).all() == []


def test_a_connection_that_breaks_off_leaves_nothing(site: Site) -> None:
    client = site.client("li")
    token = token_of(client)
    cookie = client.get_cookie("liuhen")
    assert cookie is not None
    server = make_server("127.0.0.1", 0, site.app, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        head = (
            f'--b\r\nContent-Disposition: form-data; name="csrf_token"\r\n\r\n{token}\r\n'
            '--b\r\nContent-Disposition: form-data; name="document"; filename="x.pdf"\r\n\r\n'
        ).encode() + PDF
        with socket.create_connection(("127.0.0.1", server.server_port)) as line:
            line.sendall(
                f"POST /steps/{step_of(site)}/documents HTTP/1.1\r\nHost: x\r\nCookie: liuhen={cookie.value}\r\n"
                f"Content-Type: multipart/form-data; boundary=b\r\nContent-Length: {len(head) + 5000}\r\n\r\n".encode()
                + head
            )
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
    with site.database.read() as session:
        assert session.scalars(select(DocumentUpload)).all() == []


def test_the_storage_away(make_site: Callable[..., Site], seaweed: StorageSettings) -> None:
    site = make_site()
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    away = seaweed.model_copy(update={"endpoint_url": f"http://127.0.0.1:{port}", "patience_seconds": 0.5})
    store = ObjectStore(away, away.evidence_bucket)
    object.__setattr__(site.components, "evidence", store)
    try:
        [one] = said(put(site, [(fresh((site.clip, "away")), "x.pdf", "")]))
    finally:
        store.close()
    assert one["state"] == "refused"
    assert "The storage does not answer just now. Nothing is received yet" in one["says"]
    assert by_browser(site) == []
    with site.database.read() as session:
        assert [u.state for u in session.scalars(select(DocumentUpload))] == ["open"]
        assert session.scalars(select(Attachment)).all() == []


def test_what_is_wrong_with_the_form_is_said_and_nothing_is_kept(site: Site) -> None:
    bad: tuple[tuple[dict[str, str], str], ...] = (
        ({"role": "evidence"}, "Say what it proves"),
        ({"made_at": "yesterday"}, "is no time"),
        ({"made_at": "2999-01-01T00:00"}, "future"),
        ({"method": "other", "method_other": "x" * 65}, "too long"),
    )
    for fields, words in bad:
        answer = put(site, [(fresh(fields), "x.pdf", "")], **fields)
        assert answer.status_code == 400
        assert words in answer.text
    client = site.client("li", "en")
    none = client.post(
        f"/steps/{step_of(site)}/documents",
        data={"csrf_token": token_of(client), "role": "process", "volume": "main"},
        headers=JSON,
        content_type="multipart/form-data",
    )
    assert none.status_code == 400
    assert "Choose a file." in none.text
    assert by_browser(site) == []
