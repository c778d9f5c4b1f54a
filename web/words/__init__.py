"""What the stable words of code and database are called on screen: tables from code to sentence."""

from web.words.actions import ACTIONS
from web.words.disposal import (
    DISPOSAL_ITEM_STATES,
    DISPOSAL_PARTS,
    DISPOSAL_PROPOSALS,
    DISPOSAL_REFUSALS,
    DISPOSAL_STATES,
    NOT_EXPIRED,
)
from web.words.kept import COERCION, HELD, OUTCOMES, ROW_ROLES, SCHEDULE_REFUSALS, SCHEDULE_STATES, STARTS
from web.words.reasons import (
    CASE_MOVE_REFUSALS,
    FLAGS,
    GAP_REFUSALS,
    INCIDENTS,
    MARK_REFUSALS,
    REASONS,
    REFUSALS,
    SEAL_REFUSALS,
    VIEW_REFUSALS,
)
from web.words.sentences import say_sentence
from web.words.states import (
    ACTIVITIES,
    CASE_MOVES,
    CASE_STAGES,
    CASE_STATES,
    CASE_TYPES,
    CLIP_STATES,
    ENDS,
    JOBS,
    KINDS,
    PRESETS,
    QUEUES,
    RATE_KINDS,
    RECORDER_KINDS,
    RENDITIONS,
    ROLES,
    SHOWN_AS,
    SLOTS,
    SOURCES,
    STAGE_STATES,
    STAGES,
    STOPPED,
    STRETCHES,
    SUBJECTS,
    VOLUMES,
    WEIGHTS,
    WHEN,
    WORKERS,
)
from web.words.stations import ORDER_RESULTS, STATION_WORDS

__all__ = ["TABLES", "say", "say_sentence"]

TABLES = {
    "action": ACTIONS,
    "activity": ACTIVITIES,
    "case move": CASE_MOVES,
    "case move refusal": CASE_MOVE_REFUSALS,
    "case stage": CASE_STAGES,
    "case state": CASE_STATES,
    "case type": CASE_TYPES,
    "clip state": CLIP_STATES,
    "disposal item": DISPOSAL_ITEM_STATES,
    "disposal part": DISPOSAL_PARTS,
    "disposal proposal": DISPOSAL_PROPOSALS,
    "disposal refusal": DISPOSAL_REFUSALS,
    "disposal state": DISPOSAL_STATES,
    "end": ENDS,
    "flag": FLAGS,
    "gap refusal": GAP_REFUSALS,
    "incident": INCIDENTS,
    "job": JOBS,
    "kind": KINDS,
    "not expired": NOT_EXPIRED,
    "order": ORDER_RESULTS,
    "mark refusal": MARK_REFUSALS,
    "preset": PRESETS,
    "queue": QUEUES,
    "rate kind": RATE_KINDS,
    "reason": REASONS,
    "recorder kind": RECORDER_KINDS,
    "refusal": REFUSALS,
    "coercion": COERCION,
    "held by": HELD,
    "period start": STARTS,
    "row role": ROW_ROLES,
    "schedule refusal": SCHEDULE_REFUSALS,
    "schedule state": SCHEDULE_STATES,
    "trial outcome": OUTCOMES,
    "seal refusal": SEAL_REFUSALS,
    "rendition": RENDITIONS,
    "role": ROLES,
    "shown as": SHOWN_AS,
    "slot": SLOTS,
    "source": SOURCES,
    "stage": STAGES,
    "stage state": STAGE_STATES,
    "station": STATION_WORDS,
    "stopped": STOPPED,
    "stretch": STRETCHES,
    "subject": SUBJECTS,
    "view refusal": VIEW_REFUSALS,
    "volume": VOLUMES,
    "weight": WEIGHTS,
    "when": WHEN,
    "worker": WORKERS,
}


def say(table: str, code: str | None) -> str:
    """Answer what `code` is called; an unknown code is shown as it is, so that nothing is hidden."""
    if code is None:
        return ""
    return str(TABLES[table].get(code, code))
