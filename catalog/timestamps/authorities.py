"""Who stamps, and whom to believe: the authorities of the settings with their roots read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from cryptography import x509

from catalog.settings import AuthoritySettings


class RootsUnreadable(Exception):
    """The certificates that an authority's tokens must lead to cannot be read. The text says which file."""


@dataclass(frozen=True)
class Authority:
    """An authority by its settings; its roots are read when first needed, so that one bad file stops no other."""

    settings: AuthoritySettings

    @property
    def name(self) -> str:
        """What it is called."""
        return self.settings.name

    @cached_property
    def roots(self) -> Sequence[x509.Certificate]:
        """Whom its tokens must lead to. Raises RootsUnreadable."""
        path = self.settings.roots_file
        try:
            found = x509.load_pem_x509_certificates(path.read_bytes())
        except OSError as error:
            raise RootsUnreadable(
                f"the roots of authority {self.name} in {path} cannot be read: {error.strerror}"
            ) from None
        except ValueError:
            raise RootsUnreadable(
                f"{path} holds no certificates (PEM), so nobody is believed as authority {self.name}"
            ) from None
        if any(root.subject != root.issuer for root in found):
            raise RootsUnreadable(
                f"{path} holds a certificate that another one signed; a root of authority {self.name} signs itself"
            )
        return found


def authorities_of(settings: Sequence[AuthoritySettings]) -> dict[str, Authority]:
    """Answer the authorities by name, in the order of the settings. Raises ValueError for a name given twice."""
    found = {one.name: Authority(one) for one in settings}
    if len(found) != len(settings):
        raise ValueError("two time-stamping authorities have the same name")
    return found
