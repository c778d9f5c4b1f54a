"""What the stable words of code and database are called on screen: tables from code to sentence."""

from web.words.actions import ACTIONS
from web.words.archive import (
    ACCEPT_REFUSALS,
    CHECK_REFUSALS,
    FOUR_GROUPS,
    FOUR_REASONS,
    FOUR_RESULTS,
    FOUR_TESTS,
    LABEL_REFUSALS,
    NUMBER_FIELDS,
    PERIODS,
    UNDATED,
    say_finding,
)
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

__all__ = ["TABLES", "say", "say_finding", "say_sentence"]

TABLES = {
    "accept refusal": ACCEPT_REFUSALS,
    "action": ACTIONS,
    "activity": ACTIVITIES,
    "case move": CASE_MOVES,
    "case move refusal": CASE_MOVE_REFUSALS,
    "case stage": CASE_STAGES,
    "case state": CASE_STATES,
    "case type": CASE_TYPES,
    "check refusal": CHECK_REFUSALS,
    "clip state": CLIP_STATES,
    "end": ENDS,
    "flag": FLAGS,
    "four group": FOUR_GROUPS,
    "four reason": FOUR_REASONS,
    "four result": FOUR_RESULTS,
    "four test": FOUR_TESTS,
    "gap refusal": GAP_REFUSALS,
    "incident": INCIDENTS,
    "job": JOBS,
    "kind": KINDS,
    "label refusal": LABEL_REFUSALS,
    "number field": NUMBER_FIELDS,
    "order": ORDER_RESULTS,
    "period": PERIODS,
    "mark refusal": MARK_REFUSALS,
    "preset": PRESETS,
    "queue": QUEUES,
    "rate kind": RATE_KINDS,
    "reason": REASONS,
    "recorder kind": RECORDER_KINDS,
    "refusal": REFUSALS,
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
    "undated": UNDATED,
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
