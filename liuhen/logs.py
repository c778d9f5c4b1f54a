"""What our own parts write to their logs: plain lines or JSON lines, with ids of clips and nothing about people.

Names of officers, of files and of cases reach a log by way of errors: the path in an OSError, the values in a database's
complaint, the bytes in a UnicodeDecodeError. So of an error a log gets its kind and where it happened; its text only where
it is one of ours, or speaks of code alone.
"""

from __future__ import annotations

import json
import logging
import sys
import traceback
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Literal

LogFormat = Literal["text", "json"]

ROOMS = ("catalog.", "storage.", "web.", "workers.", "ingest.", "liuhen.")
ABOUT_CODE: tuple[type[BaseException], ...] = (
    AttributeError,
    ImportError,
    MemoryError,
    NameError,
    NotImplementedError,
    RecursionError,
    TypeError,
)
FIELDS = ("clip", "stage", "docking", "slot", "job", "seconds")
"""What a line may carry besides its message, given as `extra`."""


def discreet(error: BaseException) -> str:
    """Answer an error in words that name no person, file or value."""
    kind = type(error)
    name = kind.__name__
    if isinstance(error, OSError) and error.strerror:
        return f"{name}: {error.strerror}"  # without the path
    if kind.__module__.startswith(ROOMS) or isinstance(error, ABOUT_CODE):
        return f"{name}: {error}" if str(error) else name
    return name


def discreet_traceback(error: BaseException) -> str:
    """Answer where an error came from, cause by cause, without the values in it."""
    chain: list[BaseException] = []
    one: BaseException | None = error
    while one is not None and one not in chain:
        chain.append(one)
        one = one.__cause__ or (None if one.__suppress_context__ else one.__context__)
    parts = []
    for one in reversed(chain):
        frames = "".join(traceback.format_list(traceback.extract_tb(one.__traceback__)))
        parts.append(f"Traceback (most recent call last):\n{frames}{discreet(one)}")
    return "\n\nwhich led to\n\n".join(parts)


class Discreet(logging.Formatter):
    """Plain lines: time, level, who says it, what."""

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)s %(name)s %(message)s")

    def format(self, record: logging.LogRecord) -> str:
        """Answer the line; a traceback follows on lines of its own."""
        plain = _without_values(record)
        plain.exc_text = None
        return super().format(plain)

    def formatException(self, ei: Any) -> str:  # noqa: N802 - the name is logging's
        """Answer the traceback without values."""
        return discreet_traceback(ei[1]) if ei and ei[1] is not None else ""


class JsonLines(Discreet):
    """One JSON object a line: `time` (UTC), `level`, `logger`, `message`, and what of FIELDS is known."""

    def format(self, record: logging.LogRecord) -> str:
        """Answer the line."""
        plain = _without_values(record)
        answer: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": plain.getMessage(),
        }
        answer |= {name: _plain(getattr(record, name)) for name in FIELDS if hasattr(record, name)}
        if record.exc_info and record.exc_info[1] is not None:
            answer["error"] = discreet(record.exc_info[1])
            answer["traceback"] = discreet_traceback(record.exc_info[1])
        return json.dumps(answer, ensure_ascii=False)


def _plain(value: object) -> object:
    return value if isinstance(value, int | float | str) else str(value)


def _without_values(record: logging.LogRecord) -> logging.LogRecord:
    """Answer a copy whose arguments hold no error's own text."""
    plain = logging.makeLogRecord(record.__dict__)
    if isinstance(record.args, tuple):
        plain.args = tuple(discreet(a) if isinstance(a, BaseException) else a for a in record.args)
    elif isinstance(record.args, Mapping) and "exc" in record.args:  # Celery's report on a task
        error = record.exc_info[1] if record.exc_info else None
        told = discreet(error) if error is not None else "an error"
        plain.args = {**record.args, "exc": told, "traceback": ""}
    return plain


def formatter(log_format: LogFormat) -> logging.Formatter:
    """Answer the formatter of that name."""
    return JsonLines() if log_format == "json" else Discreet()


def set_up(log_format: LogFormat, level: int = logging.INFO) -> None:
    """Let everything this process logs go to its error stream in this form. May be repeated."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(formatter(log_format))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    for loud in ("botocore", "boto3", "urllib3", "s3transfer", "amqp"):
        logging.getLogger(loud).setLevel(logging.WARNING)
    logging.captureWarnings(capture=True)
