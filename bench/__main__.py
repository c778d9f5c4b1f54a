"""`make bench`: every bench, one after the other. `make bench BENCH="dock --rounds 5"` runs one with its arguments."""

from __future__ import annotations

import importlib
import sys

BENCHES = (
    "dock",
    "locks",
    "many",
    "people",
    "playable",
    "render",
    "search",
    "signin_attack",
    "small",
    "streaming",
    "suggestions",
)


def main() -> None:
    given = sys.argv[1:]
    if given and given[0] not in BENCHES:
        raise SystemExit(f"there is no bench {given[0]!r}; there are: {', '.join(BENCHES)}")
    failed = []
    for name in given[:1] or BENCHES:
        print(f"\n== {name} ==", flush=True)
        sys.argv = [f"bench.{name}", *given[1:]]
        try:
            status = importlib.import_module(f"bench.{name}").main()
        except SystemExit as end:
            status = end.code
        if status:
            failed.append(f"{name}: {status}")
    raise SystemExit("; ".join(failed) or 0)


if __name__ == "__main__":
    main()
