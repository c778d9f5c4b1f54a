"""四性检测 report and 归档证明."""

from __future__ import annotations

from datetime import datetime

from catalog.archiving.checking import CheckView
from catalog.archiving.index import FileIndex
from catalog.paper.blocks import Block, Facts, Heading, Paragraph, Signatures, Table
from catalog.rules.four_checks import GROUPS, TESTS
from web.formats import day, moment, size
from web.papers.paper import Paper, called, facts_of, made
from web.speech import _, ngettext
from web.words import say, say_finding


def check_paper(index: FileIndex, view: CheckView, now: datetime, who: str) -> Paper:
    """Answer the report of an acceptance check: what was tested, what was not, and how each recording stands."""
    check = view.check
    tests = []
    for group in GROUPS:
        for test in TESTS[group]:
            tally = view.tally(group, test)
            if any(tally.values()):
                tests.append(
                    [
                        say("four group", group), say("four test", test), str(tally["pass"]), str(tally["fail"]),
                        str(tally["not-tested"]),
                    ]
                )  # fmt: skip
    blocks: list[Block] = [
        Facts(
            [
                *facts_of(index.case),
                (_("Checked"), f"{moment(check.checked_at, seconds=True)} · {called(check.checker)}"),
                (_("Result"), say("four result", view.outcome)),
                *((say("four group", group), say("four result", view.groups[group])) for group in GROUPS),
                (_("SHA-256 of the list of contents"), check.content_sha256),
            ]
        )
    ]
    if view.stale:
        blocks.append(Paragraph(_("Stale: what is in the file has changed since. Check it again.")))
    blocks += [
        Heading(_("What was tested")),
        Table(
            [_("Property"), _("Test"), _("passed"), _("not passed"), _("not tested")],
            tests,
            [2, 6, 1.2, 1.2, 1.4],
        ),
        Heading(_("What was not passed, and why")),
    ]
    reasons = _reasons(view)
    if reasons:
        blocks.append(Table([_("Recording"), _("Test"), _("Result"), _("Why")], reasons, [3, 2.4, 1.2, 5]))
    else:
        blocks.append(Paragraph(_("Nothing.")))
    blocks += [
        Heading(_("Recording by recording")),
        Table(
            [_("No."), _("Recording"), "SHA-256", *(say("four group", group) for group in GROUPS)],
            [
                [
                    str(n), one.attachment.clip.name, one.attachment.clip.sha256,
                    *(say("four result", one.groups[group]) for group in GROUPS),
                ]
                for n, one in enumerate(view.clips, 1)
            ],
            [0.8, 4, 5, 1.3, 1.3, 1.3, 1.3],
        ),
        Paragraph(_sealed()),
        Signatures([_("Checked by"), _("Head of the office")]),
        Paragraph(made(moment(now, seconds=True), who)),
    ]  # fmt: skip
    return Paper(
        _("Report of the acceptance check"), blocks, index.case.archive_number or index.case.number or index.case.title,
        _("SHA-256 of the list of contents: %(digest)s", digest=check.content_sha256),
    )  # fmt: skip


def _sealed() -> str:
    """Said on every report, so that it tells nothing of any."""
    return _("Sealed items are listed apart, under seal, and are never part of this report.")


def _reasons(view: CheckView) -> list[list[str]]:
    """Failures one by one; what was not tested once for each test and reason, with how often."""
    found = [
        [_("The whole file"), say("four test", f.test), say("four result", f.result), say_finding(f)]
        for f in view.of_file
        if f.result != "pass"
    ]
    untested: dict[tuple[str, str], list[str]] = {}
    for one in view.clips:
        for f in one.findings:
            if f.result == "fail":
                found.append(
                    [
                        one.attachment.clip.name,
                        say("four test", f.test),
                        say("four result", f.result),
                        say_finding(f),
                    ]
                )
            elif f.result == "not-tested":
                untested.setdefault((f.test, f.reason), []).append(say_finding(f))
    for (test, _reason), sentences in untested.items():
        times = ngettext("%(num)s recording", "%(num)s recordings", len(sentences))
        said = sentences[0] if len(set(sentences)) == 1 else min(sentences)
        found.append([times, say("four test", test), say("four result", "not-tested"), said])
    return found


def certificate_paper(index: FileIndex, view: CheckView | None, now: datetime, who: str) -> Paper:
    """归档证明: that the archive has taken the file over, on which check, and how long its recordings are kept at least."""
    case = index.case
    accepted, archived = index.moves.get("accept"), index.moves.get("archive")
    clips = index.clips
    locks = [copy.lock_until for clip in clips for copy in clip.copies]
    held = sum(1 for clip in clips if clip.hold_desired)
    pairs = [
        *facts_of(case),
        (_("Recordings and documents"), f"{len(clips)} · {size(index.bytes)}"),
        (
            _("Accepted"),
            f"{moment(case.accepted_at, seconds=True)} · {called(accepted.by if accepted else None)}",
        ),
        (_("Archived"), f"{moment(archived.at, seconds=True)} · {called(archived.by)}" if archived else "—"),
        (
            _("Locks seen at the storage"),
            _("each until %(day)s at least", day=day(min(locks))) if locks else "—",
        ),
        (_("On hold"), str(held)),
    ]
    if view is not None:
        checked = f"{moment(view.check.checked_at, seconds=True)} · {called(view.check.checker)}"
        pairs.append((_("Acceptance check"), f"{checked} · {say('four result', view.outcome)}"))
    if accepted is not None and accepted.note:
        pairs.append((_("Note on accepting"), accepted.note))
    return Paper(
        _("Certificate of archiving"),
        [
            Paragraph(
                _(
                    "The archive has taken the case file below over, with the recordings and documents listed in its index. Their originals lie in locked storage, which refuses to delete them before their date."
                )
            ),
            Facts(pairs),
            Signatures([_("Archivist"), _("Head of the office"), _("Section that handed over")]),
            Paragraph(made(moment(now, seconds=True), who)),
        ],
        case.archive_number or case.number or case.title,
        _("SHA-256 of the list of contents: %(digest)s", digest=index.content),
    )
