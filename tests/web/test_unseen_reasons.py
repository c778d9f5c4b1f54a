"""What nobody can see is no reason, purpose, reference or name, wherever one is demanded."""

from __future__ import annotations

import pytest
from sqlalchemy import func, select

from catalog.models import ApiToken, CustodyEntry, CustodyPrivate, Hold, LookPurpose, SavedView
from tests.web.conftest import Site, csrf
from tests.web.test_refusals_are_kept import kept

UNSEEN = ["\u200b", "\u3164", "\ufeff", "\u2800", "\u3164\u200b\u3000\u2800"]


def sent(site: Site, who: str, path: str, **form: str) -> int:
    client = site.client(who, "en")
    data = {"csrf_token": csrf(client.get("/account")), **form}
    return client.post(path, data=data).status_code


@pytest.mark.parametrize("said", UNSEEN)
def test_a_recording_is_not_saved_for_it(site: Site, said: str) -> None:
    form = {"needed_for": "other", "needed_note": said}
    assert sent(site, "chen", f"/clips/{site.clip}/download", **form) == 400


@pytest.mark.parametrize("said", UNSEEN)
def test_nothing_is_consulted_for_it(site: Site, said: str) -> None:
    asked = {"asked": str(site.clip), "purpose": "file-check"}
    assert sent(site, "ma", "/consult", **asked, reference=said) == 400
    other = {"asked": str(site.clip), "purpose": "other", "reference": "督〔2026〕9号"}
    assert sent(site, "ma", "/consult", **other, text=said) == 400
    assert [facts["why"] for facts, _ in kept(site)] == ["number-missing", "text-missing"]
    with site.database.read() as session:
        assert session.scalar(select(func.count()).select_from(LookPurpose)) == 0


@pytest.mark.parametrize("said", UNSEEN)
def test_nothing_is_named_or_held_by_it(site: Site, said: str) -> None:
    sent(site, "li", "/account/tokens", name=said, days="7", permission="office:case:read")
    sent(site, "li", "/clips/views", name=said, query="")
    sent(site, "zhou", "/holds", target="clip", clip=str(site.clip), reason="audit", document=said)
    with site.database.read() as session:
        for table in (ApiToken, SavedView, Hold):
            assert session.scalar(select(func.count()).select_from(table)) == 0, table
        of_holds = select(CustodyEntry.id).where(CustodyEntry.action == "hold.refused")
        why = select(CustodyPrivate.value).where(
            CustodyPrivate.entry_id.in_(of_holds), CustodyPrivate.field == "why"
        )
        assert session.scalars(why).all() == ['"document-missing"']
    assert [facts["why"] for facts, _ in kept(site)] == ["no-name", "no-name"]
