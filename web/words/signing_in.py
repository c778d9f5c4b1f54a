"""What signing in, second factors and tokens say."""

from flask_babel import lazy_gettext as _l

SECOND_FACTOR_REFUSALS = {
    "wrong-code": _l(
        "This code is not right, or was used already. Nothing was changed. Wait for the next one; if none is taken, set the time of your telephone."
    ),
    "not-begun": _l("Begin to set it up first. Nothing was changed."),
    "set-already": _l("The second factor is set already. Nothing was changed."),
    "not-set": _l("There is no second factor. Nothing was changed."),
    "needed-for-role": _l(
        "Your role needs a second factor, so it cannot be switched off. Nothing was changed."
    ),
}

TOKEN_REFUSALS = {
    "no-name": _l("Say what the token is for. Nothing was changed."),
    "no-permission": _l("Choose what the token may read. Nothing was changed."),
    "not-yours": _l("Your roles do not include this, so your token cannot either. Nothing was changed."),
    "not-offered": _l("A token cannot be given this. Nothing was changed."),
    "expiry-past": _l("Choose how long the token is good. Nothing was changed."),
    "expiry-far": _l("A token is good for a year at most. Nothing was changed."),
    "too-many-tokens": _l("You have twenty good tokens; revoke some first. Nothing was changed."),
    "unknown-token": _l("You have no such token. Nothing was changed."),
    "revoked-already": _l("This token is revoked already. Nothing was changed."),
}

TOKEN_PERMISSIONS = {
    "office:case:read": _l("cases with their steps"),
    "office:clip:read": _l("facts of recordings: digests, times, locks"),
    "office:custody:read": _l("custody log of a recording"),
}
