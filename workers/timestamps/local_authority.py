"""The authority of this system itself: OpenSSL's `ts`, with a key that was made here.

It proves which came first and that nothing was changed since, as far as its key is kept apart; to an outsider it
proves no time. Its tokens are marked self-signed 自签 wherever they show.
"""

from __future__ import annotations

import secrets
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import ClassVar

from catalog.settings import AuthoritySettings
from workers.timestamps.http_authority import Away

SECONDS = 20.0
POLICY = "2.25.188000380875902217692450902952929542627"
"""“Self-signed, order only”: an identifier of our own, made from a UUID (ITU-T X.667)."""
SERIAL_BITS = 127

_CONFIGURATION = """\
[authority]
serial = {serial}
crypto_device = builtin
digests = sha256
signer_digest = sha256
default_policy = {policy}
other_policies = {policy}
accuracy = secs:1
ordering = no
tsa_name = yes
ess_cert_id_chain = no
ess_cert_id_alg = sha256
"""
# `certs` is left out: OpenSSL 3.0 then writes the certificates in an order that strict readers refuse.


class LocalAuthority:
    """Answers requests on this machine, each by a short-lived `openssl` of its own.

    OpenSSL counts serial numbers in a file without locking it. Each answer gets such a file of its own with a random
    number in it, so that workers side by side cannot give one number twice, and there is no state to lose.
    """

    Away: ClassVar[type[Exception]] = Away

    def __init__(self, settings: AuthoritySettings) -> None:
        self._settings = settings

    def answer(self, request: bytes) -> bytes:
        """Answer the response to a request. Raises Away."""
        program = shutil.which("openssl")
        if program is None:
            raise Away("the program openssl is not installed here (Debian: apt-get install openssl)")
        signer = self._settings.signer_file
        if signer is None or not signer.exists():
            raise Away(f"its key {signer} is not there; `liuhen prepare` makes it")
        with tempfile.TemporaryDirectory(prefix="liuhen-ts-") as name:
            return _reply(program, signer.absolute(), request, Path(name), self._settings.policy or POLICY)


def _reply(program: str, signer: Path, request: bytes, folder: Path, policy: str) -> bytes:
    serial, query, reply = folder / "serial", folder / "query", folder / "reply"
    digits = f"{secrets.randbits(SERIAL_BITS) | 1:X}"
    serial.write_text(digits.zfill(len(digits) + len(digits) % 2) + "\n", encoding="ascii")
    query.write_bytes(request)
    configuration = folder / "configuration"
    configuration.write_text(_CONFIGURATION.format(serial=serial, policy=policy), encoding="ascii")
    command = [program, "ts", "-reply", "-config", str(configuration), "-section", "authority"]
    command += ["-queryfile", str(query), "-signer", str(signer), "-inkey", str(signer), "-out", str(reply)]
    try:
        done = subprocess.run(
            command,
            check=False,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=SECONDS,
            env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C"},
        )
    except subprocess.TimeoutExpired:
        raise Away("openssl did not answer in time") from None
    except OSError as error:
        raise Away(f"openssl could not be started ({error.strerror})") from None
    if done.returncode or not reply.exists():
        said = done.stderr.decode(errors="replace").strip().splitlines()
        raise Away(f"openssl gave no answer: {said[-1][:200] if said else f'status {done.returncode}'}")
    return reply.read_bytes()
