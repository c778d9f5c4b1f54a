"""What browsers are asked for about passkeys, and what their answers prove (WebAuthn Level 3). Reads and writes no row."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from webauthn import (
    base64url_to_bytes,
    generate_authentication_options,
    generate_registration_options,
    options_to_json,
    verify_authentication_response,
    verify_registration_response,
)
from webauthn.helpers import bytes_to_base64url, parse_authentication_credential_json
from webauthn.helpers.cose import COSEAlgorithmIdentifier
from webauthn.helpers.structs import (
    AttestationConveyancePreference,
    AuthenticatorSelectionCriteria,
    AuthenticatorTransport,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from catalog.models import Account, Passkey
from catalog.rules.passkeys import ANSWER_LIMIT, CHALLENGE_VALID, Party

TIMEOUT_MS = int(CHALLENGE_VALID.total_seconds() * 1000)
KINDS_OF_KEYS = [
    COSEAlgorithmIdentifier.EDDSA,
    COSEAlgorithmIdentifier.ECDSA_SHA_256,
    COSEAlgorithmIdentifier.RSASSA_PKCS1_v1_5_SHA_256,
]
TRANSPORTS = frozenset(one.value for one in AuthenticatorTransport)

T = TypeVar("T")


class NotProven(Exception):
    """An answer proves nothing; `why` is `malformed`, `other-origin` or `not-verified`."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


@dataclass(frozen=True, slots=True)
class Made:
    """A passkey just made: the texts as they are kept, and the counter it begins with."""

    credential: str
    public_key: str
    counter: int
    transports: list[str]


@dataclass(frozen=True, slots=True)
class Shown:
    """A passkey just used: its counter, and whose it is by its own word (the account's id, in bytes)."""

    counter: int
    user: bytes | None


def creation_options(
    party: Party, account: Account, bureau: str, challenge: bytes, known: Sequence[Passkey]
) -> str:
    """Answer (JSON) what a browser needs to make a passkey: kept by the device, opened by PIN or finger, no attestation."""
    return options_to_json(
        generate_registration_options(
            rp_id=party.id,
            rp_name=bureau,
            user_id=account.id.bytes,
            user_name=account.username,
            user_display_name=account.called,
            challenge=challenge,
            timeout=TIMEOUT_MS,
            attestation=AttestationConveyancePreference.NONE,
            authenticator_selection=AuthenticatorSelectionCriteria(
                resident_key=ResidentKeyRequirement.REQUIRED,
                user_verification=UserVerificationRequirement.REQUIRED,
            ),
            exclude_credentials=_described(known),
            supported_pub_key_algs=KINDS_OF_KEYS,
        )
    )


def request_options(party: Party, challenge: bytes, known: Sequence[Passkey] = ()) -> str:
    """Answer (JSON) what a browser needs to use a passkey. At the sign-in `known` is empty: the device finds its own.

    Were they named there, anybody could ask which accounts there are and which devices they use.
    """
    return options_to_json(
        generate_authentication_options(
            rp_id=party.id,
            challenge=challenge,
            timeout=TIMEOUT_MS,
            allow_credentials=_described(known),
            user_verification=UserVerificationRequirement.REQUIRED,
        )
    )


def read_made(party: Party, challenge: bytes, answer: str) -> Made:
    """Answer the passkey that a browser made for this challenge. Raises NotProven."""
    said = _parsed(answer)
    _check_origin(party, said)
    found = _proven(
        lambda: verify_registration_response(
            credential=said,
            expected_challenge=challenge,
            expected_rp_id=party.id,
            expected_origin=party.origin,
            require_user_verification=True,
            supported_pub_key_algs=KINDS_OF_KEYS,
        )
    )
    transports = said["response"].get("transports")
    return Made(
        bytes_to_base64url(found.credential_id),
        base64.b64encode(found.credential_public_key).decode(),
        found.sign_count,
        sorted(TRANSPORTS.intersection(one for one in transports if isinstance(one, str)))
        if isinstance(transports, list)
        else [],
    )


def credential_of(answer: str) -> str:
    """Answer which passkey an answer says it is of. Raises NotProven."""
    said = _parsed(answer)
    return bytes_to_base64url(_proven(lambda: parse_authentication_credential_json(said)).raw_id)


def read_shown(party: Party, challenge: bytes, answer: str, public_key: str) -> Shown:
    """Answer what a use of this passkey for this challenge says, once its signature holds. Raises NotProven.

    The counter is for the caller to judge.
    """
    said = _parsed(answer)
    _check_origin(party, said)
    found = _proven(
        lambda: verify_authentication_response(
            credential=said,
            expected_challenge=challenge,
            expected_rp_id=party.id,
            expected_origin=party.origin,
            credential_public_key=base64.b64decode(public_key),
            credential_current_sign_count=0,
            require_user_verification=True,
        )
    )
    return Shown(
        found.new_sign_count, _proven(lambda: parse_authentication_credential_json(said)).response.user_handle
    )


def _parsed(answer: str) -> dict[str, Any]:
    if not 0 < len(answer) <= ANSWER_LIMIT:
        raise NotProven("malformed")
    try:
        said = json.loads(answer)
    except (ValueError, RecursionError):
        raise NotProven("malformed") from None
    if not isinstance(said, dict) or not isinstance(said.get("response"), dict):
        raise NotProven("malformed")
    return said


def _check_origin(party: Party, said: dict[str, Any]) -> None:
    """Tell a page elsewhere that passes our questions on apart from what is merely wrong. Raises NotProven."""
    try:
        client = json.loads(base64url_to_bytes(said["response"]["clientDataJSON"]))
        origin, framed = client["origin"], client.get("crossOrigin", False)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise NotProven("malformed") from None
    if origin != party.origin or framed:
        raise NotProven("other-origin")


def _proven(read: Callable[[], T]) -> T:
    try:
        return read()
    except Exception as error:
        # Bytes of strangers, read by several libraries: whatever they stumble over, nothing is proven by it.
        raise NotProven("not-verified") from error


def _described(known: Sequence[Passkey]) -> list[PublicKeyCredentialDescriptor]:
    return [
        PublicKeyCredentialDescriptor(
            id=base64url_to_bytes(one.credential),
            transports=[AuthenticatorTransport(way) for way in one.transports if way in TRANSPORTS] or None,
        )
        for one in known
    ]
