"""The local time-stamping authority: a root, and the certificate it signed for time stamps alone.

The root's key signs this one certificate and is then forgotten, so that nobody can make a second signer under it.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

YEARS = 25
"""As long as most originals are kept: a token counts by its own time, so it outlives the certificate."""
BACKDATE = timedelta(hours=1)
"""So that a clock set back a little makes no token older than its certificate."""


def make() -> bytes:
    """Answer a new authority as PEM: the signer's key, its certificate, the root (RFC 3161 §2.3)."""
    now = datetime.now(UTC).replace(microsecond=0)
    root_key, key = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
    mark = f"{x509.random_serial_number() & 0xFFFFFFFF:08x}"
    root_name, name = (
        _name(f"Liuhen local root {mark}"),
        _name(f"Liuhen local time stamps {mark}, self-signed"),
    )
    root = _certificate(root_name, root_name, root_key, root_key, now, ca=True)
    signer = _certificate(name, root_name, key, root_key, now, ca=False)
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return private + b"".join(c.public_bytes(serialization.Encoding.PEM) for c in (signer, root))


def root_of(authority: bytes) -> bytes:
    """Answer the root of an authority as PEM. Raises ValueError when it holds none, or no key."""
    serialization.load_pem_private_key(authority, password=None)
    certificates = x509.load_pem_x509_certificates(authority)
    if len(certificates) != 2:
        raise ValueError("an authority is a key, its certificate and a root")
    return certificates[1].public_bytes(serialization.Encoding.PEM)


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def _certificate(
    subject: x509.Name,
    issuer: x509.Name,
    key: ec.EllipticCurvePrivateKey,
    signing: ec.EllipticCurvePrivateKey,
    now: datetime,
    *,
    ca: bool,
) -> x509.Certificate:
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - BACKDATE)
        .not_valid_after(now + timedelta(days=365 * YEARS))
        .add_extension(x509.BasicConstraints(ca=ca, path_length=0 if ca else None), critical=True)
        .add_extension(_usage(ca=ca), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(signing.public_key()), critical=False
        )
    )
    if not ca:
        builder = builder.add_extension(
            x509.ExtendedKeyUsage([ExtendedKeyUsageOID.TIME_STAMPING]), critical=True
        )
    return builder.sign(signing, hashes.SHA256())


def _usage(*, ca: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not ca,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=ca,
        crl_sign=False,
        encipher_only=False,
        decipher_only=False,
    )
