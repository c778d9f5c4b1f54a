"""Answers of time-stamping authorities: the good ones are believed, and each bad one is named. OpenSSL is the judge."""

from __future__ import annotations

import functools
from pathlib import Path

import pytest
from cryptography import x509
from hypothesis import given
from hypothesis import strategies as st
from rfc3161_client._rust import parse_timestamp_request

from catalog.rules.stamp_text import imprint_of
from catalog.timestamps.request import request_der
from catalog.timestamps.token import Asked, TokenRefused, check_answer, name_of, pem_of
from tests.services.tsa import POLICY, Tsa, judged, make_tsa, openssl

STATEMENT = '{"size":1}'
IMPRINT = imprint_of(STATEMENT)
NONCE = 0x1234567890ABCDEF1234567890ABCDEF


@pytest.fixture(scope="module")
def tsa(tmp_path_factory: pytest.TempPathFactory) -> Tsa:
    return make_tsa(tmp_path_factory.mktemp("tsa") / "one")


@functools.cache
def roots_of(tsa: Tsa) -> tuple[x509.Certificate, ...]:
    return tuple(x509.load_pem_x509_certificates(tsa.root.read_bytes()))


def asked(tsa: Tsa, **changes: object) -> Asked:
    return Asked(**{"imprint": IMPRINT, "nonce": NONCE, "policy": None, "roots": roots_of(tsa)} | changes)  # type: ignore[arg-type]


def answered(tsa: Tsa, imprint: bytes = IMPRINT, nonce: int = NONCE) -> bytes:
    return tsa.reply(request_der(imprint, nonce=nonce))


def trouble(answer: bytes, wanted: Asked) -> str:
    with pytest.raises(TokenRefused) as refused:
        check_answer(answer, wanted)
    return refused.value.trouble


@given(
    st.binary(min_size=32, max_size=32),
    st.integers(1, 2**160),
    st.none() | st.sampled_from(["1.2.3", "2.25.188000380875902217692450902952929542627", "0.39.128.16384"]),
)
def test_a_request_says_what_was_meant(imprint: bytes, nonce: int, policy: str | None) -> None:
    read = parse_timestamp_request(request_der(imprint, nonce=nonce, policy=policy))
    assert (read.version, read.nonce, read.cert_req) == (1, nonce, True)
    assert read.message_imprint.message == imprint
    assert (read.policy.dotted_string if read.policy else None) == policy


def test_openssl_reads_the_request(tmp_path: Path) -> None:
    query = tmp_path / "q"
    query.write_bytes(request_der(IMPRINT, nonce=NONCE, policy=POLICY))
    said = openssl("ts", "-query", "-in", str(query), "-text").stdout
    for line in ("sha256", f"Policy OID: {POLICY}", f"Nonce: 0x{NONCE:X}", "Certificate required: yes"):
        assert line in said


@pytest.mark.parametrize(
    ("imprint", "nonce", "policy"),
    [(b"x" * 31, 1, None), (IMPRINT, 0, None), (IMPRINT, 1, "3.1"), (IMPRINT, 1, "1.40"), (IMPRINT, 1, "1")],
    ids=["short", "no-nonce", "arc-3", "arc-1.40", "one-number"],
)
def test_what_is_no_request(imprint: bytes, nonce: int, policy: str | None) -> None:
    with pytest.raises(ValueError, match=r"."):
        request_der(imprint, nonce=nonce, policy=policy)


@pytest.mark.parametrize("rsa", [False, True], ids=["ec", "rsa"])
def test_a_good_token_is_believed_by_us_and_by_openssl(tmp_path: Path, rsa: bool) -> None:
    tsa = make_tsa(tmp_path / "tsa", rsa=rsa)
    answer = answered(tsa.changed(more="clock_precision_digits = 3"))
    token = check_answer(answer, asked(tsa, policy=POLICY))
    assert token.policy == POLICY
    assert token.accuracy is not None
    assert token.accuracy.total_seconds() == 1.5
    assert [name_of(c) for c in token.chain] == ["TSA tsa", "Root tsa"]
    (tmp_path / "r").write_bytes(answer)
    (tmp_path / "data").write_text(STATEMENT)
    assert judged(tsa.root, tmp_path / "r", data=tmp_path / "data")
    assert judged(tsa.root, tmp_path / "r", digest=IMPRINT.hex())
    assert pem_of(token.chain).count("BEGIN CERTIFICATE") == 2


def test_another_digest(tsa: Tsa, tmp_path: Path) -> None:
    answer = answered(tsa, imprint=imprint_of("other"))
    assert trouble(answer, asked(tsa)) == "wrong-digest"
    (tmp_path / "r").write_bytes(answer)
    assert not judged(tsa.root, tmp_path / "r", digest=IMPRINT.hex())


def test_an_old_answer_played_back(tsa: Tsa) -> None:
    assert trouble(answered(tsa, nonce=7), asked(tsa)) == "wrong-nonce"


def test_an_answer_without_our_nonce(tsa: Tsa, tmp_path: Path) -> None:
    query = tmp_path / "q"
    openssl("ts", "-query", "-digest", IMPRINT.hex(), "-sha256", "-no_nonce", "-cert", "-out", str(query))
    assert trouble(tsa.reply(query.read_bytes()), asked(tsa)) == "wrong-nonce"


