"""Debian's kernel for the virtual machine, as `scripts/usb-machine.sh` unpacked it, and the first file system it boots.

Written here rather than made by kmod and cpio: a module names what it needs in itself, and the archive is a list of
headers (Linux's Documentation/driver-api/early-userspace/buffer-format.rst).
"""

from __future__ import annotations

import gzip
import lzma
import os
import platform
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

MODULES = (
    "virtio_pci", "virtio_blk", "virtio_net", "9p", "9pnet_virtio", "ext4", "xhci_pci", "usb_storage", "sd_mod",
    "vfat", "exfat", "ntfs3", "fuse", "nls_cp437", "nls_ascii", "nls_iso8859-1", "nls_utf8", "loop",
)  # fmt: skip
"""What is loaded at boot, with what each needs; what this kernel does not have, or has built in, is left out."""
PROGRAMS = (
    "qemu-system-x86_64",
    "mkfs.vfat",
    "mkfs.exfat",
    "mkfs.ext4",
    "mcopy",
    "mdir",
    "fsck.vfat",
    "setpriv",
)
_DEPENDS = re.compile(rb"\0depends=([^\0]*)\0")


def kernel_folder() -> Path:
    """Where the kernel lies, or would lie."""
    if given := os.environ.get("USB_KERNEL_FOLDER"):
        return Path(given)
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "liuhen" / "usb-kernel"


def find_program(name: str) -> str | None:
    """Answer a program's path; the mkfs programs lie where a plain user's PATH does not go."""
    return shutil.which(name, path=os.environ.get("PATH", "") + ":/usr/local/sbin:/usr/sbin:/sbin")


def missing() -> str:
    """Say what this machine lacks for a virtual machine with USB; empty when nothing."""
    if platform.machine() != "x86_64":
        return "the virtual machine is an x86 one and runs this machine's Python"
    lacking = [name for name in PROGRAMS if find_program(name) is None]
    if busybox() is None:
        lacking.append("a static busybox")
    if not (kernel_folder() / "complete").exists():
        lacking.append(f"a kernel in {kernel_folder()}")
    return f"missing: {', '.join(lacking)}; scripts/usb-machine.sh fetches it" if lacking else ""


def busybox() -> Path | None:
    """Answer the statically linked busybox: a program without interpreter."""
    found = find_program("busybox")
    return Path(found) if found and b"ld-linux" not in Path(found).read_bytes()[:4096] else None


def image() -> Path:
    """Answer the newest kernel there is."""
    return max((kernel_folder() / "boot").glob("vmlinuz-*"))


def modules() -> Iterator[tuple[str, bytes]]:
    """Yield the modules' names and bytes in an order in which they can be loaded."""
    version = image().name.removeprefix("vmlinuz-")
    files = {
        path.name.split(".ko")[0].replace("-", "_"): path
        for path in (kernel_folder() / "lib" / "modules" / version / "kernel").rglob("*.ko*")
    }
    loaded: set[str] = set()

    def load(name: str) -> Iterator[tuple[str, bytes]]:
        if name in loaded or name not in files:
            return
        loaded.add(name)
        content = files[name].read_bytes()
        if files[name].suffix == ".xz":
            content = lzma.decompress(content)
        found = _DEPENDS.search(content)
        for needed in found.group(1).decode().split(",") if found and found.group(1) else ():
            yield from load(needed.replace("-", "_"))
        yield name, content

    # crc32c is asked for by name at run time, so no module says that it is needed
    for name in ("crc32c_generic", "crc32c_intel", *MODULES):
        yield from load(name.replace("-", "_"))


def write_initrd(target: Path, init: bytes) -> None:
    """Write the first file system: busybox, the modules, and `init` as the first program."""
    static = busybox()
    assert static is not None
    files: list[tuple[str, int, bytes]] = [
        (folder, 0o040755, b"") for folder in ("bin", "dev", "proc", "sys", "host", "modules")
    ]
    files += [("bin/busybox", 0o100755, static.read_bytes()), ("init", 0o100755, init)]
    order = []
    for name, content in modules():
        order.append(name)
        files.append((f"modules/{name}.ko", 0o100644, content))
    files.append(("modules/order", 0o100644, "\n".join(order).encode() + b"\n"))
    with gzip.open(target, "wb", compresslevel=1) as out:
        for number, (name, mode, content) in enumerate([*files, ("TRAILER!!!", 0, b"")], start=1):
            out.write(_member(number, name, mode, content))


def _member(number: int, name: str, mode: int, content: bytes) -> bytes:
    """One member of a cpio archive in the "newc" form."""
    fields = (number, mode, 0, 0, 1, 0, len(content), 0, 0, 0, 0, len(name) + 1, 0)
    head = b"070701" + b"".join(b"%08X" % field for field in fields) + name.encode() + b"\0"
    return head + bytes(-len(head) % 4) + content + bytes(-len(content) % 4)
