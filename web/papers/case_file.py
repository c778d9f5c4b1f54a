"""卷内目录 with 备考表, and 移交清单."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from catalog.archiving.index import FileIndex, IndexLine
from catalog.case_files.attaching import VOLUMES
from catalog.models import Attachment, CaseMove
from catalog.paper.blocks import Block, Facts, Heading, Paragraph, Signatures, Table
from web.formats import exact_time_code, moment, size
from web.papers.paper import Paper, called, facts_of, made
from web.speech import _, ngettext
from web.words import say

SHORT = 16
"""Hexadecimal digits of SHA-256 that a line shows; SM3 stands in full."""
WAY = ("make-up", "correct", "pass", "hand-over", "accept", "archive")


def index_paper(index: FileIndex, now: datetime, who: str) -> Paper:
    """Answer the index of the file with its sheet of remarks."""
    blocks: list[Block] = [Facts(facts_of(index.case))]
    for volume in VOLUMES:
        lines = index.volumes[volume]
        blocks.append(Heading(f"{say('volume', volume)} · {_entries(len(lines))}"))
        if lines:
            blocks.append(_index_table(lines))
        else:
            blocks.append(Paragraph(_("Nothing is listed in this volume.")))
    blocks += _remarks(index)
    blocks.append(Paragraph(made(moment(now, seconds=True), who)))
    return Paper(_("Index of the case file"), blocks, _head(index), _foot(index), wide=True)


def _entries(count: int) -> str:
    return ngettext("%(num)s entry", "%(num)s entries", count)


def _head(index: FileIndex) -> str:
    return index.case.archive_number or index.case.number or index.case.title


def _foot(index: FileIndex) -> str:
    return _("SHA-256 of the list of contents: %(digest)s", digest=index.content)


def _index_table(lines: Sequence[IndexLine]) -> Table:
    rows = [
        [
            str(line.number), _step(line.attachment), line.attachment.clip.name, maker(line.attachment),
            date_of(line.attachment), medium(line.attachment), say("weight", line.attachment.role),
            line.attachment.proves or "—", digests(line.attachment), place(line.attachment), remarks(line),
        ]
        for line in lines
    ]  # fmt: skip
    head = [
        _("No."), _("Stage and step"), _("Name"), _("Maker"), _("Date"), _("Medium and duration"), _("Use"),
        _("What it proves"), _("Digests"), _("Where it is stored"), _("Remarks"),
    ]  # fmt: skip
    return Table(head, rows, [1, 2.4, 3.3, 2, 2.1, 2.7, 1.7, 3.4, 4.6, 4.2, 3])


def _step(attachment: Attachment) -> str:
    step = attachment.step
    return f"{say('case stage', step.stage)}\n{step.title}"


def maker(attachment: Attachment) -> str:
    """责任者: as entered, else who recorded it."""
    if attachment.maker:
        return attachment.maker
    officer = attachment.clip.officer
    return f"{officer.name} ({officer.number})" if officer is not None else _("unknown")


def date_of(attachment: Attachment) -> str:
    """As entered, else when it was recorded by its own claim."""
    return moment(attachment.made_at or attachment.clip.recorded_at)


def medium(attachment: Attachment) -> str:
    """Kind, running time, and the range where only part of it is attached."""
    clip = attachment.clip
    parts = [say("kind", clip.kind)]
    if clip.duration is not None:
        parts.append(exact_time_code(clip.duration).split(".")[0])
    if attachment.range_start is not None:
        start, end = exact_time_code(attachment.range_start), exact_time_code(attachment.range_end)
        parts.append(_("only %(start)s", start=f"{start}\n–{end}"))
    if attachment.method:
        parts.append(attachment.method)
    return "\n".join(parts)


def digests(attachment: Attachment) -> str:
    """Enough of SHA-256 to tell, and SM3 whole."""
    return f"SHA-256 {attachment.clip.sha256[:SHORT]}…\nSM3 {attachment.clip.sm3}"


def place(attachment: Attachment) -> str:
    """Key and version of the first copy that was not found to differ."""
    copy = next((c for c in attachment.clip.copies if c.mismatched_at is None), None)
    return f"{copy.bucket}/{copy.key}\n{copy.version}" if copy is not None else "—"


def remarks(line: IndexLine) -> str:
    """Damage, what waits for the legal section, and where else the same recording is."""
    attachment = line.attachment
    found = [say("flag", flag) for flag in attachment.clip.flags]
    if attachment.clip.destroyed_at is not None:
        found.append(_("Destroyed by the procedure, %(time)s.", time=moment(attachment.clip.destroyed_at)))
    if attachment.detached_at is not None:
        found.append(
            _("Detached %(time)s, not confirmed yet: %(why)s", time=moment(attachment.detached_at),
              why=attachment.detach_reason or "—")
        )  # fmt: skip
    if attachment.clip.origin == "import":
        found.append(_("Taken over from before this system; its way until then is not proven."))
    if line.elsewhere:
        found.append(_("See also %(files)s", files="、".join(line.elsewhere)))
    return "\n".join(found)


def _remarks(index: FileIndex) -> list[Block]:
    """备考表: the state of the file, who made it up and checked it."""
    counts = "、".join(f"{say('kind', kind)} {count}" for kind, count in sorted(index.kinds.items())) or "0"
    bare = "；".join(f"{say('case stage', s.stage)} {s.title}" for s in index.bare_steps)
    pairs = [
        (
            _("In the file"),
            f"{counts} · {size(index.bytes)} · {exact_time_code(index.seconds).split('.')[0]}",
        ),
        *((say("volume", volume), _entries(len(index.volumes[volume]))) for volume in VOLUMES),
        (_("With damage or notes"), str(len(index.flagged))),
        (_("Detached, not confirmed"), str(len(index.detached))),
        (_("Steps without a listed recording"), bare or _("none")),
        (_("Note"), index.case.file_note or "—"),
        *((say("case move", move), _made_by(index.moves.get(move))) for move in WAY),
    ]
    return [
        Heading(_("Remarks on the state of the file")),
        Facts(pairs),
        Signatures([_("Made up by"), _("Checked by")]),
    ]


def _made_by(move: CaseMove | None) -> str:
    if move is None:
        return "—"
    text = f"{moment(move.at)} · {called(move.by)}"
    return f"{text} ({say('role', move.role)})" if move.role else text


def hand_over_paper(index: FileIndex, now: datetime, who: str) -> Paper:
    """移交清单: what one side gives and the other takes, signed by both (R2.8)."""
    rows: list[list[str]] = []
    for volume in VOLUMES:
        for line in index.volumes[volume]:
            attachment, clip = line.attachment, line.attachment.clip
            rows.append(
                [
                    str(len(rows) + 1), f"{say('volume', volume)} {line.number}", clip.name, medium(attachment),
                    date_of(attachment), f"{clip.size:,}", f"SHA-256 {clip.sha256}\nSM3 {clip.sm3}", remarks(line),
                ]
            )  # fmt: skip
    blocks: list[Block] = [
        Facts(facts_of(index.case)),
        Heading(_("Recordings and documents handed over")),
        Table(
            [_("No."), _("Volume"), _("Name"), _("Medium and duration"), _("Date"), _("Bytes"), _("Digests"), _("Remarks")],
            rows,
            [1, 1.6, 4, 2.4, 2.3, 2.2, 7, 3.4],
        )
        if rows
        else Paragraph(_("The file holds no recording or document that is listed.")),
        Facts(
            [
                (_("Total"), f"{_entries(len(rows))} · {size(index.bytes)}"),
                (say("case move", "hand-over"), _made_by(index.moves.get("hand-over"))),
                (say("case move", "accept"), _made_by(index.moves.get("accept"))),
            ]
        ),
        Paragraph(
            _("Both sides have compared this list with the file. The originals stay where they are; what changes hands is the charge of them.")
        ),
        Signatures([_("Handed over by"), _("Taken over by"), _("Witness of the hand-over")]),
        Paragraph(made(moment(now, seconds=True), who)),
    ]  # fmt: skip
    return Paper(_("Hand-over list"), blocks, _head(index), _foot(index), wide=True)
