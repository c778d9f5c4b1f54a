"""Certificates for `--listen`: a small authority of this system's own, and a server certificate signed by it.

Stations and browsers that trust `<data>/tls/authority.pem` reach web and storage without a warning, also after the
server certificate was renewed. The server certificate is made anew when its end is near or the address changed.
"""

from __future__ import annotations

import ipaddress
import socket
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from liuhen.secrets import make_private_folder, write_new

AUTHORITY_YEARS = 10
SERVER_DAYS = 397
"""Browsers accept no server certificate that lasts longer."""
RENEW_DAYS = 30
BACKDATE = timedelta(hours=1)
"""Clocks of other machines may be a little behind."""


@dataclass(frozen=True, slots=True)
class TlsFiles:
    """Where certificate, key and authority lie (PEM)."""

    certificate: Path
    key: Path
    authority: Path


def files_of(data: Path) -> TlsFiles:
    """Answer where the files of this data folder are, whether or not they exist."""
    folder = data / "tls"
    return TlsFiles(folder / "server.pem", folder / "server-key.pem", folder / "authority.pem")


def ensure(data: Path, address: str, now: datetime) -> TlsFiles:
    """See to it that there is a valid certificate for `address` (and for this machine's own names)."""
    files = files_of(data)
    make_private_folder(files.key.parent)
    authority_key_file = files.authority.with_name("authority-key.pem")
    if not files.authority.exists():
        key = ec.generate_private_key(ec.SECP256R1())
        write_new(authority_key_file, _pem(key))
        # Another process may have been first: sign with the key that won.
        write_new(files.authority, _authority(_load_key(authority_key_file), now))
    names = wanted_names(address)
    if not _still_good(files, names, now):
        key = ec.generate_private_key(ec.SECP256R1())
        signed = _server(
            key, names, x509.load_pem_x509_certificate(files.authority.read_bytes()), authority_key_file, now
        )
        for path, content in ((files.key, _pem(key)), (files.certificate, signed)):
            path.unlink(missing_ok=True)
            write_new(path, content)
    return files


def wanted_names(address: str) -> list[x509.GeneralName]:
    """Answer the names a certificate for `address` must carry; the address of all interfaces stands for each."""
    names = {"localhost", "127.0.0.1", "::1", socket.gethostname()}
    if address in {"0.0.0.0", "::"}:  # noqa: S104  (compared, not bound)
        names |= own_addresses()
    else:
        names.add(address)
    return [_general(name) for name in sorted(names) if name]


def own_addresses() -> set[str]:
    """Answer the IP addresses of this machine that others could use."""
    import psutil  # noqa: PLC0415  (needed on this path only)

    found = set()
    for interface in psutil.net_if_addrs().values():
        for entry in interface:
            if entry.family in {socket.AF_INET, socket.AF_INET6} and "%" not in entry.address:
                found.add(entry.address)
    return found


def _general(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)


def _pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def _load_key(path: Path) -> ec.EllipticCurvePrivateKey:
    key: PrivateKeyTypes = serialization.load_pem_private_key(path.read_bytes(), password=None)
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise TypeError(f"{path} holds no elliptic-curve key")
    return key


def _authority(key: ec.EllipticCurvePrivateKey, now: datetime) -> bytes:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"Liuhen on {socket.gethostname()}"[:64])])
    usage = x509.KeyUsage(
        digital_signature=False,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=True,
        crl_sign=True,
        encipher_only=False,
        decipher_only=False,
    )
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - BACKDATE)
        .not_valid_after(now + timedelta(days=365 * AUTHORITY_YEARS))
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(usage, critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )
    return certificate.public_bytes(serialization.Encoding.PEM)


def _server(
    key: ec.EllipticCurvePrivateKey,
    names: list[x509.GeneralName],
    authority: x509.Certificate,
    authority_key_file: Path,
    now: datetime,
) -> bytes:
    issuer_key = _load_key(authority_key_file)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Liuhen")]))
        .issuer_name(authority.subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - BACKDATE)
        .not_valid_after(now + timedelta(days=SERVER_DAYS))
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key.public_key()), critical=False
        )
        .sign(issuer_key, hashes.SHA256())
    )
    return certificate.public_bytes(serialization.Encoding.PEM)


def _still_good(files: TlsFiles, names: list[x509.GeneralName], now: datetime) -> bool:
    if not (files.certificate.exists() and files.key.exists()):
        return False
    try:
        certificate = x509.load_pem_x509_certificate(files.certificate.read_bytes())
        present = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        matches = certificate.public_key() == _load_key(files.key).public_key()
    except (ValueError, TypeError, x509.ExtensionNotFound):
        return False
    lasts = certificate.not_valid_after_utc > now + timedelta(days=RENEW_DAYS)
    return matches and lasts and set(names) <= set(present)
