"""`security.toml`: signing keys for weed's HTTP between its parts, mutual TLS for its gRPC."""

from __future__ import annotations

import json
import secrets
from datetime import datetime
from pathlib import Path

from storage.seaweedfs.certificates import write_grpc_certificates
from storage.seaweedfs.files import write_private

_SIGNED = ("jwt.signing", "jwt.signing.read", "jwt.filer_signing", "jwt.filer_signing.read")
_PARTS = ("volume", "master", "filer", "s3", "msg_broker", "msg_agent", "admin", "worker", "mq")


def keep_security(folder: Path, now: datetime) -> None:
    """Write certificates, `security.toml` for the server and `shell/security.toml` for the shell, if not there yet.

    `security.toml` is written last, so a start that was cut off begins anew.
    """
    shell = folder / "shell"
    shell.mkdir(mode=0o700, exist_ok=True)
    if (folder / "security.toml").exists():
        return
    write_grpc_certificates(folder, now)
    keys = "".join(f'[{name}]\nkey = "{secrets.token_hex(32)}"\n' for name in _SIGNED)
    write_private(
        shell / "security.toml",
        (keys + _grpc(folder, "shell", ("client",))).encode(),
    )
    write_private(
        folder / "security.toml",
        (keys + _grpc(folder, "node", (*_PARTS, "client"))).encode(),
    )


def _grpc(folder: Path, who: str, parts: tuple[str, ...]) -> str:
    lines = ["[access]", "ui = false", "[grpc]", f"ca = {_toml(folder / 'ca.pem')}"]
    for part in parts:
        lines += [
            f"[grpc.{part}]",
            f"cert = {_toml(folder / f'{who}.pem')}",
            f"key = {_toml(folder / f'{who}.key')}",
        ]
    return "\n".join(lines) + "\n"


def _toml(path: Path) -> str:
    # A JSON string is a TOML basic string.
    return json.dumps(str(path), ensure_ascii=False)
