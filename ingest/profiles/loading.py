"""Reading profiles from their files. A bad one is named, with the place in it, and the others are used."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from pydantic import ValidationError

from ingest.profiles.naming import parse, print_name
from ingest.profiles.profile import Profile, ProfileInvalid, ProfileTable, make_profile

SHIPPED = Path(__file__).parent
_LARGEST = 256 * 1024


@dataclass(frozen=True, slots=True)
class BadProfile:
    """A file that holds no usable profile."""

    file: Path
    where: str
    """Line, or field such as `forms[1].path`."""
    what: str

    def __str__(self) -> str:
        return f"{self.file}: {self.where}: {self.what}"


@dataclass(frozen=True, slots=True)
class Profiles:
    """What may be used, by name, and what may not."""

    usable: dict[str, Profile]
    bad: tuple[BadProfile, ...]


def load_profiles(folder: Path | None = None) -> Profiles:
    """Answer the shipped profiles and those of a bureau's own folder, which come before shipped ones of that name."""
    usable = dict(_shipped())
    bad: list[BadProfile] = []
    if folder is not None:
        try:
            files = _files(folder)
        except OSError as error:
            return Profiles(usable, (BadProfile(folder, "folder", error.strerror or str(error)),))
        seen: dict[str, Path] = {}
        for file in files:
            profile = read_profile(file)
            if isinstance(profile, BadProfile):
                bad.append(profile)
            elif profile.name in seen:
                bad.append(BadProfile(file, "name", f"{seen[profile.name].name} has this name already"))
            else:
                seen[profile.name] = file
                usable[profile.name] = profile
    return Profiles(usable, tuple(bad))


def read_profile(file: Path) -> Profile | BadProfile:
    """Read one profile and try its examples. Raises nothing: a bad file is answered as such."""
    try:
        with file.open("rb") as opened:
            data = opened.read(_LARGEST + 1)
        if len(data) > _LARGEST:
            return BadProfile(file, "file", f"larger than {_LARGEST // 1024} KiB")
        profile = make_profile(ProfileTable.model_validate(tomllib.loads(data.decode("utf-8"))))
        _try_examples(profile)
    except OSError as error:
        return BadProfile(file, "file", error.strerror or str(error))
    except UnicodeDecodeError as error:
        return BadProfile(file, f"byte {error.start}", "the file is not UTF-8")
    except tomllib.TOMLDecodeError as error:
        return BadProfile(file, "TOML", str(error))
    except ValidationError as error:
        first = error.errors()[0]
        return BadProfile(file, _place(first["loc"]), first["msg"])
    except ProfileInvalid as error:
        return BadProfile(file, error.where, error.what)
    return profile


def _try_examples(profile: Profile) -> None:
    for number, example in enumerate(profile.table.examples):
        facts = parse(profile, example.encode())
        if facts is None:
            raise ProfileInvalid(f"examples[{number}]", f"{example!r} fits none of the forms")
        if not example.encode().startswith(profile.folders):
            raise ProfileInvalid(f"examples[{number}]", f"{example!r} lies in none of the folders")
        if print_name(profile, facts) != example.encode():
            raise ProfileInvalid(f"examples[{number}]", f"{example!r} is written otherwise than it was read")


@lru_cache(maxsize=1)
def _shipped() -> dict[str, Profile]:
    profiles = {}
    for file in _files(SHIPPED):
        profile = read_profile(file)
        if isinstance(profile, BadProfile):
            raise RuntimeError(str(profile))  # noqa: TRY004  a broken installation
        profiles[profile.name] = profile
    return profiles


def _files(folder: Path) -> list[Path]:
    return sorted(
        file for file in folder.iterdir() if file.suffix == ".toml" and not file.name.startswith(".")
    )


def _place(location: tuple[int | str, ...]) -> str:
    return "".join(_steps(location)) or "file"


def _steps(location: tuple[int | str, ...]) -> Iterator[str]:
    for n, step in enumerate(location):
        yield f"[{step}]" if isinstance(step, int) else f".{step}" if n else step
