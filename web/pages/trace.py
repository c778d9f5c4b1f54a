"""来历: a clip's way as a line with nodes, each done, under way, or broken."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from catalog.clips import ClipView
from catalog.looking import first_copy
from catalog.models import Docking
from catalog.timestamps.viewing import StampView
from web.formats import clock, day, moment
from web.speech import _
from web.words import say, say_sentence


@dataclass(frozen=True, slots=True)
class Node:
    """One node: `done` filled, `now` ringed, `bad` square, `open` empty."""

    look: Literal["done", "now", "bad", "open"]
    title: str
    at: datetime | None
    notes: tuple[str, ...] = ()


def trace_of(view: ClipView, stamps: Sequence[StampView] = ()) -> list[Node]:
    """Answer the nodes in the order of the way, oldest first."""
    return [
        _recorded(view),
        *_docked(view),
        _received(view),
        *_worked(view, "verify"),
        *_stamped(view, stamps),
        *_worked(view, "describe", "render", "reread"),
        *_attached(view),
        *_destroyed(view),
    ]


def _destroyed(view: ClipView) -> list[Node]:
    at = view.clip.destroyed_at
    return (
        [Node("bad", _("Destroyed by the disposal procedure, %(time)s", time=moment(at)), at)] if at else []
    )


def _recorded(view: ClipView) -> Node:
    clip = view.clip
    notes = []
    if clip.recorder is not None:
        notes.append(f"{say('recorder kind', clip.recorder.kind)} {clip.recorder.label}")
        if not clip.recorder.registered:
            notes.append(_("not registered"))
    if clip.officer is not None:
        notes.append(f"{clip.officer.name} · {say('source', clip.officer_source)}")
    if clip.recorded_at is None:
        return Node("open", _("Recorded, time unknown"), None, tuple(notes))
    notes.append(_("time from: %(source)s", source=say("source", clip.recorded_at_source)))
    until = ""
    if clip.duration:
        end = clip.recorded_at + timedelta(seconds=clip.duration)
        same = day(end) == day(clip.recorded_at)
        until = f" – {clock(end, seconds=True) if same else moment(end, seconds=True)}"
    title = _("Recorded %(time)s", time=moment(clip.recorded_at, seconds=True) + until)
    return Node("done", title, clip.recorded_at, tuple(notes))


def _docked(view: ClipView) -> list[Node]:
    nodes = []
    for sighting in view.sightings[:3]:
        docking = sighting.docking
        if sighting.bad_ranges:
            whole = _("with unreadable stretches")
        elif sighting.sha256 is None:
            whole = _("recognised by its marks, not read again")
        else:
            whole = _("both digests formed, read back")
        if view.clip.origin == "import" and "known_history" in docking.recorder_facts:
            nodes.append(_imported(docking, sighting.shown))
            continue
        nodes.append(
            Node(
                "done" if not sighting.bad_ranges else "bad",
                _("Docked %(time)s", time=moment(docking.opened_at)),
                docking.opened_at,
                (
                    _("%(station)s · slot %(slot)s", station=docking.station.name, slot=docking.slot),
                    f"{sighting.shown} · {whole}",
                    *((_("marked as important on the recorder"),) if sighting.important else ()),
                ),
            )
        )
    if len(view.sightings) > 3:
        nodes.append(Node("done", _("and %(n)s further sightings", n=len(view.sightings) - 3), None))
    return nodes


def _imported(docking: Docking, shown: str) -> Node:
    """Answer how footage from before this system came in, with what is known of it; what was before is not proven."""
    known = str(docking.recorder_facts["known_history"])
    return Node(
        "bad",
        _("From before this system, taken in %(time)s", time=moment(docking.opened_at)),
        docking.opened_at,
        (
            *((_("known of it: %(history)s", history=known),) if known else ()),
            shown,
            _("where it was before is not proven by this system"),
        ),
    )


def _received(view: ClipView) -> Node:
    copy = first_copy(view.clip)
    notes = []
    if copy is not None:
        version = copy.version if len(copy.version) <= 12 else f"{copy.version[:4]}…{copy.version[-4:]}"
        notes = [
            _("version %(version)s · locked until %(day)s", version=version, day=day(copy.lock_until)),
        ]
    if len(view.clip.copies) > 1:
        notes.append(_("%(n)s copies in storage", n=len(view.clip.copies)))
    return Node(
        "done",
        _("Received and locked %(time)s", time=moment(view.clip.received_at)),
        view.clip.received_at,
        tuple(notes),
    )


def _stamped(view: ClipView, stamps: Sequence[StampView]) -> list[Node]:
    stage = view.stage("timestamp")
    if stage is None:
        return []
    good = next((stamp.good[0] for stamp in stamps if stamp.good), None)
    if good is not None:
        notes = [_("by authority %(name)s", name=good.authority)]
        if good.self_signed:
            notes.append(_("self-signed, proves order only"))
        title = _("Time-stamped %(time)s", time=moment(good.gen_time, seconds=True))
        return [Node("done", title, good.gen_time, tuple(notes))]
    if stage.state == "done":
        return [Node("bad", _("The time stamp does not prove"), stage.updated_at)]
    return [Node("now", f"{say('stage', 'timestamp')}: {say('stage state', stage.state)}", None)]


def _worked(view: ClipView, *names: str) -> list[Node]:
    nodes = []
    titles = {
        "verify": _("Read back and verified"),
        "describe": _("Described"),
        "render": _("Pictures and copies made"),
        "encode": _("Made playable"),
        "analyse": _("Decoded whole and measured"),
        "reread": _("Read back a second time"),
    }
    for name in names:
        stage, title = view.stage(name), titles[name]
        if stage is None:
            continue
        at = view.clip.verified_at if name == "verify" and view.clip.verified_at else stage.updated_at
        if stage.state == "done":
            nodes.append(Node("done", f"{title} {moment(at)}", at))
        elif stage.state == "failed":
            nodes.append(
                Node("bad", f"{title}: {say('stage state', 'failed')}", at, (say_sentence(stage.error),))
            )
        else:
            nodes.append(Node("now", f"{title}: {say('stage state', stage.state)}", None))
    return nodes


def _attached(view: ClipView) -> list[Node]:
    return [
        Node(
            "done",
            _("Attached %(time)s", time=moment(a.attached_at)),
            a.attached_at,
            (
                f"{a.step.case.number or a.step.case.title} · {a.step.title}",
                say("weight", a.role) if a.standing == "attached" else say("standing", a.standing),
            ),
        )
        for a in view.attachments
        if a.standing != "gone"
    ]
