"""Sentences about log collectors that the workers wrote into the catalog; `why` in a pattern is a sentence itself."""

from __future__ import annotations

from typing import Any

from flask_babel import lazy_gettext as _l

from web.words.marking import N_

FORWARDING_SENTENCES = frozenset(
    {
        N_("it did not answer in time"),
        N_("its name is not known to the network"),
        N_("nothing accepts messages at this address"),
        N_("it broke off the connection"),
    }
)

FORWARDING_PATTERNS: tuple[tuple[str, Any], ...] = (
    (r"log collector (?P<name>\S+): (?P<why>.+)", _l("log collector %(name)s: %(why)s")),
    (r"its certificate is not accepted \((?P<what>.+)\)", _l("its certificate is not accepted (%(what)s)")),
    (r"TLS with it failed \((?P<what>.+)\)", _l("TLS with it failed (%(what)s)")),
    (
        r"(?P<path>\S+) holds no certificates \(PEM\), so the collector cannot be believed",
        _l("%(path)s holds no certificates (PEM), so the collector cannot be believed"),
    ),
    (
        r"(?P<path>\S+) holds no certificate and key \(PEM\) to show the collector",
        _l("%(path)s holds no certificate and key (PEM) to show the collector"),
    ),
)
