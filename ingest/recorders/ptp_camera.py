"""One camera or phone that speaks PTP or MTP, opened through libgphoto2."""

from __future__ import annotations

import contextlib
import errno
import os
import tempfile
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from ingest.errors import NotAttached, NotSupported, NotTaken, Unplugged, Vanished
from ingest.names import shown
from ingest.protocol import RecorderIdentity
from ingest.recorders.base import ClockValue, DeviceDefaults, LeftOut, Listed
from ingest.recorders.blocks import SYS, text_of, usb_facts
from ingest.recorders.serials import placeholder, told_apart
from ingest.recorders.twins import Twins

_DEEPEST = 32
_GRANULARITY = 1.0
"""Seconds; PTP's DateTime has whole ones."""
# gphoto2/gphoto2-result.h and gphoto2-port-result.h
_NOT_SUPPORTED, _NO_SPACE = -6, -115
_MISSING = {-107, -108}
GONE = {-52, -105}
_BUSY = -110


def library() -> Any:
    """Load libgphoto2 when first needed."""
    import gphoto2  # noqa: PLC0415  optional, and it sets up its drivers when first imported

    return gphoto2


class PtpRecorder(DeviceDefaults):
    """A camera, opened; a `Recorder`. One question at a time: the protocol knows no more."""

    def __init__(self, camera: Any, port: str, model: str, *, scratch: Path | None, sys: Path = SYS) -> None:
        """Take over an initialised camera. Raises NotAttached when it shows no storage (a locked phone)."""
        self._gp = library()
        self._camera = camera
        self._lock = threading.Lock()
        self._scratch = scratch
        self._folder = usb_folder(port, sys)
        self._number = text_of(self._folder / "devnum") if self._folder is not None else ""
        self._whole_only = False
        usb = usb_facts(self._folder) if self._folder is not None else {}
        if not self._storages():
            self.close()
            raise NotAttached("no-medium", "unlock it and allow file transfer")
        # A phone's own answer is often one that its maker left in; the one on USB comes first, as for disks.
        told = [
            one for one in (usb.get("serial", ""), str(self._setting("serialnumber") or "").strip()) if one
        ]
        serial = next((one for one in told if not placeholder(one)), told[0] if told else "")[-128:]
        identity = RecorderIdentity(
            serial=serial or f"ptp-{model}"[:128],
            serial_source="usb" if serial else "driver",
            vendor=str(self._setting("manufacturer") or usb.get("vendor", ""))[:128],
            model=str(self._setting("cameramodel") or usb.get("model", "") or model)[:128],
            kind="recorder",
            filesystem="ptp",
            usb_id=usb.get("usb_id", ""),
            port=(usb.get("port") or port)[:64],
            driver="ptp",
        )
        self.identity = told_apart(identity) if not serial or placeholder(serial) else identity

    def present(self) -> bool:
        """Whether the same device still stands at its port."""
        return self._folder is None or text_of(self._folder / "devnum") == self._number

    def read_clock(self) -> ClockValue:
        """Read its clock; wall-clock time unless it keeps UTC. Raises NotSupported."""
        for name, utc in (("datetimeutc", True), ("datetime", False)):
            began = datetime.now(UTC)
            value = self._setting(name)
            ended = datetime.now(UTC)
            if isinstance(value, int):
                # libgphoto2 reads a camera's local time in this machine's zone; that is undone here.
                shown = datetime.fromtimestamp(value, UTC)
                took = (ended - began) / 2
                return ClockValue(
                    shown if utc else shown.astimezone().replace(tzinfo=None),
                    began + took,
                    took.total_seconds() + _GRANULARITY,
                )
        raise NotSupported("the clock of this camera cannot be read")

    def set_clock(self, to: datetime) -> None:
        """Set its clock. Raises NotSupported."""
        for name in ("datetimeutc", "datetime"):
            with contextlib.suppress(self._gp.GPhoto2Error), self._lock:
                widget = self._camera.get_single_config(name)
                if widget is None:
                    continue
                widget.set_value(round(to.timestamp()))
                self._camera.set_single_config(name, widget)
                return
        raise NotSupported("the clock of this camera cannot be set")

    def battery(self) -> int | None:
        """Answer its charge where it is told in per cent."""
        text = str(self._setting("batterylevel") or "").strip().removesuffix("%")
        return min(100, int(text)) if text.isdigit() else None

    def free_space(self) -> int | None:
        """Answer the free bytes of all its storages."""
        return sum(int(storage.freekbytes) * 1024 for storage in self._storages())

    def entries(self) -> Iterator[Listed | LeftOut]:
        """List everything on it. Raises Unplugged."""
        waiting = [("/", 0)]
        while waiting:
            folder, depth = waiting.pop()
            path = os.fsencode(folder.strip("/"))
            if depth > _DEEPEST:
                yield LeftOut(path, "folder-circle", attention=True)
                continue
            try:
                names = self._names(self._camera.folder_list_folders, folder)
                waiting += [(f"{folder.rstrip('/')}/{name}", depth + 1) for name in names]
                files = self._names(self._camera.folder_list_files, folder)
            except OSError as error:
                self._still_there(error)
                yield LeftOut(path, "unreadable-folder", attention=True, detail=str(error.strerror))
                continue
            twins = Twins()
            for name in files:
                if twins.same_name(os.fsencode(name)):
                    yield LeftOut(path, "same-name", attention=True, detail=shown(os.fsencode(name)))
                    continue
                whole = path + b"/" + os.fsencode(name) if path else os.fsencode(name)
                try:
                    yield Listed(whole, *self.facts_of(whole))
                except Vanished:
                    continue
                except OSError as error:
                    self._still_there(error)
                    yield LeftOut(whole, "unreadable", attention=True, detail=str(error.strerror))

    def open(self, path: bytes) -> PtpFile:
        """Open a listed file. Raises Vanished, Unplugged, OSError."""
        return PtpFile(self, path, *self.facts_of(path))

    def clear(self, path: bytes, size: int, modified_ns: int) -> None:
        """Remove a listed file for good. Raises NotTaken, Vanished, Unplugged, OSError."""
        if self.facts_of(path) != (size, modified_ns):
            raise NotTaken("not-the-listed-file")
        self._ask(self._camera.file_delete, *_split(path))
        with contextlib.suppress(Vanished):
            self.facts_of(path)
            raise NotTaken("write-protected", "the camera kept the file")

    def close(self) -> None:
        """Let go of it."""
        with contextlib.suppress(self._gp.GPhoto2Error), self._lock:
            self._camera.exit()

    # What its files ask

    def facts_of(self, path: bytes) -> tuple[int, int]:
        """Answer size and modification time of a file. Raises Vanished, Unplugged, OSError."""
        info = self._ask(self._camera.file_get_info, *_split(path)).file
        return info.size, info.mtime * 10**9

    def read(self, path: bytes, view: memoryview, offset: int) -> int | None:
        """Read a piece; None when this camera gives files as a whole only. Raises Vanished, Unplugged, OSError."""
        if self._whole_only:
            return None
        try:
            kind = self._gp.GP_FILE_TYPE_NORMAL
            got: int = self._ask(self._camera.file_read, *_split(path), kind, offset, view)
        except NotSupported:
            self._whole_only = True
            return None
        return got

    def whole(self, path: bytes, size: int) -> int:
        """Lay a whole file into the scratch folder, without a name; answer its descriptor. Raises as `read`, ENOSPC."""
        folder = self._scratch if self._scratch is not None and self._scratch.is_dir() else None
        with tempfile.TemporaryFile(dir=folder) as file:
            room = os.fstatvfs(file.fileno())
            if room.f_bavail * room.f_frsize < 2 * size:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            fd = os.dup(file.fileno())
            try:
                # The library closes the descriptor it is given.
                _, target = self._gp.gp_file_new_from_fd(os.dup(fd))
                kind = self._gp.GP_FILE_TYPE_NORMAL
                self._ask(self._camera.file_get, *_split(path), kind, target)
            except BaseException:
                os.close(fd)
                raise
            return fd

    def _storages(self) -> list[Any]:
        with contextlib.suppress(self._gp.GPhoto2Error), self._lock:
            return list(self._camera.get_storageinfo())
        return []

    def _setting(self, name: str) -> Any:
        with contextlib.suppress(self._gp.GPhoto2Error), self._lock:
            # A phone has no such settings; the library answers None for some and an error for others.
            widget = self._camera.get_single_config(name)
            return widget.get_value() if widget is not None else None
        return None

    def _names(self, ask: Callable[[str], Any], folder: str) -> list[str]:
        found = self._ask(ask, folder)
        return [found.get_name(number) for number in range(found.count())]

    def _ask(self, question: Callable[..., Any], *words: Any) -> Any:
        try:
            with self._lock:
                return question(*words)
        except self._gp.GPhoto2Error as error:
            if not self.present() or error.code in GONE:
                raise Unplugged(str(error)) from error
            if error.code in _MISSING:
                raise Vanished(str(error)) from error
            if error.code == _NOT_SUPPORTED:
                raise NotSupported(str(error)) from error
            number = {_NO_SPACE: errno.ENOSPC, _BUSY: errno.EBUSY}.get(error.code, errno.EIO)
            raise OSError(number, str(error)) from error

    def _still_there(self, error: Exception) -> None:
        if not self.present():
            raise Unplugged(str(error)) from error


