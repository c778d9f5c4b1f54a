"""What stood before an act and what after it, from the record of a custody entry. Pure: facts and private fields in.

An entry of an act that changes something keeps `before` and `after`, each a mapping from field to value: in `facts` what
is open to every reader, in `private` names, numbers and free text. Entries made before that, and a few whose fields say it
all, keep it otherwise; those shapes stand in `_SHAPES` and `_FORMER`, since an entry is never written anew.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

WITHHELD = "\ufffd"
"""Stands for a value that its reader is not told."""


@dataclass(frozen=True, slots=True)
class Change:
    """One field of what was changed; None where there was nothing, or is nothing now."""

    field: str
    before: Any
    after: Any


_SHAPES: Mapping[str, tuple[tuple[str, str, str], ...]] = {
    "account.passkey-suspended": (("counter", "counter_kept", "counter_shown"),),
    "case.moved": (("state", "from", "to"),),
    "clip.mark-changed": (("note", "before", "note"),),
    "clip.mark-removed": (("note", "note", ""),),
    "clip.officer-settled": (("officer", "from", "to"), ("source", "source_before", "source")),
    "docking.officer-picked": (("officer", "from", "to"),),
    "docking.sheet-lock-extended": (("lock_until", "from", "until"),),
    "recorder.given-back": (("holder", "from", ""),),
    "recorder.handed-over": (("holder", "from", "to"),),
    "timestamps.lock-extended": (("lock_until", "from", "until"),),
}
"""Action → field, where its value before stands, where the one after; an empty name: there is none any more."""

_FORMER: Mapping[str, tuple[tuple[str, str, str], ...]] = {
    "account.language-changed": (("language", "", "language"),),
    "clip.lock-decided": (("lock_until", "from", "until"),),
    "clip.lock-extended": (("lock_until", "from", "until"),),
    "officer.changed": (("name", "name_before", "name"),),
    "recorder.pool-set": (("pool", "", "pool"),),
    "recorder.sealed-place-changed": (("place", "from", "place"),),
    "recorder.work-noted": (("firmware", "firmware_before", "firmware"),),
    "step.circumstances-set": (("circumstances", "before", "circumstances"), ("record_number", "", "record")),
    "step.removed": (("title", "title", ""), ("place", "place", "")),
}
"""The same of entries made by earlier versions; an empty name: it was not kept."""

_LISTS: Mapping[str, tuple[str, ...]] = {
    "account.closed": ("roles",),
    "account.role-granted": ("roles",),
    "account.role-refused": ("roles",),
    "account.role-taken": ("roles",),
    "case.handlers-changed": ("handler_id", "second_handler_id"),
}
"""Where `before` and `after` are lists: what each place of them is; with one name the whole list is its value."""

CHANGING = frozenset(
    {
        *_LISTS,
        "account.invitation-withdrawn",
        "account.passkey-removed",
        "account.language-changed",
        "account.passkey-renamed",
        "account.passkey-suspended",
        "account.passkeys-taken",
        "account.reopened",
        "account.second-factor-removed",
        "account.second-factor-reset",
        "account.second-factor-set",
        "account.token-revoked",
        "account.unlocked",
        "case.changed",
        "case.label-changed",
        "case.merged",
        "case.moved",
        "clip.declaration-withdrawn",
        "clip.declared-unrelated",
        "clip.detached",
        "clip.detachment-confirmed",
        "clip.detachment-refused",
        "clip.hold-lifted",
        "clip.hold-set",
        "clip.lock-decided",
        "clip.lock-extended",
        "clip.mark-changed",
        "clip.mark-removed",
        "clip.marked-test",
        "clip.officer-settled",
        "clip.recall-judged",
        "disposal.approved",
        "disposal.dropped",
        "disposal.opinion-given",
        "disposal.ordered",
        "disposal.proposed",
        "disposal.reported",
        "disposal.register-lock-extended",
        "disposal.returned",
        "disposal.reworked",
        "disposal.undone",
        "disposal.witnessed",
        "docking.officer-picked",
        "docking.sheet-lock-extended",
        "hold.lifted",
        "hold.set",
        "incident.resolved",
        "officer.changed",
        "recorder.doubt-resolved",
        "recorder.gap-explained",
        "recorder.given-back",
        "recorder.handed-over",
        "recorder.pool-set",
        "recorder.register-changed",
        "recorder.registered",
        "recorder.retired",
        "recorder.returned-to-service",
        "recorder.sealed",
        "recorder.sealed-anew",
        "recorder.sealed-place-changed",
        "recorder.substitute-decided",
        "rules.in-force",
        "schedule.approved",
        "schedule.in-force",
        "schedule.proposed",
        "schedule.rows-changed",
        "schedule.superseded",
        "schedule.taken-back",
        "schedule.withdrawn",
        "seal.confirmed",
        "seal.lifted",
        "seal.withdrawn",
        "station.enrolled",
        "station.revoked",
        "step.changed",
        "step.circumstances-set",
        "step.coverage-confirmed",
        "step.coverage-sent-back",
        "step.removed",
        "timestamps.lock-extended",
        "view.removed",
        "view.saved",
    }
)
"""Acts that change what stood there: each of their entries keeps what it was and what it is."""


def entry_changes(action: str, facts: Mapping[str, Any], private: Mapping[str, Any]) -> list[Change]:
    """Answer the fields an act changed, in the order they are kept in; of what is withheld from `private` nothing."""
    found: dict[str, Change] = {}
    for kept in (facts, private):
        before, after = kept.get("before"), kept.get("after")
        if isinstance(before, Mapping) and isinstance(after, Mapping):
            for name in dict.fromkeys([*before, *after]):
                found[name] = Change(name, before.get(name), after.get(name))
        elif isinstance(before, list) and isinstance(after, list) and (names := _LISTS.get(action)):
            found |= _of_lists(names, before, after)
    for name, was, now in (*_SHAPES.get(action, ()), *_FORMER.get(action, ())):
        if name in found or not any(_kept(kept, was, now) for kept in (facts, private)):
            continue
        kept = {**facts, **private}
        found[name] = Change(name, kept.get(was) if was else None, kept.get(now) if now else None)
    return [one for one in found.values() if one.before != one.after or one.before == WITHHELD]


def keeps_both(action: str, facts: Mapping[str, Any], private: Mapping[str, Any]) -> bool:
    """Answer whether an entry of a changing act says what stood before and after, as it must."""
    if action not in CHANGING:
        return True
    for kept in (facts, private):
        if "before" in kept and "after" in kept:
            return True
    kept_names = {*facts, *private}
    return any({was, now} - {""} & kept_names for _, was, now in _SHAPES.get(action, ()))


def differing(before: Mapping[str, Any], after: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Answer of two states of one thing what differs: as it was, and as it is; what one of them lacks is left out there."""
    names = [name for name in dict.fromkeys([*before, *after]) if before.get(name) != after.get(name)]
    return {n: before[n] for n in names if n in before}, {n: after[n] for n in names if n in after}


def _kept(kept: Mapping[str, Any], was: str, now: str) -> bool:
    return (was in kept and not isinstance(kept[was], Mapping)) or (now in kept)


def _of_lists(names: tuple[str, ...], before: list[Any], after: list[Any]) -> dict[str, Change]:
    if len(names) == 1:
        return {names[0]: Change(names[0], before, after)}
    places = dict(enumerate(names))
    return {
        name: Change(name, before[n] if n < len(before) else None, after[n] if n < len(after) else None)
        for n, name in places.items()
    }
