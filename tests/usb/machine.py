"""A virtual machine with USB sockets, in emulation: started, spoken to by QMP and by a shell on a serial line.

It sees the host's files read-only (so that it runs this very code without a copy), a folder that both write, and a
disk of its own. Emulated, because a machine that tests is itself a virtual one more often than not.
"""

from __future__ import annotations

import itertools
import json
import re
import socket
import subprocess
import sys
import time
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from tests.usb import kernel

REPOSITORY = Path(__file__).resolve().parents[2]
SHARE = Path("/run/share")
"""Where the machine sees the folder that both write."""
DISK = Path("/run/disk")
"""Where the machine's own disk is mounted (ext4)."""
_READY = 120.0
"""Seconds for booting at most; a dozen on an idle machine."""


class MachineError(AssertionError):
    """The machine did not do what it was told, or is gone."""


class Line:
    """One end of a pair of sockets, read with a time limit."""

    def __init__(self) -> None:
        self.here, self.there = socket.socketpair()
        self._held = b""

    def send(self, data: bytes) -> None:
        self.here.sendall(data)

    def until(self, pattern: re.Pattern[bytes], seconds: float) -> tuple[bytes, re.Match[bytes]]:
        """Read up to what `pattern` matches; answer what came before, and the match. Raises MachineError."""
        deadline = time.monotonic() + seconds
        while (found := pattern.search(self._held)) is None:
            self.here.settimeout(max(0.01, deadline - time.monotonic()))
            try:
                got = self.here.recv(65536)
            except TimeoutError:
                raise MachineError(f"no answer in {seconds:.0f} s: {self._held[-2000:]!r}") from None
            if not got:
                raise MachineError(f"the machine is gone: {self._held[-2000:]!r}")
            self._held += got
        before, self._held = self._held[: found.start()], self._held[found.end() :]
        return before, found


