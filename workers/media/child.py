"""The sandboxed child's entry: `python -m workers.media.child`. Limits first, then the job's imports."""

from __future__ import annotations

import json
import os
import resource
import sys
from importlib import import_module

from workers.media.telling import tell_to


def main() -> None:
    """Read one request from standard input, set limits, call the job, answer on the former standard output."""
    request = json.loads(sys.stdin.buffer.read())
    limits = request["limits"]
    out = os.dup(1)
    tell_to(out)
    null = os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, 1)  # whatever a C library prints must not end up in the answer
    for what, value in (
        (resource.RLIMIT_AS, limits["memory"]),
        (resource.RLIMIT_FSIZE, limits["file_size"]),
        (resource.RLIMIT_NOFILE, 64),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(what, (value, value))
    resource.setrlimit(resource.RLIMIT_CPU, (limits["cpu"], limits["cpu"] + 5))
    os.nice(10)
    reply: dict[str, object]
    try:
        module, function = request["target"].split(":")
        reply = {"answer": getattr(import_module(module), function)(**request["arguments"])}
    except MemoryError:
        reply = {"error": "memory"}
    except Exception as error:  # noqa: BLE001 - whatever a parser raises is an answer here
        out_of_memory = isinstance(error, OSError) and error.errno == 12
        reply = {
            "error": "memory" if out_of_memory else "error",
            "text": f"{type(error).__name__}: {error}"[:2000],
        }
    with os.fdopen(out, "wb") as answer:
        answer.write(json.dumps(reply, ensure_ascii=True).encode())
    os._exit(0)  # no destructors: a library damaged by the file must not spoil the answer


if __name__ == "__main__":
    main()
