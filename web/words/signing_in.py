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
