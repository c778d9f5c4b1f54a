"""Reading the names of one docking: the profile is chosen by the first names listed that fit one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from ingest.profiles.choosing import choose
from ingest.profiles.naming import parse_below, with_attribute
from ingest.profiles.profile import Profile
from ingest.protocol import NameFacts, RecorderIdentity
from ingest.recorders.base import LeftOut, Listed

_MOST_OFFICERS = 8


class NameReader:
    """Names of one recorder. Give it what was listed with `look` before asking for facts."""

    def __init__(self, profiles: Mapping[str, Profile], identity: RecorderIdentity) -> None:
        self._profiles = profiles
        self._profile: Profile | None = None
        self._officers: Counter[str] = Counter()
        # What an earlier docking found is no hint: the card may be another.
        self.identity = identity.model_copy(update={"profile": "", "officer_numbers": []})
        """What is known of the recorder, with the profile and the officers its names bear."""

    def look(self, entries: Sequence[Listed | LeftOut]) -> bool:
        """Choose a profile by these if none is chosen yet; answer whether more is known of the recorder now."""
        if self._profile is not None:
            return False
        paths = [entry.path for entry in entries if isinstance(entry, Listed)]
        self._profile = choose(self._profiles, self.identity, paths)
        if self._profile is None:
            return False
        for path in paths:
            facts = parse_below(self._profile, path)
            if facts is not None and facts.officer_number.strip(
                "0"
            ):  # recorders that nobody set up say 000000
                self._officers[facts.officer_number] += 1
        self.identity = self.identity.model_copy(
            update={
                "profile": self._profile.name,
                "officer_numbers": [number for number, _ in self._officers.most_common(_MOST_OFFICERS)],
            }
        )
        return True

    def facts(self, entry: Listed) -> NameFacts | None:
        """Answer what a listed file's name and attribute say; None where it fits no form of the profile."""
        if self._profile is None:
            return None
        facts = parse_below(self._profile, entry.path)
        if facts is not None and entry.read_only and self._profile.table.read_only_is_important:
            return with_attribute(facts)
        return facts
