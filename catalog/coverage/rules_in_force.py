"""The table of recording rules in force: kept in the catalog, word for word, with every table that was before it."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from catalog.actors import Actor
from catalog.custody.log import add_entry
from catalog.models import Case, CoverageDue, RecordingRuleSet, Step
from catalog.recording_rules.reading import read_rules, shipped_text
from catalog.rules.recording_rules import RecordingRules

CLOSED = ("archived", "transferred")
"""What was judged of a file in the archive stays as it was when it was archived."""


def rules_in_force(session: Session) -> RecordingRules:
    """Answer the table that steps are judged by; the shipped one in a catalog that was never prepared."""
    text = session.scalar(
        select(RecordingRuleSet.text).order_by(RecordingRuleSet.in_force_at.desc()).limit(1)
    )
    return read_rules(text if text is not None else shipped_text())


def rules_of(session: Session, digest: str) -> RecordingRules:
    """Answer the table that has this digest, as something was judged by it; the one in force where it is not kept."""
    text = session.scalar(select(RecordingRuleSet.text).where(RecordingRuleSet.digest == digest))
    return read_rules(text) if text is not None else rules_in_force(session)


def put_in_force(session: Session, *, actor: Actor, text: str, now: datetime) -> RecordingRules | None:
    """Put a table in force and make every step due that is not in the archive; None when it is in force already.

    Raises RulesUnreadable, and nothing is changed.
    """
    rules = read_rules(text)
    newest = select(RecordingRuleSet.digest, RecordingRuleSet.version)
    latest = session.execute(newest.order_by(RecordingRuleSet.in_force_at.desc()).limit(1)).first()
    if latest is not None and latest.digest == rules.digest:
        return None
    before = {"version": latest.version, "sha256": latest.digest} if latest is not None else {}
    row = session.get(RecordingRuleSet, rules.digest)
    if row is None:
        row = RecordingRuleSet(digest=rules.digest, version=rules.version, text=text, first_at=now)
        session.add(row)
    row.in_force_at = now
    session.flush()
    session.execute(
        insert(CoverageDue).from_select(
            ["step_id"],
            select(Step.id).join(Case, Case.id == Step.case_id).where(Case.state.not_in(CLOSED)),
        )
    )
    add_entry(
        session,
        actor=actor,
        action="rules.in-force",
        subjects={},
        facts={
            "version": rules.version,
            "sha256": rules.digest,
            "rows": len(rules.rows),
            "before": before,
            "after": {"version": rules.version, "sha256": rules.digest},
        },
        now=now,
    )
    return rules
