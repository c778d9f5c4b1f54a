"""Whom a station talks to: off this machine only over TLS, and only to who shows the pinned certificate or one it signed.

The pin is a PEM file (`ca_file`) written at enrolment: the authority of web and storage, or a certificate itself. The
system's own authorities count for nothing then. On loopback plain HTTP is as good as TLS.
"""

from __future__ import annotations

import ipaddress
import ssl
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

_DATES = {9, 10}
"""OpenSSL's verify codes: not valid yet, expired."""
_NAMES = {62, 63, 64}
"""OpenSSL's verify codes: another host name, e-mail address, IP address."""


def on_loopback(url: str) -> bool:
    """Answer whether this address is of this very machine."""
    host = urlsplit(url).hostname or ""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def refusal(url: str, ca_file: Path | None) -> str | None:
    """Answer the key (in `ingest.words.words`) of why nothing may be sent to this address; None when it may."""
    if on_loopback(url):
        return None
    if urlsplit(url).scheme != "https":
        return "plain-http"
    return "not-pinned" if ca_file is None else None


def context(ca_file: Path | None) -> ssl.SSLContext:
    """Answer what checks a connection against the pin; None trusts the system's authorities (loopback only).

    Raises OSError (ssl.SSLError among them) when the pin cannot be read.
    """
    made = ssl.create_default_context(cafile=ca_file)
    made.minimum_version = ssl.TLSVersion.TLSv1_2
    # A server's own certificate may be pinned as well, not only an authority's.
    made.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    return made


def reason(error: BaseException) -> str | None:
    """Answer the key of what is wrong with the certificate that was shown; None when the trouble is another."""
    for one in _all_of(error):
        if isinstance(one, ssl.SSLCertVerificationError):
            if one.verify_code in _DATES:
                return "certificate-dates"
            return "certificate-name" if one.verify_code in _NAMES else "certificate-changed"
    return None


def _all_of(error: BaseException) -> Iterator[BaseException]:
    """Answer the error and everything it came from; libraries wrap in several ways."""
    waiting: list[object] = [error]
    seen: set[int] = set()
    while waiting:
        one = waiting.pop()
        if isinstance(one, BaseException) and id(one) not in seen:
            seen.add(id(one))
            yield one
            waiting += [one.__cause__, one.__context__, getattr(one, "reason", None), *one.args]
