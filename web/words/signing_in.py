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

NO_PASSKEYS = {
    "no-tls": _l(
        "There are no passkeys here: browsers offer them over TLS only, and this system is reached without it."
    ),
    "no-name": _l(
        "There are no passkeys here: a passkey belongs to a machine's name, and this system is reached by a number."
    ),
}

PASSKEY_REFUSALS = {
    "no-name": _l("Give the passkey a name by which you will know the device. Nothing was changed."),
    "name-too-long": _l("A name has at most 64 characters. Nothing was changed."),
    "too-many": _l("You have ten passkeys; remove one first. Nothing was changed."),
    "known-already": _l("This passkey is known already. Nothing was changed."),
    "malformed": _l("The device's answer cannot be read. Nothing was changed; try again."),
    "not-verified": _l(
        "The device's answer does not hold. Nothing was changed; try again, or take another device."
    ),
    "other-origin": _l(
        "The answer was made on another page than this one. Nothing was changed. Open this system by its usual address, and tell the administrator."
    ),
    "too-late": _l("This took too long, or was sent twice. Nothing was changed; press the button once more."),
    "unknown-passkey": _l("You have no such passkey. Nothing was changed."),
}
