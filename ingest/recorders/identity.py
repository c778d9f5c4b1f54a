"""Which recorder is this? The first of: USB serial, file system id, marker file, the folder's path."""

from __future__ import annotations

import hashlib
import os
import stat
import tomllib
from pathlib import Path
from typing import Any, Literal

from ingest.protocol import RecorderIdentity
from ingest.recorders.mounts import DeviceFacts, Mount, device_facts, mount_at
from ingest.recorders.serials import placeholder, told_apart

MARKER = "LIUHEN-RECORDER.toml"
"""A file at the root of a card or folder that names the recorder: serial, model, vendor, kind.

Its serial counts where the card says nothing of its own. Anybody may copy the file to another card, so what rests on
it is named and taken in, and never cleared (`ingest.clearing.rules.is_itself`)."""
_MARKER_LIMIT = 64 * 1024
_TEXT_LIMIT = 128


def read_marker(root: Path) -> dict[str, str]:
    """Read the marker file; an absent, foreign or broken one is an empty answer. Links are not followed."""
    try:
        fd = os.open(root / MARKER, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:
        return {}
    with os.fdopen(fd, "rb") as file:
        try:
            if not stat.S_ISREG(os.fstat(fd).st_mode):
                return {}
            values: dict[str, Any] = tomllib.loads(file.read(_MARKER_LIMIT).decode("utf-8"))
        except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError):
            return {}
    return {
        name: text
        for name in ("serial", "model", "vendor", "kind")
        if isinstance(value := values.get(name), str) and (text := _plain(value))
    }


def identify(root: Path) -> RecorderIdentity:
    """Answer what can be learned of what is mounted at, or lies in, `root`."""
    mount = mount_at(root)
    facts = device_facts(mount.device) if mount is not None else DeviceFacts()
    return compose(root, mount, facts, read_marker(root))


def compose(
    root: Path,
    mount: Mount | None,
    facts: DeviceFacts,
    marker: dict[str, str],
    *,
    driver: str = "folder",
) -> RecorderIdentity:
    """Choose the serial and gather the rest; pure but for the free space of `root`.

    A USB serial that proves nothing (one that makers leave in, or a card reader's) is told apart by the file system.
    """
    serial, source = _serial(root, facts, marker)
    stated = marker.get("kind")
    kind: Literal["recorder", "card", "folder"] = "card" if mount is not None else "folder"
    if stated == "recorder" or (stated is None and source == "usb" and not facts.reader):
        kind = "recorder"
    elif stated == "card":
        kind = "card"
    try:
        space = os.statvfs(root)
        free = space.f_bavail * space.f_frsize
    except OSError:
        free = None
    identity = RecorderIdentity(
        serial=serial,
        serial_source=source,
        vendor=facts.vendor or marker.get("vendor", ""),
        model=facts.model or marker.get("model", ""),
        kind=kind,
        filesystem=" ".join(filter(None, (mount.filesystem if mount else "", facts.filesystem_id)))[
            :_TEXT_LIMIT
        ],
        filesystem_id=facts.filesystem_id,
        usb_id=facts.usb_id,
        port=facts.port[:64],
        driver=driver,
        free_bytes=free,
    )
    proves_nothing = source == "usb" and (facts.reader or placeholder(serial))
    return told_apart(identity) if proves_nothing else identity


def _serial(
    root: Path, facts: DeviceFacts, marker: dict[str, str]
) -> tuple[str, Literal["usb", "filesystem", "marker", "folder"]]:
    if facts.usb and facts.serial:
        return facts.serial, "usb"
    if facts.filesystem_id:
        return f"fs-{facts.filesystem_id}"[:_TEXT_LIMIT], "filesystem"
    if "serial" in marker:
        return marker["serial"], "marker"
    digest = hashlib.sha256(os.fsencode(root)).hexdigest()
    return f"folder-{digest[:16]}", "folder"


def _plain(text: str) -> str:
    return "".join(c for c in text if c.isprintable()).strip()[:_TEXT_LIMIT]
