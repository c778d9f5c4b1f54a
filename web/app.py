"""The web application, put together: pages for people, the API for stations."""

from __future__ import annotations

from flask import Flask, request
from flask_security import Security
from flask_wtf.csrf import CSRFProtect

from web import api, metrics
from web.accounts import AccountStore
from web.actor import use_source
from web.api.blueprint import api as api_blueprint
from web.api.blueprint import this_station
from web.api.reading import reading, this_bearer
from web.components import Components
from web.errors import add_error_pages
from web.giving_out import let_no_file_out_unasked
from web.headers import add_headers
from web.language import add_languages
from web.out_of_reach import keep_out_of_reach
from web.pages import pages
from web.permission import check_every_route
from web.queue_watch import QueueWatch
from web.signing_in.hashing import Turns
from web.signing_in.second_factor import lead_to_second_factor
from web.signing_in.sitting import WHOLE, watch_sittings
from web.signing_in.tries import Tries
from web.templating import add_words
from web.uploading import DocumentRequest, let_go, limit_request


def create_app(components: Components) -> Flask:
    """Build the application. Raises RouteWithoutPermission when a route does not say who may use it."""
    settings = components.settings
    app = Flask(__name__)
    app.request_class = DocumentRequest
    app.config.update(
        SECRET_KEY=settings.secret_key.get_secret_value(),
        SESSION_COOKIE_NAME="liuhen",
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_SECURE=settings.secure_cookies,
        PERMANENT_SESSION_LIFETIME=WHOLE,
        SESSION_REFRESH_EACH_REQUEST=False,  # a late answer must not bring back a cookie that was taken away
        WTF_CSRF_TIME_LIMIT=None,  # a form lives as long as its session
        WTF_CSRF_SSL_STRICT=False,  # SameSite and the token suffice; proxies drop Referer
        **_security(settings.password_salt.get_secret_value()),
    )
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.extensions["liuhen"] = components
    app.extensions["liuhen.tries"] = Tries(
        settings.broker_url.get_secret_value(), settings.secret_key.get_secret_value()
    )
    app.extensions["liuhen.turns"] = Turns()
    app.extensions["liuhen.queues"] = QueueWatch(settings.broker_url.get_secret_value())

    app.before_request(_limit_forms)  # before the form token is looked for
    app.teardown_request(lambda _error: let_go(request))
    security = Security(app, AccountStore(components.database, components.clock), register_blueprint=False)
    security.login_manager.request_loader(_no_tokens)
    # Flask-Principal would read the account on every request, style sheets included; `requires` decides here.
    app.before_request_funcs[None].remove(security.principal._on_before_request)  # noqa: SLF001
    watch_sittings(app)
    lead_to_second_factor(app)
    forms = CSRFProtect(app)
    for machines in (api_blueprint, reading):
        forms.exempt(machines)  # they carry a token of their own, and a cookie means nothing there
    add_languages(app, settings.time_zone)
    add_words(app)
    add_headers(app, storage_url=settings.storage.address_url, tls=settings.secure_cookies)
    add_error_pages(app)
    keep_out_of_reach(app)
    let_no_file_out_unasked(app)

    app.register_blueprint(pages)
    api.register(app)
    app.register_blueprint(reading)
    metrics.register(app)
    use_source(app, api_blueprint.name, this_station)
    use_source(app, reading.name, this_bearer)
    check_every_route(app)
    return app


def _security(salt: str) -> dict[str, object]:
    return {
        "SECURITY_PASSWORD_SALT": salt,
        "SECURITY_PASSWORD_HASH": "argon2",
        "SECURITY_PASSWORD_SCHEMES": ["argon2"],
        "SECURITY_DEPRECATED_PASSWORD_SCHEMES": [],
        # OWASP's first choice (19 MiB, two passes): several sign-ins at once must not fill the memory.
        "SECURITY_PASSWORD_HASH_PASSLIB_OPTIONS": {
            "argon2__memory_cost": 19_456,
            "argon2__time_cost": 2,
            "argon2__parallelism": 1,
        },
        "SECURITY_USE_REGISTER_V2": True,
        "SECURITY_REGISTERABLE": False,
        "SECURITY_RECOVERABLE": False,
        "SECURITY_CHANGEABLE": False,
        "SECURITY_DEFAULT_REMEMBER_ME": False,
        "SECURITY_SEND_REGISTER_EMAIL": False,
    }


def _limit_forms() -> None:
    if request.blueprint != api_blueprint.name:
        limit_request(request)


def _no_tokens(_request: object) -> None:
    """Flask-Security would take its own tokens from headers and addresses; we issue none and take none."""
