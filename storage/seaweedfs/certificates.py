"""Certificates: the small private authority for weed's gRPC, and one for serving S3 over TLS."""

from __future__ import annotations

import datetime as dt
import ipaddress
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from storage.seaweedfs.files import write_private

_YEARS = dt.timedelta(days=3650)


@dataclass(frozen=True, slots=True)
class _Pair:
    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey

    def certificate_pem(self) -> bytes:
        return self.certificate.public_bytes(serialization.Encoding.PEM)

    def key_pem(self) -> bytes:
        return self.key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )


def write_grpc_certificates(folder: Path, now: dt.datetime) -> None:
    """Write `ca.pem`, `node.pem/.key` (weed's parts) and `shell.pem/.key` (the administrator's shell) to `folder`.

    The authority's own key is thrown away, so that nobody can ever issue another certificate it vouches for.
    """
    authority = _issue("liuhen storage authority", None, now, names=())
    write_private(folder / "ca.pem", authority.certificate_pem())
    for name in ("node", "shell"):
        pair = _issue(f"liuhen-storage-{name}", authority, now, names=("localhost", "127.0.0.1"))
        write_private(folder / f"{name}.pem", pair.certificate_pem())
        write_private(folder / f"{name}.key", pair.key_pem())


def write_server_certificate(certificate: Path, key: Path, names: Sequence[str], now: dt.datetime) -> None:
    """Write a self-signed certificate for `names` (host names and addresses), valid ten years, and its key."""
    pair = _issue(names[0], None, now, names=names, authority=True)
    write_private(key, pair.key_pem())
    write_private(certificate, pair.certificate_pem())


def _issue(
    common_name: str,
    issuer: _Pair | None,
    now: dt.datetime,
    *,
    names: Sequence[str],
    authority: bool | None = None,
) -> _Pair:
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])
    is_authority = authority if authority is not None else issuer is None
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer.certificate.subject if issuer else subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + _YEARS)
        .add_extension(x509.BasicConstraints(ca=is_authority, path_length=None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )
    if names:
        builder = builder.add_extension(
            x509.SubjectAlternativeName([_name(n) for n in names]), critical=False
        )
        usage = [ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH]
        builder = builder.add_extension(x509.ExtendedKeyUsage(usage), critical=False)
    return _Pair(builder.sign(issuer.key if issuer else key, hashes.SHA256()), key)


def _name(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)
