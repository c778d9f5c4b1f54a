"""Sentences about time stamps that the workers wrote into the catalog; `why` in a pattern is a sentence itself."""

from __future__ import annotations

from typing import Any

from flask_babel import lazy_gettext as _l

from web.words.marking import N_

STAMP_SENTENCES = frozenset(
    {
        # why an authority could not be asked
        N_("it did not answer in time"),
        N_("its answer broke off"),
        N_("its answer is larger than 256 KiB, which no token is"),
        N_("openssl did not answer in time"),
        N_("the program openssl is not installed here (Debian: apt-get install openssl)"),
        N_("this authority is no longer in the settings"),
        # why an answer is no good token
        N_("what was answered is no time-stamp response"),
        N_("the token is damaged: it cannot be read to its end"),
        N_("the token is damaged: its signature does not fit"),
        N_("the token is over another digest than ours"),
        N_("the token answers another request: an old one played back, it may be"),
        N_("the token brings no certificate of its signer"),
        N_("a token has one signer, this one has another number of them"),
        N_("the token brings two certificates that both claim to be its signer's"),
        N_("the catalog has no token where there should be one"),
        # what an audit found
        N_("what the catalog says of this recording today is not what was stamped"),
        N_("the leaves kept for this batch do not lead to the root that was stamped"),
        N_("the time shown is not the one in the token"),
    }
)

STAMP_PATTERNS: tuple[tuple[str, Any], ...] = (
    (r"time-stamping authority (?P<name>\S+): (?P<why>.+)", _l("time-stamping authority %(name)s: %(why)s")),
    (
        r"Time-stamping authority (?P<name>\S+) gave an answer that is no good token: (?P<why>.+)",
        _l("Time-stamping authority %(name)s gave an answer that is no good token: %(why)s"),
    ),
    (
        r"A time stamp that was kept does not prove what it should: (?P<why>.+)",
        _l("A time stamp that was kept does not prove what it should: %(why)s"),
    ),
    (
        r"No time stamp from authority (?P<name>\S+) for longer than (?P<n>[\d.]+) minutes; it is asked again by itself\. ?(?P<why>.*)",
        _l(
            "No time stamp from authority %(name)s for longer than %(n)s minutes; it is asked again by itself. %(why)s"
        ),
    ),
    (
        r"the time stamp could not be put under lock: (?P<why>.+)",
        _l("the time stamp could not be put under lock: %(why)s"),
    ),
    (r"it could not be reached \((?P<what>.+)\)", _l("it could not be reached (%(what)s)")),
    (
        r"its web server's certificate is not accepted \((?P<what>.+)\)",
        _l("its web server's certificate is not accepted (%(what)s)"),
    ),
    (
        r"it points to another address \(HTTP (?P<n>\d+)\); enter that one in the settings if it is right",
        _l("it points to another address (HTTP %(n)s); enter that one in the settings if it is right"),
    ),
    (
        r"it does not let us in \(HTTP (?P<n>\d+)\); look at user and password file in the settings",
        _l("it does not let us in (HTTP %(n)s); look at user and password file in the settings"),
    ),
    (r"it answered HTTP (?P<n>\d+)", _l("it answered HTTP %(n)s")),
    (
        r"its password file (?P<path>\S+) cannot be read \((?P<what>.+)\)",
        _l("its password file %(path)s cannot be read (%(what)s)"),
    ),
    (
        r"(?P<path>\S+) holds no certificates, so its web server cannot be believed",
        _l("%(path)s holds no certificates, so its web server cannot be believed"),
    ),
    (
        r"its key (?P<path>\S+) is not there; `liuhen prepare` makes it",
        _l("its key %(path)s is not there; `liuhen prepare` makes it"),
    ),
    (r"openssl gave no answer: (?P<what>.+)", _l("openssl gave no answer: %(what)s")),
    (r"openssl could not be started \((?P<what>.+)\)", _l("openssl could not be started (%(what)s)")),
    (r"the authority gave no token \((?P<what>.+)\)", _l("the authority gave no token (%(what)s)")),
    (
        r"the token follows policy (?P<one>\S+) instead of (?P<other>\S+)",
        _l("the token follows policy %(one)s instead of %(other)s"),
    ),
    (
        r"the certificate “(?P<name>.+)” was not valid at the token's time: valid (?P<one>\S+) to (?P<other>\S+)",
        _l("the certificate “%(name)s” was not valid at the token's time: valid %(one)s to %(other)s"),
    ),
    (
        r"the certificate “(?P<name>.+)” in the token was not signed by whom it names",
        _l("the certificate “%(name)s” in the token was not signed by whom it names"),
    ),
    (
        r"the token's signer “(?P<name>.+)” does not lead to an authority that is believed here",
        _l("the token's signer “%(name)s” does not lead to an authority that is believed here"),
    ),
    (
        r"the certificate “(?P<name>.+)” is not one for time stamps alone",
        _l("the certificate “%(name)s” is not one for time stamps alone"),
    ),
    (
        r"authority (?P<name>\S+) is not in the settings, so nobody vouches for it",
        _l("authority %(name)s is not in the settings, so nobody vouches for it"),
    ),
    (
        r"the roots of authority (?P<name>\S+) in (?P<path>\S+) cannot be read: (?P<what>.+)",
        _l("the roots of authority %(name)s in %(path)s cannot be read: %(what)s"),
    ),
    (
        r"(?P<path>\S+) holds no certificates \(PEM\), so nobody is believed as authority (?P<name>\S+)",
        _l("%(path)s holds no certificates (PEM), so nobody is believed as authority %(name)s"),
    ),
    (
        r"(?P<path>\S+) holds a certificate that another one signed; a root of authority (?P<name>\S+) signs itself",
        _l("%(path)s holds a certificate that another one signed; a root of authority %(name)s signs itself"),
    ),
    (r"the (?P<what>\w+) was never put under lock", _l("the %(what)s was never put under lock")),
    (r"(?P<key>timestamps/\S+) in storage: (?P<what>.+)", _l("%(key)s in storage: %(what)s")),
    (
        r"(?P<key>timestamps/\S+) in storage holds other bytes than the catalog",
        _l("%(key)s in storage holds other bytes than the catalog"),
    ),
    (r"(?P<key>timestamps/\S+) is not in storage", _l("%(key)s is not in storage")),
    (
        r"the storage would not prolong the lock of (?P<key>\S+): (?P<what>.+)",
        _l("the storage would not prolong the lock of %(key)s: %(what)s"),
    ),
    (
        r"the lock of (?P<key>\S+) read back is not the one that was set",
        _l("the lock of %(key)s read back is not the one that was set"),
    ),
)