class Machine:
    """Use as a context manager; ready when entered."""

    def __init__(self, folder: Path, *, memory_mib: int = 1024, disk_mib: int = 1024) -> None:
        self.folder = folder
        self.share = folder / "share"
        self.share.mkdir(parents=True)
        self.console = folder / "console.log"
        self._qmp, self._shell = Line(), Line()
        self._names = itertools.count()
        disk, initrd = folder / "disk.img", folder / "initrd.gz"
        with disk.open("wb") as file:
            file.truncate(disk_mib << 20)
        _run("mkfs.ext4", "-q", "-F", str(disk))
        kernel.write_initrd(initrd, (Path(__file__).parent / "init.sh").read_bytes())
        program, setpriv = kernel.find_program("qemu-system-x86_64"), kernel.find_program("setpriv")
        assert program is not None
        assert setpriv is not None
        shared = "security_model=none,multidevs=remap"
        command = [
            setpriv, "--pdeathsig", "KILL",  # it never outlives the tests
            program, "-nodefaults", "-machine", "q35", "-accel", "tcg", "-cpu", "max", "-smp", "1",
            "-m", str(memory_mib), "-display", "none", "-no-reboot", "-rtc", "base=utc",
            "-kernel", str(kernel.image()), "-initrd", str(initrd),
            "-append", "console=ttyS0 rdinit=/init panic=1 quiet random.trust_cpu=on",
            "-serial", f"file:{self.console}",
            "-chardev", f"socket,id=shell,fd={self._shell.there.fileno()}", "-serial", "chardev:shell",
            "-chardev", f"socket,id=qmp,fd={self._qmp.there.fileno()}", "-mon", "chardev=qmp,mode=control",
            "-virtfs", f"local,path=/,mount_tag=host,readonly=on,{shared}",
            "-virtfs", f"local,path={self.share},mount_tag=share,{shared}",
            "-drive", f"file={disk},if=virtio,format=raw,cache=unsafe",
            "-nic", "user,model=virtio-net-pci",
            "-device", "qemu-xhci,id=xhci,p2=8,p3=8",
        ]  # fmt: skip
        self._log = (folder / "qemu.log").open("wb")
        self._process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=self._log, stderr=self._log,
            pass_fds=[self._qmp.there.fileno(), self._shell.there.fileno()],
        )  # fmt: skip
        self._qmp.there.close()
        self._shell.there.close()
        self._plugged: set[str] = set()
        self.boot_seconds = 0.0

    def __enter__(self) -> Self:
        began = time.monotonic()
        try:
            self._qmp.until(re.compile(rb'"QMP".*\n'), 30)
            self.qmp("qmp_capabilities")
            self._shell.until(re.compile(rb"<<0>>\r?\n"), _READY)
        except MachineError as error:
            self.close()
            said = self.console.read_text(errors="replace") if self.console.exists() else ""
            raise MachineError(f"{error}\n{(self.folder / 'qemu.log').read_text()}\n{said[-3000:]}") from None
        self.boot_seconds = time.monotonic() - began
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Switch it off, as pulling its plug would."""
        self._process.kill()
        self._process.wait()
        self._log.close()
        for line in (self._qmp, self._shell):
            line.here.close()

    # What is said to it

    def sh(self, command: str, seconds: float = 60) -> str:
        """Run one line in the machine's own shell (busybox); answer what it printed. Raises MachineError."""
        assert "\n" not in command
        self._shell.send(command.encode() + b"\n")
        said, ended = self._shell.until(re.compile(rb"<<(\d+)>>\r?\n"), seconds)
        text = said.decode(errors="replace").replace("\r\n", "\n")
        if ended.group(1) != b"0":
            raise MachineError(f"{command}: status {ended.group(1).decode()}: {text}")
        return text

    def python(self, *arguments: str, log: str) -> int:
        """Start this Python in the machine, in the repository's folder as root; answer its process id there.

        What it says goes to the file `log` in the shared folder.
        """
        words = " ".join(f"'{word}'" for word in (sys.executable, *arguments))
        inner = f"cd '{REPOSITORY}' && exec {words} >>{SHARE / log} 2>&1"
        line = (
            "env -i PATH=/usr/bin:/bin:/usr/sbin:/sbin HOME=/run TMPDIR=/run/tmp LANG=C.UTF-8 "
            f'PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1 setsid chroot /host /bin/sh -c "{inner}" & echo $!'
        )
        return int(self.sh(line))

    def qmp(self, order: str, **arguments: Any) -> Any:
        """Give QEMU an order; answer what it returns. Raises MachineError."""
        name = str(next(self._names))
        message = {"execute": order, "arguments": arguments, "id": name}
        self._qmp.send(json.dumps(message).encode() + b"\n")
        _, answer = self._qmp.until(re.compile(rb'\{.*"id": "' + name.encode() + rb'".*\n'), 30)
        said = json.loads(answer.group())
        if "error" in said:
            raise MachineError(f"{order}: {said['error']['desc']}")
        return said["return"]

    # USB

    def plug(
        self,
        card: Path,
        port: int,
        serial: str,
        *,
        bytes_a_second: int | None = None,
        bad_sectors: tuple[int, ...] = (),
        read_only: bool = False,
    ) -> str:
        """Plug a stick with this image into a socket of the machine; answer the name by which to pull it.

        `bytes_a_second` slows reading down. Reading any of `bad_sectors` (of 512 bytes) fails.
        """
        name = f"stick{next(self._names)}"
        lowest: dict[str, Any] = {"driver": "file", "filename": str(card), "read-only": read_only}
        if bad_sectors:
            # "read_aio" is what the raw layer above announces before it reads
            lowest = {
                "driver": "blkdebug",
                "image": lowest,
                "read-only": read_only,
                "inject-error": [
                    {"event": "read_aio", "errno": 5, "sector": sector, "once": False, "immediately": False}
                    for sector in bad_sectors
                ],
            }
        node: dict[str, Any] = {"driver": "raw", "read-only": read_only, "file": lowest}
        if bytes_a_second is not None:
            limits = {"bps-read": bytes_a_second}
            self.qmp("object-add", **{"qom-type": "throttle-group", "id": f"{name}-pace", "limits": limits})
            node = {
                "driver": "throttle",
                "throttle-group": f"{name}-pace",
                "file": node,
                "read-only": read_only,
            }
        self.qmp("blockdev-add", **node, **{"node-name": name})
        stick = {"driver": "usb-storage", "bus": "xhci.0", "removable": True}
        self.qmp("device_add", **stick, id=f"{name}-usb", drive=name, serial=serial, port=str(port))
        self._plugged.add(name)
        return name

    def slow_down(self, name: str, bytes_a_second: int) -> None:
        """Change the pace of a stick that was plugged in with one.

        Below some 8 KiB a second the machine's kernel gives up a read, and QEMU waits for it with everything else.
        """
        limits = {"bps-read": bytes_a_second}
        self.qmp("qom-set", path=f"/objects/{name}-pace", property="limits", value=limits)

    def pull(self, name: str) -> None:
        """Pull a stick, whatever is being read from it. Returns when it is out."""
        self._plugged.discard(name)
        self.qmp("device_del", id=f"{name}-usb")
        deadline = time.monotonic() + 30
        while True:  # out of the socket at once; QEMU lets go of the image a little later
            try:
                self.qmp("blockdev-del", **{"node-name": name})
            except MachineError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.1)
            else:
                return

    def pull_all(self) -> None:
        """Pull what is still plugged in."""
        for name in list(self._plugged):
            self.pull(name)


def _run(program: str, *arguments: str) -> None:
    found = kernel.find_program(program)
    assert found is not None, program
    subprocess.run([found, *arguments], check=True, stdout=subprocess.DEVNULL, stdin=subprocess.DEVNULL)
