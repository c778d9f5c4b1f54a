"""Gunicorn's own log in our form: it writes of workers that start, stop and hang; requests are not logged."""

from __future__ import annotations

import logging
import os
from typing import Any

from gunicorn.glogging import Logger  # type: ignore[import-untyped]

from liuhen.logs import formatter


class GunicornLog(Logger):  # type: ignore[misc]
    """Named to gunicorn by `--logger-class`; it is made before our settings are read."""

    def setup(self, cfg: Any) -> None:
        """Take our formatter instead of gunicorn's."""
        super().setup(cfg)
        ours = formatter("json" if os.environ.get("LIUHEN_LOG_FORMAT") == "json" else "text")
        for handler in logging.getLogger("gunicorn.error").handlers:
            handler.setFormatter(ours)
