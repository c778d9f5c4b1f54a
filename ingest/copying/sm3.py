"""SM3 (GB/T 32905-2016), the slowest digest of the house, by the fastest implementation the machine has.

OpenSSL computes SM3 in portable C; libgcrypt, which Debian installs with apt and systemd, has an AVX/BMI2
version that is about one and a half times as fast. It is used only after it has answered the standard's own
example and a longer message like OpenSSL does.
"""

from __future__ import annotations

import ctypes
import ctypes.util
import functools
import hashlib
from typing import Protocol

_GCRY_MD_SM3 = 326
_GCRYCTL_INITIALIZATION_FINISHED = 38
_EXAMPLE = "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0"
"""SM3 of ``abc``, GB/T 32905-2016 A.1."""


class Sm3(Protocol):
    """A running SM3 digest."""

    def update(self, data: memoryview, /) -> None:
        """Take the next bytes."""

    def hexdigest(self) -> str:
        """Answer the digest of what was taken; libgcrypt's takes nothing afterwards."""


class _GcryptSm3:
    """SM3 by libgcrypt. ctypes releases the interpreter lock during the call."""

    def __init__(self, library: ctypes.CDLL) -> None:
        self._library = library
        self._handle = ctypes.c_void_p()
        if library.gcry_md_open(ctypes.byref(self._handle), _GCRY_MD_SM3, 0):
            raise OSError("libgcrypt does not offer SM3")

    def update(self, data: memoryview, /) -> None:
        if data.readonly:
            self._library.gcry_md_write(self._handle, ctypes.c_char_p(bytes(data)), len(data))
        elif len(data):
            start = ctypes.addressof(ctypes.c_char.from_buffer(data))
            self._library.gcry_md_write(self._handle, ctypes.c_void_p(start), len(data))

    def hexdigest(self) -> str:
        return ctypes.string_at(self._library.gcry_md_read(self._handle, _GCRY_MD_SM3), 32).hex()

    def __del__(self) -> None:
        if self._handle:
            self._library.gcry_md_close(self._handle)


@functools.cache
def _gcrypt() -> ctypes.CDLL | None:
    """Load libgcrypt and try it; None when it is absent or answers otherwise than OpenSSL."""
    try:
        library = ctypes.CDLL("libgcrypt.so.20")
        library.gcry_check_version.restype = ctypes.c_char_p
        if library.gcry_check_version(None) is None:
            return None
        library.gcry_control(ctypes.c_int(_GCRYCTL_INITIALIZATION_FINISHED), ctypes.c_int(0))
        library.gcry_md_write.argtypes = [ctypes.c_void_p, ctypes.c_void_p, ctypes.c_size_t]
        library.gcry_md_write.restype = None
        library.gcry_md_read.argtypes = [ctypes.c_void_p, ctypes.c_int]
        library.gcry_md_read.restype = ctypes.c_void_p
        library.gcry_md_close.argtypes = [ctypes.c_void_p]
        library.gcry_md_close.restype = None
        long = bytearray(range(256)) * 1000
        first, second = _GcryptSm3(library), _GcryptSm3(library)
        first.update(memoryview(b"abc"))
        second.update(memoryview(long)[:777])
        second.update(memoryview(long)[777:])
        good = first.hexdigest() == _EXAMPLE and second.hexdigest() == hashlib.new("sm3", long).hexdigest()
    except (OSError, AttributeError):
        return None
    return library if good else None


def new_sm3() -> Sm3:
    """Answer a fresh SM3 digest."""
    library = _gcrypt()
    if library is not None:
        return _GcryptSm3(library)
    return hashlib.new("sm3")


def sm3_implementation() -> str:
    """Name what computes SM3 here, for benches and logs."""
    return "libgcrypt" if _gcrypt() is not None else "OpenSSL"
