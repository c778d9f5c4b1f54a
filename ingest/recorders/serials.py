"""Serials that prove nothing: those many makers leave in, and those two recorders report alike."""

from __future__ import annotations

from ingest.protocol import RecorderIdentity

_LIMIT = 128
_RUNS = (
    "0123456789abcdef" * 3,
    "1234567890" * 4,
    "fedcba9876543210" * 3,
    "9876543210" * 4,
    "abcdef0123456789" * 3,
)
_LEFT_IN = {
    "none", "default", "unknown", "n/a", "na", "null", "serial", "serialnumber", "serial number", "sn", "test",
    "not applicable", "to be filled by o.e.m.", "000000000001", "0000000000001", "00000000000001", "058f63666485",
    "058f63666433", "058f312d81b", "201404081410", "20120501030900000", "20130731", "20060413092100000",
    "5000000001", "linux-5.10.0", "aa00000000000489", "abcdefghijklmnopqrstuvwxyz", "012345678901234567890abcdef",
}  # fmt: skip
"""Serials of chips and reference designs that are found on many devices at once."""


def placeholder(serial: str) -> bool:
    """Whether a serial is one that makers leave in: one character over and over, a count, a known one."""
    plain = serial.strip().lower()
    if plain in _LEFT_IN or len(plain) < 2:
        return True
    # 0000…, FFFF…, also with separators; 12345678…, 0123456789ABCDEF, and the halves of them.
    core = "".join(c for c in plain if c.isalnum())
    if len(set(core)) <= 1:
        return True
    return len(core) >= 6 and any(core in run for run in _RUNS)


def told_apart(identity: RecorderIdentity) -> RecorderIdentity:
    """Answer the identity of a recorder whose serial others report too: by its file system, else flagged only."""
    if identity.same_serial and identity.reported_serial:
        return identity
    reported = identity.reported_serial or identity.serial
    serial = identity.serial
    if identity.filesystem_id:
        end = f"#{identity.filesystem_id}"
        serial = reported[: _LIMIT - len(end)] + end
    return identity.model_copy(update={"serial": serial, "reported_serial": reported, "same_serial": True})
