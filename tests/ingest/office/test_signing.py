"""The station's own key: made once, for its own eyes, and never replaced."""

from __future__ import annotations

import base64
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from ingest.errors import SigningKeyUnusable
from ingest.office.signing import StationKey
from ingest.settings import StationSettings


def test_it_is_made_once_and_stays(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "station-key.pem"
    first = StationKey.load_or_make(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert StationKey.load_or_make(path).public_base64 == first.public_base64
    assert [one.name for one in path.parent.iterdir()] == ["station-key.pem"]  # no draft is left
    raw = base64.b64decode(first.public_base64)
    public = Ed25519PublicKey.from_public_bytes(raw)
    public.verify(base64.b64decode(first.sign(b"body")), b"body")
    with pytest.raises(InvalidSignature):
        public.verify(base64.b64decode(first.sign(b"body")), b"bodY")


def test_of_several_processes_at_once_one_makes_it(tmp_path: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from ingest.office.signing import StationKey;"
        "sys.stdin.read(); print(StationKey.load_or_make(Path(sys.argv[1])).public_base64)"
    )
    path = str(tmp_path / "key.pem")
    runs = [
        subprocess.Popen([sys.executable, "-c", code, path], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        for _ in range(4)
    ]
    for run in runs:
        assert run.stdin is not None
        run.stdin.close()
    said = set()
    for run in runs:
        assert run.stdout is not None
        said.add(run.stdout.read())
        run.stdout.close()
        assert run.wait() == 0
    assert len(said) == 1


def test_what_is_no_key_of_ones_own_is_refused_and_left(tmp_path: Path) -> None:
    path = tmp_path / "key.pem"
    other = X25519PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    for content, mode, word in ((b"", 0o600, "no private key"), (b"x" * 99, 0o600, "no private key"),
                                (other, 0o600, "no Ed25519"), (other, 0o644, "mode 0600")):  # fmt: skip
        path.write_bytes(content)
        path.chmod(mode)
        with pytest.raises(SigningKeyUnusable, match=word):
            StationKey.load_or_make(path)
        assert path.read_bytes() == content


def test_it_lies_beside_the_spools_unless_told_otherwise(tmp_path: Path) -> None:
    settings = StationSettings(token_file=tmp_path / "token", spool=tmp_path / "spool")
    assert settings.key_path == tmp_path / "spool" / "station-key.pem"
    told = settings.model_copy(update={"signing_key_file": tmp_path / "k"})
    assert told.key_path == tmp_path / "k"