def test_another_policy(tsa: Tsa) -> None:
    assert trouble(answered(tsa), asked(tsa, policy="1.2.3")) == "wrong-policy"


def test_an_unknown_authority(tsa: Tsa, tmp_path: Path) -> None:
    stranger = make_tsa(tmp_path / "stranger")
    answer = answered(stranger)
    assert trouble(answer, asked(tsa)) == "unknown-authority"
    (tmp_path / "r").write_bytes(answer)
    assert not judged(tsa.root, tmp_path / "r", digest=IMPRINT.hex())


def test_a_stranger_of_the_same_name(tmp_path: Path) -> None:
    """Same names, other keys: the chain is followed by signatures, not by names."""
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    real, forged = make_tsa(tmp_path / "a" / "tsa"), make_tsa(tmp_path / "b" / "tsa")
    assert trouble(answered(forged), asked(real)) == "damaged"
    both = asked(real, roots=(*roots_of(real), *roots_of(forged)))
    assert check_answer(answered(real), both).chain[-1] in roots_of(real)


def test_an_expired_certificate(tmp_path: Path) -> None:
    tsa = make_tsa(tmp_path / "tsa", days=-1)
    answer = answered(tsa)
    assert trouble(answer, asked(tsa)) == "expired"
    (tmp_path / "r").write_bytes(answer)
    assert not judged(tsa.root, tmp_path / "r", digest=IMPRINT.hex())


@pytest.mark.parametrize(
    ("usage", "named"),
    [
        ("critical,timeStamping", None),
        ("critical,timeStamping,codeSigning", "not-a-timestamper"),
        ("timeStamping", "not-a-timestamper"),
        ("", "not-a-timestamper"),
    ],
    ids=["alone", "and-code", "not-critical", "none"],
)
def test_a_certificate_that_is_not_for_time_stamps_alone(
    tsa: Tsa, tmp_path: Path, usage: str, named: str | None
) -> None:
    """OpenSSL's authority will not sign with such a certificate, so its `cms` does: right content, right signature."""
    other = make_tsa(tmp_path / "other", usage=usage)
    forged = _signed_by(other, answered(tsa), tmp_path)
    if named is None:
        assert name_of(check_answer(forged, asked(other)).signer) == "TSA other"
    else:
        assert trouble(forged, asked(other)) == named


def _signed_by(other: Tsa, answer: bytes, work: Path) -> bytes:
    """The content of a token, signed anew by somebody else."""
    (work / "r").write_bytes(answer)
    sign = ["cms", "-sign", "-binary", "-nodetach", "-nosmimecap", "-outform", "DER", "-in", "info"]
    sign += ["-econtent_type", "1.2.840.113549.1.9.16.1.4", "-out", "forged"]
    sign += ["-signer", str(other.signer), "-inkey", str(other.folder / "signer.key")]
    steps = (
        ["ts", "-reply", "-in", "r", "-token_out", "-out", "token"],
        ["cms", "-verify", "-noverify", "-inform", "DER", "-in", "token", "-out", "info"],
        sign,
    )
    for step in steps:
        done = openssl(*step, cwd=work)
        assert done.returncode == 0, done.stderr
    content = b"\x30\x03\x02\x01\x00" + (work / "forged").read_bytes()
    return b"\x30\x82" + len(content).to_bytes(2, "big") + content


def test_a_refusal(tsa: Tsa) -> None:
    refusal = tsa.reply(request_der(IMPRINT, nonce=NONCE, policy="1.2.3"))  # a policy it does not have
    with pytest.raises(TokenRefused, match="refused") as refused:
        check_answer(refusal, asked(tsa))
    assert refused.value.trouble == "not-granted"


@pytest.mark.parametrize("status", range(1, 7))
def test_no_status_but_granted_counts(tsa: Tsa, status: int) -> None:
    answer = bytearray(answered(tsa))
    at = answer.index(b"\x30\x03\x02\x01\x00")
    answer[at + 4] = status
    assert trouble(bytes(answer), asked(tsa)) == "not-granted" if status < 6 else "garbage"


@pytest.mark.parametrize(
    "junk",
    [b"", b"<html>busy</html>", b"\x30\x03\x02\x01\x00", b"\x00" * 5000, b"\x30\x84\xff\xff\xff\xff"],
    ids=["empty", "html", "no-status", "zeros", "huge-length"],
)
def test_garbage(tsa: Tsa, junk: bytes) -> None:
    assert trouble(junk, asked(tsa)) == "garbage"


def test_cut_and_lengthened_answers(tsa: Tsa) -> None:
    answer = answered(tsa)
    for cut in range(0, len(answer), 37):
        assert trouble(answer[:cut], asked(tsa)) == "garbage"
    assert trouble(answer + b"\x00", asked(tsa)) == "garbage"


def test_any_flipped_bit_is_refused_or_changes_nothing_that_counts(tsa: Tsa) -> None:
    answer = answered(tsa)
    good = check_answer(answer, asked(tsa))
    refused = 0
    for bit in range(0, len(answer) * 8, 3):
        flipped = bytearray(answer)
        flipped[bit // 8] ^= 1 << bit % 8
        try:
            found = check_answer(bytes(flipped), asked(tsa))
        except TokenRefused:
            refused += 1
            continue
        assert found == good  # a version number or an algorithm's name that no signature covers
    assert refused > len(answer) * 8 / 3 * 0.98
