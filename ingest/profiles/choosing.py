"""Which profile is a recorder's: what it says of itself is a hint, how many of its names fit decides. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from fnmatch import fnmatchcase

from ingest.profiles.naming import parse_below
from ingest.profiles.profile import Profile
from ingest.protocol import RecorderIdentity

ENOUGH = 1000
"""Names that are looked at, at most."""


def choose(
    profiles: Mapping[str, Profile], identity: RecorderIdentity, paths: Iterable[bytes]
) -> Profile | None:
    """Answer the profile that fits most of these names; None when none of them fits any.

    One that the recorder's USB id or model hints at counts double. Of equals the one that reads more from a name wins.
    """
    sample = _sample(list(paths))
    best: tuple[tuple[int, int, int, str], Profile] | None = None
    for profile in profiles.values():
        found = [
            facts
            for path in sample
            if holds_recordings(profile, path) and (facts := parse_below(profile, path)) is not None
        ]
        if not found:
            continue
        told = sum(
            sum(map(bool, (f.recorded_at, f.recorder_number, f.officer_number, f.chain)))
            + (f.sequence is not None)
            for f in found
        )
        hinted = hints(profile, identity)
        score = (len(found) * (1 + hinted), int(hinted), told, profile.name)
        if best is None or score > best[0]:
            best = (score, profile)
    return best[1] if best else None


def holds_recordings(profile: Profile, path: bytes) -> bool:
    """Whether a path lies in one of the profile's folders, from the root or from one folder below it. Cheap."""
    begins = profile.folders
    return path.startswith(begins) or path.partition(b"/")[2].startswith(begins)


def hints(profile: Profile, identity: RecorderIdentity) -> bool:
    """Whether what the recorder says of itself speaks for this profile."""
    model = f"{identity.vendor} {identity.model}".strip().casefold()
    return any(fnmatchcase(model, pattern.casefold()) for pattern in profile.table.models) or any(
        fnmatchcase(identity.usb_id.casefold(), pattern.casefold())
        for pattern in profile.table.usb
        if identity.usb_id
    )


def _sample(paths: Sequence[bytes]) -> Sequence[bytes]:
    """Take names from everywhere in the list: the first folder of a card need not hold its recordings."""
    if len(paths) <= ENOUGH:
        return paths
    return [paths[n * len(paths) // ENOUGH] for n in range(ENOUGH)]
