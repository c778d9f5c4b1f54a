"""A clip's time stamp as a folder that proves itself without this system: with OpenSSL and any SHA-256."""

from __future__ import annotations

import io
import zipfile
from datetime import datetime
from uuid import UUID

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from sqlalchemy.orm import Session

from catalog.actors import Actor
from catalog.custody.log import add_entry
from catalog.custody.record import canonical, utc_text
from catalog.models import TimestampToken
from catalog.rules.giving_out import Reason
from catalog.rules.stamp_text import record_leaf
from catalog.timestamps.keeping import files_of
from catalog.timestamps.proving import statement_of
from catalog.timestamps.viewing import StampView


class NothingStamped(Exception):
    """No authority has given a token over this clip yet."""


def bundle(
    session: Session, *, actor: Actor, clip: UUID, stamp: StampView, reason: Reason, now: datetime
) -> bytes:
    """Answer a ZIP with record, proof, statement, tokens and how to check them; kept in the log with its reason.

    Raises NothingStamped.
    """
    tokens = [view.token for view in stamp.tokens if view.token.response]
    if not tokens:
        raise NothingStamped
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as folder:
        folder.writestr("record.json", stamp.proof.record)
        folder.writestr("proof.json", _proof_text(stamp, tokens))
        folder.writestr("statement.json", statement_of(stamp.batch))
        for token in tokens:
            for kind, name, body in files_of(token):
                if kind != "chain":
                    folder.writestr(name, body)
            chain = x509.load_pem_x509_certificates((token.chain or "").encode("ascii"))
            folder.writestr(f"{token.authority}-root.pem", chain[-1].public_bytes(Encoding.PEM))
            folder.writestr(
                f"{token.authority}-chain.pem", b"".join(c.public_bytes(Encoding.PEM) for c in chain[:-1])
            )
        folder.writestr("README.txt", _readme(stamp, tokens))
    add_entry(
        session,
        actor=actor,
        action="clip.timestamp-downloaded",
        subjects={"clip": clip},
        facts={"batch": str(stamp.batch.id), "at": utc_text(now)},
        private=reason.private(),
        now=now,
    )
    return packed.getvalue()


def _proof_text(stamp: StampView, tokens: list[TimestampToken]) -> str:
    return canonical(
        {
            "version": 1,
            "batch": str(stamp.batch.id),
            "leaf": record_leaf(stamp.proof.record).hex(),
            "place": stamp.proof.place,
            "size": stamp.proof.size,
            "path": [digest.hex() for digest in stamp.proof.path],
            "root": stamp.batch.root,
            "tokens": [
                {
                    "authority": token.authority,
                    "self_signed": token.self_signed,
                    "time": utc_text(token.gen_time) if token.gen_time else None,
                    "facts": token.facts,
                }
                for token in tokens
            ],
        }
    )


def _readme(stamp: StampView, tokens: list[TimestampToken]) -> str:
    commands = "\n".join(
        f"    openssl ts -verify -data statement.json -in {t.authority}.tsr \\\n"
        f"        -CAfile {t.authority}-root.pem -untrusted {t.authority}-chain.pem"
        for t in tokens
    )
    own = [t.authority for t in tokens if t.self_signed]
    marked = _SELF_SIGNED.format(names=", ".join(own)) if own else ""
    return _README.format(commands=commands, marked=marked, size=stamp.batch.size)


_SELF_SIGNED = """
自签 / self-signed: {names}
本系统自建的时间戳机构签发，仅证明先后与未被改动，不能向外人证明具体时间。
Given by this system's own authority: proves order and that nothing was changed since, no time to outsiders.
"""

_README = """\
可信时间戳 / Trusted time stamp (RFC 3161)
{marked}
1. record.json  本资料的编号、字节数、SHA-256、SM3、接收时间。与原件核对。
                The recording's id, size, SHA-256, SM3 and time of receipt. Compare with the original.
2. proof.json   从记录到根的路径：叶 = SHA-256(00 || record.json)，逐级 SHA-256(01 || 左 || 右)，
                见 RFC 9162 §2.1.3.2；结果须等于 statement.json 中的 root。本批共 {size} 件。
                The path from the record to the root: leaf = SHA-256(00 || record.json), then
                SHA-256(01 || left || right) by RFC 9162 section 2.1.3.2; the end is `root` in statement.json.
3. 时间戳机构对 statement.json 的签名：
   The authority's signature over statement.json:

{commands}

   根证书须向时间戳机构核实，不要只相信本包。
   Get the root certificate from the authority itself; do not believe this folder alone.
"""
