"""Checking what a time-stamping authority answered (RFC 3161 §2.2, §2.4.2). Pure: no clock, no network, no database.

The signature and the chain are verified by the library at the token's own time; what is wrong is named before, in an
order in which the first word is the true one. Nothing here decides by our clock: a token is good or not whatever
the day, and how far the authority's clock stood from ours is put down beside it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from rfc3161_client import TimeStampResponse, VerifierBuilder, decode_timestamp_response
from rfc3161_client.errors import VerificationError

SHA256 = "2.16.840.1.101.3.4.2.1"
GRANTED = 0
LONGEST_CHAIN = 8

Trouble = Literal[
    "garbage",
    "not-granted",
    "wrong-digest",
    "wrong-nonce",
    "wrong-policy",
    "damaged",
    "unknown-authority",
    "not-a-timestamper",
    "expired",
]
"""What can be wrong with a token, one word each."""

_STATUS = {
    1: "granted with changes",
    2: "refused",
    3: "put off",
    4: "granted, but a revocation is imminent",
    5: "its certificate was revoked",
}


class TokenRefused(Exception):
    """An answer that is no good token for what was asked; `trouble` names why, the text says it in words."""

    def __init__(self, trouble: Trouble, what: str) -> None:
        super().__init__(what)
        self.trouble = trouble


@dataclass(frozen=True, slots=True)
class Asked:
    """What was asked for, and whom we believe."""

    imprint: bytes
    """SHA-256, 32 bytes."""
    nonce: int | None
    """As sent; None to check a token whose request is not at hand."""
    policy: str | None
    """The only policy accepted, as an object identifier; None accepts any."""
    roots: Sequence[x509.Certificate]


@dataclass(frozen=True, slots=True)
class Token:
    """A token that proved good."""

    gen_time: datetime
    accuracy: timedelta | None
    """The authority's own word on how far its clock may be off; None when it says nothing."""
    policy: str
    serial: int
    chain: tuple[x509.Certificate, ...]
    """From the signer to the root that is believed."""

    @property
    def signer(self) -> x509.Certificate:
        """The certificate the token is signed with."""
        return self.chain[0]


def check_answer(answer: bytes, asked: Asked) -> Token:
    """Answer what a response says once everything about it is right. Raises TokenRefused."""
    try:
        response = decode_timestamp_response(answer)
        status, said = response.status, "; ".join(str(text) for text in response.status_string or [])
    except ValueError:
        raise TokenRefused("garbage", "what was answered is no time-stamp response") from None
    if status != GRANTED:
        told = _STATUS.get(status, f"status {status}")
        raise TokenRefused(
            "not-granted", f"the authority gave no token ({told}{': ' + said if said else ''})"
        )
    try:
        return _check_token(response, asked)
    except TokenRefused:
        raise
    except Exception:  # noqa: BLE001 - readers of foreign bytes raise many things: bad versions, doubled extensions …
        raise TokenRefused("damaged", "the token is damaged: it cannot be read to its end") from None


def _check_token(response: TimeStampResponse, asked: Asked) -> Token:
    info = response.tst_info
    imprint = info.message_imprint
    if imprint.hash_algorithm.dotted_string != SHA256 or imprint.message != asked.imprint:
        raise TokenRefused("wrong-digest", "the token is over another digest than ours")
    if asked.nonce is not None and info.nonce != asked.nonce:
        raise TokenRefused(
            "wrong-nonce", "the token answers another request: an old one played back, it may be"
        )
    policy = info.policy.dotted_string
    if asked.policy is not None and policy != asked.policy:
        raise TokenRefused("wrong-policy", f"the token follows policy {policy} instead of {asked.policy}")
    chain = _chain(response, asked.roots)
    _may_stamp(chain[0])
    gen_time = info.gen_time
    for certificate in chain:
        if not certificate.not_valid_before_utc <= gen_time <= certificate.not_valid_after_utc:
            raise TokenRefused(
                "expired",
                f"the certificate “{name_of(certificate)}” was not valid at the token's time: "
                f"valid {certificate.not_valid_before_utc:%Y-%m-%d} to {certificate.not_valid_after_utc:%Y-%m-%d}",
            )
    _verify(response, asked, chain)
    said = info.accuracy
    accuracy = (
        timedelta(seconds=said.seconds or 0, milliseconds=said.millis or 0, microseconds=said.micros or 0)
        if said is not None
        else None
    )
    return Token(gen_time, accuracy, policy, info.serial_number, chain)


