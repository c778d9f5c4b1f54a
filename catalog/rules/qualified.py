"""Whether whoever recorded was allowed to on that day (R1.3, R2.7). Pure; a clip is flagged for it, never refused."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

NO_CERTIFICATE = "officer-without-certificate"
AUXILIARY = "officer-auxiliary"
FLAGS = frozenset({NO_CERTIFICATE, AUXILIARY})


@dataclass(frozen=True, slots=True)
class Standing:
    """What an officer is, from a day on, until the next such row begins."""

    since: date
    on_establishment: bool
    certificate_number: str | None
    certificate_from: date | None
    certificate_until: date | None
    left: bool = False
    """No longer with the bureau from that day on."""


def standing_on(rows: Sequence[Standing], day: date) -> Standing | None:
    """Answer the row that holds on a day: the latest that has begun; of two of one day, the one noted last."""
    begun = [row for row in rows if row.since <= day]
    if not begun:
        return None
    newest = max(row.since for row in begun)
    return [row for row in begun if row.since == newest][-1]


def flags_on(standing: Standing | None, day: date) -> tuple[str, ...]:
    """Answer the flags of a clip recorded on `day` by somebody of this standing; nobody known gives none.

    First and last day of a certificate belong to it; one without a last day holds on.
    """
    if standing is None:
        return ()
    flags = []
    certified = (
        bool(standing.certificate_number)
        and not standing.left
        and (standing.certificate_from is None or standing.certificate_from <= day)
        and (standing.certificate_until is None or day <= standing.certificate_until)
    )
    if not certified:
        flags.append(NO_CERTIFICATE)
    if not standing.on_establishment:
        flags.append(AUXILIARY)
    return tuple(flags)