class PtpFile:
    """A file on a camera; a `SourceFile`."""

    def __init__(self, recorder: PtpRecorder, path: bytes, size: int, modified_ns: int) -> None:
        self._recorder = recorder
        self._path = path
        self._facts = (size, modified_ns)
        self._whole: int | None = None

    def facts(self) -> tuple[int, int]:
        """Answer size and modification time. Raises OSError."""
        return self._recorder.facts_of(self._path)

    def read_at(self, view: memoryview, offset: int) -> int:
        """Read once. Raises OSError."""
        length = min(len(view), self._facts[0] - offset)
        if length <= 0:
            return 0
        if self._whole is None:
            got = self._recorder.read(self._path, view[:length], offset)
            if got is not None:
                return got
            try:
                self._whole = self._recorder.whole(self._path, self._facts[0])
            except NotSupported as error:
                raise OSError(errno.EOPNOTSUPP, str(error)) from error
        return os.preadv(self._whole, [view[:length]], offset)

    def ahead(self, offset: int, length: int) -> None:
        """Nothing to prepare."""

    def close(self) -> None:
        """Let go of the file."""
        if self._whole is not None:
            os.close(self._whole)
            self._whole = None


def usb_folder(port: str, sys: Path = SYS) -> Path | None:
    """Answer a device's folder in sysfs by libgphoto2's name of its port, such as `usb:001,005`."""
    bus, _, device = port.removeprefix("usb:").partition(",")
    if not (bus.isdigit() and device.isdigit()):
        return None
    with contextlib.suppress(OSError):
        for folder in (sys / "bus/usb/devices").iterdir():
            if ":" not in folder.name and (
                text_of(folder / "busnum").isdigit()
                and int(text_of(folder / "busnum")) == int(bus)
                and text_of(folder / "devnum") == str(int(device))
            ):
                return folder.resolve()
    return None


def _split(path: bytes) -> tuple[str, str]:
    folder, _, name = os.fsdecode(path).rpartition("/")
    if not name or ".." in folder.split("/"):
        raise NotTaken("not-below-the-root", repr(path))
    return "/" + folder, name
