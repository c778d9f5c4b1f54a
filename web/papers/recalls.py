"""Recalls 追溯 of a recorder, as a section of its maintenance log on paper: each fault, what it touched, each verdict."""

from __future__ import annotations

from collections.abc import Sequence

from catalog.maintenance.recall import Recall, RecallLine
from catalog.models import Case
from catalog.paper.blocks import Block, Facts, Heading, Paragraph, Table
from web.formats import duration, lasting, moment
from web.papers.paper import called
from web.speech import _, ngettext
from web.words import say

SHORT = 12
"""Hexadecimal digits of SHA-256 by which a recording is told apart, as the page of a recall has them."""


def recalls_section(recalls: Sequence[Recall], *, names: bool, titles: bool) -> list[Block]:
    """Answer the blocks of all recalls; none where there is no recall.

    `names`: whether the reader is told what recordings are called, `titles`: and cases.
    """
    blocks: list[Block] = []
    for number, recall in enumerate(recalls, 1):
        blocks.append(Heading(_("Recall %(n)s · %(fault)s", n=number, fault=say("fault", recall.fault.kind))))
        blocks.append(Facts(_facts(recall, titles)))
        if recall.lines:
            blocks.append(_lines(recall, names, titles))
        else:
            blocks.append(Paragraph(_("No recording falls into this window.")))
    return blocks


def unread_section() -> list[Block]:
    """Answer what stands in place of recalls that the reader may not see: silence would read as if there were none."""
    return [
        Heading(_("Recalls")),
        Paragraph(
            _(
                "Recalls of this recorder are on record. They are not part of this copy, since whoever had it made "
                "may not read recalls."
            )
        ),
    ]


def _facts(recall: Recall, titles: bool) -> list[tuple[str, str]]:
    fault = recall.fault
    told = " · ".join(
        (say("fault", fault.kind), say("fault source", fault.source), moment(fault.reported_at))
    )
    found = [(_("Fault"), f"{told}\n{fault.note}" if fault.note else told)]
    if fault.recall_opened_at is not None:
        found.append((_("Recall begun"), moment(fault.recall_opened_at)))
    if fault.outcome == "rejected":
        found.append(
            (_("Fault rejected"), "\n".join([fault.reason, _("The verdicts given for it count no more.")]))
        )
    counted = _recordings(len(recall.lines))
    return [
        *found,
        (_("From"), _since(recall)),
        (_("Until"), _until(recall)),
        (_("Recordings touched"), f"{counted} · {_progress(recall)}" if recall.lines else counted),
        (_("Cases touched"), _cases(recall, titles)),
        (_("How counted"), f"{_how(fault.kind)}\n{_reach()}"),
    ]


def _since(recall: Recall) -> str:
    since = recall.window.since
    if since is None:
        return _("its first recording: no check ever showed it sound")
    return " · ".join((moment(since), _("the last check that shows the fault was not there yet")))


def _until(recall: Recall) -> str:
    ends = {"repaired": _("back from the repair"), "rejected": _("the fault was rejected")}
    why = ends.get(recall.fault.outcome or "", _("when this paper was made: it is not repaired"))
    return f"{moment(recall.window.until)} · {why}"


def _progress(recall: Recall) -> str:
    waiting = len(recall.lines) - recall.judged
    if not waiting:
        return _("all have their verdict")
    return _("%(n)s still without verdict", n=waiting)


def _cases(recall: Recall, titles: bool) -> str:
    if not recall.cases:
        return _("No case uses any of these recordings.")
    listed = [f"{_case(case, titles)} · {_recordings(count)}" for case, count in recall.cases]
    return "\n".join([ngettext("%(num)s case", "%(num)s cases", len(listed)), *listed])


def _recordings(count: int) -> str:
    return ngettext("%(num)s recording", "%(num)s recordings", count)


def _case(case: Case, titles: bool) -> str:
    return f"{case.number or '—'} {case.title}" if titles else case.number or "—"


def _how(kind: str) -> str:
    if kind == "clock":
        return _("The clock itself failed: recordings are placed by the dockings that brought them.")
    return _(
        "A recording is in when any moment of it may lie in the window: the error of the clock widens it, and one "
        "without a time is placed by its dockings."
    )


def _reach() -> str:
    """Always said, so that it tells nobody whether there are any others."""
    return _("Counted and listed are the recordings that whoever had this paper made is told of in a recall.")


def _lines(recall: Recall, names: bool, titles: bool) -> Table:
    head = [
        _("No."), _("Recorded"), _("Recording"), _("Case"), _("Verdict"), _("Given by"), _("Given"), _("Note"),
    ]  # fmt: skip
    rows = [
        (str(number), _recorded(line), _recording(line, names), _cases_of(line, titles), *_verdict(line))
        for number, line in enumerate(recall.lines, 1)
    ]
    return Table(head, rows, widths=(0.5, 1.9, 2.8, 1.9, 1.4, 1, 1.5, 3))


def _recorded(line: RecallLine) -> str:
    taken = line.made.taken
    if taken is None:
        return "\n".join((_("by %(time)s", time=moment(line.made.before)), _("no time known")))
    return f"{moment(taken.start, seconds=True)}\n± {lasting(taken.error)}"


def _recording(line: RecallLine, names: bool) -> str:
    clip = line.clip
    lasts = f" · {duration(clip.duration)}" if clip.duration else ""
    told = f"{say('kind', clip.kind)}{lasts} · {clip.sha256[:SHORT]}"
    return f"{clip.name}\n{told}" if names else told


def _cases_of(line: RecallLine, titles: bool) -> str:
    return "\n".join(case.number or (case.title if titles else "—") for case in line.cases) or "—"


def _verdict(line: RecallLine) -> tuple[str, str, str, str]:
    """The verdict, who gave it, when, and the note."""
    given = line.verdict
    if given is None:
        return _("waits for its verdict"), "—", "—", "—"
    return say("verdict", given.verdict), called(given.judge), moment(given.at), given.note or "—"
