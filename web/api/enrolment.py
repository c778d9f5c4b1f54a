"""The one route a machine may use that is no station yet: it turns a one-time code into a credential."""

from __future__ import annotations

from flask import Response, request

from catalog.enrolment import Admitted, NotAdmitted, Why, enrol
from catalog.permissions import Permission
from ingest import protocol as p
from web.api.blueprint import ApiProblem, answer, api, read_message
from web.api.openapi import speaks
from web.components import components
from web.permission import requires

_UNTOUCHED = "Nothing was changed. What this machine copied stays in its spool."
_NEW_CODE = "Let an administrator make a new code on the stations page, or with `liuhen station-code`."
_WORDS: dict[Why, tuple[str, str]] = {
    "unknown": ("There is no such enrolment code.", "Compare it letter by letter with what was shown."),
    "expired": ("The enrolment code is too old, or a newer one replaced it.", _NEW_CODE),
    "used": ("Another machine has used this enrolment code. The administrator is told.", _NEW_CODE),
    "revoked": ("The station was revoked after this code was used.", _NEW_CODE),
    "bad-proof": (
        "The request does not prove that this machine holds the key it names.",
        "Compare the versions of station and server.",
    ),
    "too-many": ("Too many codes were wrong.", "Wait five minutes, then try again with the right code."),
}


@api.post("/enrolment")
@requires(Permission.PUBLIC)
@speaks(takes=p.Enrol, answers=p.Enrolled, refuses=(403, 429))
def enrol_station() -> Response:
    """A machine becomes a station: a one-time code and the station's own key for a credential."""
    message, here = read_message(p.Enrol), components()
    with here.database.write() as session:
        outcome = enrol(
            session,
            code=message.code,
            public_key=message.public_key,
            proof=message.proof,
            prefix=p.ENROL_PREFIX,
            host=message.host,
            software=message.software,
            address=request.remote_addr,
            now=here.clock(),
        )
        if isinstance(outcome, Admitted):
            return answer(
                p.Enrolled(
                    station=outcome.station.code,
                    name=outcome.station.name,
                    token=outcome.token,
                    receipt_keys={here.signer.key_id: here.signer.public_key},
                    ca_pem=here.settings.station_ca(),
                )
            )
    raise ApiProblem(429 if outcome.why == "too-many" else 403, _refusal(outcome))


def _refusal(outcome: NotAdmitted) -> p.Problem:
    what, then = _WORDS[outcome.why]
    if outcome.why == "too-many":
        return p.Problem(error="too-many-tries", what=what, safe=_UNTOUCHED, next=then, retry=True)
    return p.Problem(error=f"code-{outcome.why}", what=what, safe=_UNTOUCHED, next=then)
