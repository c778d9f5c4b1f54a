"""Run worlds of a storm and print a line of JSON for each."""

from __future__ import annotations

import argparse
import json
import shutil
import tempfile
from pathlib import Path

from tests.faults.storm.agent import Nursery, small_parts
from tests.faults.storm.world import World


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.faults.storm", description=__doc__)
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--worlds", default="0-0", help="from-to, both included")
    parser.add_argument("--dockings", type=int, default=8, help="dockings that are struck, in each world")
    parser.add_argument("--only", default="", help="draw this kind of fault and no other")
    parser.add_argument(
        "--every-write", action="store_true", help="instead: die at each durable operation in turn"
    )
    parser.add_argument(
        "--every-state", action="store_true", help="instead: die at each step of the journal in turn"
    )
    parser.add_argument("--step", type=int, default=1, help="with --every-write: only each of so many")
    parser.add_argument(
        "--without-delay", action="store_true", help="clear and free as soon as statements allow"
    )
    parser.add_argument("--large", action="store_true", help="files of some MB among them")
    parser.add_argument("--keep", type=Path, help="leave the worlds in this folder")
    arguments = parser.parse_args()
    small_parts()
    nursery = Nursery()
    base = arguments.keep or Path(tempfile.mkdtemp(prefix="liuhen-storm-"))
    first, last = (int(number) for number in arguments.worlds.split("-"))
    bad = 0
    try:
        for number in range(first, last + 1):
            seed = arguments.seed * 10_000 + number
            world = World(nursery, base / f"world-{number}", seed, large=arguments.large)
            if arguments.without_delay:
                world.without_delay()
            if arguments.every_write:
                report = world.run_every_write(arguments.step)
            elif arguments.every_state:
                report = world.run_every_state()
            else:
                report = world.run(arguments.dockings, only=arguments.only)
            print(json.dumps({"world": number, **vars(report)}), flush=True)
            bad += bool(report.objections)
            if not arguments.keep:
                shutil.rmtree(base / f"world-{number}")
    finally:
        nursery.close()
        if not arguments.keep:
            shutil.rmtree(base, ignore_errors=True)
    return int(bad > 0)


if __name__ == "__main__":
    raise SystemExit(main())