def _chain(response: TimeStampResponse, roots: Sequence[x509.Certificate]) -> tuple[x509.Certificate, ...]:
    """Answer the certificates from the signer to a root that is believed."""
    sent = [x509.load_der_x509_certificate(der) for der in response.signed_data.certificates]
    signers = list(response.signed_data.signer_infos)
    if len(signers) != 1:
        raise TokenRefused("damaged", "a token has one signer, this one has another number of them")
    meant = [c for c in sent if (c.issuer, c.serial_number) == (signers[0].issuer, signers[0].serial_number)]
    if not meant:
        raise TokenRefused("unknown-authority", "the token brings no certificate of its signer")
    if len(meant) > 1:  # else one could be looked at, and the other have signed
        raise TokenRefused("damaged", "the token brings two certificates that both claim to be its signer's")
    signer = meant[0]
    chain = [signer]
    broken = False
    while chain[-1] not in roots:
        named = [
            c for c in (*roots, *sent) if c.subject == chain[-1].issuer and c not in chain and _may_sign(c)
        ]
        issuer = next((c for c in named if _signed_by(chain[-1], c)), None)
        broken = broken or (issuer is None and any(c in roots for c in named))
        if issuer is None or len(chain) >= LONGEST_CHAIN:
            if broken:
                raise TokenRefused(
                    "damaged",
                    f"the certificate “{name_of(chain[-1])}” in the token was not signed by whom it names",
                )
            raise TokenRefused(
                "unknown-authority",
                f"the token's signer “{name_of(signer)}” does not lead to an authority that is believed here",
            )
        chain.append(issuer)
    return tuple(chain)


def _signed_by(certificate: x509.Certificate, issuer: x509.Certificate) -> bool:
    try:
        certificate.verify_directly_issued_by(issuer)
    except (InvalidSignature, UnsupportedAlgorithm, ValueError, TypeError):
        return False
    return True


def _may_sign(certificate: x509.Certificate) -> bool:
    """Whether this is an authority's certificate, which may vouch for others (RFC 5280 §4.2.1.9)."""
    try:
        return certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    except x509.ExtensionNotFound:
        return False


def _may_stamp(signer: x509.Certificate) -> None:
    """Refuse a certificate whose one purpose is not time-stamping (RFC 3161 §2.3)."""
    try:
        usage = signer.extensions.get_extension_for_class(x509.ExtendedKeyUsage)
    except x509.ExtensionNotFound:
        usage = None
    if usage is None or not usage.critical or list(usage.value) != [ExtendedKeyUsageOID.TIME_STAMPING]:
        raise TokenRefused(
            "not-a-timestamper", f"the certificate “{name_of(signer)}” is not one for time stamps alone"
        )


def _verify(response: TimeStampResponse, asked: Asked, chain: Sequence[x509.Certificate]) -> None:
    verifier = VerifierBuilder(
        policy_id=x509.ObjectIdentifier(asked.policy) if asked.policy else None,
        intermediates=list(chain[1:-1]),
        roots=[chain[-1]],
        nonce=asked.nonce,
    ).build()
    try:
        verifier.verify(response, asked.imprint)
    except VerificationError:
        raise TokenRefused("damaged", "the token is damaged: its signature does not fit") from None


def name_of(certificate: x509.Certificate) -> str:
    """Answer what a certificate's holder is called: the common name, else the whole subject."""
    names = certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    return str(names[0].value) if names else certificate.subject.rfc4514_string()


def fingerprint_of(certificate: x509.Certificate) -> str:
    """Answer the SHA-256 of a certificate, hexadecimal."""
    return certificate.fingerprint(hashes.SHA256()).hex()


def pem_of(chain: Sequence[x509.Certificate]) -> str:
    """Answer certificates as PEM text, in their order."""
    return "".join(c.public_bytes(Encoding.PEM).decode("ascii") for c in chain)
