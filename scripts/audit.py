"""Asks a vulnerability service about every pinned package: part of `make lint`, and honest about not having asked.

Three ends: nothing known (0), something known that nobody has accepted (1), and not done, because no service answers
(0, with one line saying so; that is no pass). Machines of a bureau have no internet, and a build must not fail for it.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import subprocess
import sys
import tomllib
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

SERVICE = "https://api.osv.dev/v1/query"
SECONDS = 4.0
"""How long the service may take to answer at all."""
LOCKED = ("develop", "ascmhl")
"""`develop` holds all of `runtime`, with the same pins."""
NEEDED = {"id": str, "package": str, "reason": str, "date": date, "until": date}


def answers(service: str) -> bool:
    """Whether the service answers a question as it should, and soon."""
    question = json.dumps({"package": {"name": "pip", "ecosystem": "PyPI"}, "version": "26.0"}).encode()
    asked = urllib.request.Request(service, question, {"Content-Type": "application/json"})  # noqa: S310 - a maintainer's own
    try:
        with urllib.request.urlopen(asked, timeout=SECONDS) as answer:  # noqa: S310
            return isinstance(json.load(answer), dict)
    except (OSError, ValueError):
        return False


def accepted(path: Path, today: date) -> dict[str, str]:
    """Answer which vulnerabilities are accepted today, id to reason. Raises ValueError for an entry that lacks something."""
    found = {}
    for entry in tomllib.loads(path.read_text(encoding="utf-8")).get("accepted", []):
        lacking = [
            name for name, kind in NEEDED.items() if not isinstance(entry.get(name), kind) or not entry[name]
        ]
        if lacking:
            raise ValueError(f"{path}: {entry.get('id', 'an entry')} lacks {', '.join(lacking)}")
        if entry["until"] >= today:
            found[entry["id"]] = f"{entry['reason']} ({entry['date']}, until {entry['until']})"
    return found


def known(report: dict[str, Any], accepted_ids: dict[str, str]) -> Iterator[tuple[str, str | None]]:
    """Answer each vulnerability in words, once, with the reason why it is accepted, or None."""
    seen = set()
    for package in report["dependencies"]:
        for one in package.get("vulns", []):
            ids = [one["id"], *one.get("aliases", [])]
            if (package["name"], one["id"]) in seen:
                continue
            seen.add((package["name"], one["id"]))
            mended = ", ".join(one.get("fix_versions", [])) or "no version yet"
            words = f"{package['name']} {package['version']}: {', '.join(ids)}; mended in {mended}"
            yield words, next((accepted_ids[i] for i in ids if i in accepted_ids), None)


def ask(service: str, files: Sequence[Path]) -> tuple[dict[str, Any] | None, str]:
    """Run pip-audit over each locked file; None and what it said when it did not come to an end."""
    together: dict[str, Any] = {"dependencies": []}
    for file in files:  # one by one: it refuses a package that stands in two
        command = [
            sys.executable, "-m", "pip_audit", "--disable-pip", "--require-hashes", "--vulnerability-service", "osv",
            "--osv-url", service, "--timeout", "15", "--format", "json", "--aliases", "on",
            "--progress-spinner", "off", "-r", str(file),
        ]  # fmt: skip
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        try:
            together["dependencies"] += json.loads(done.stdout)["dependencies"]
        except ValueError:
            return None, "\n".join(line[:300] for line in done.stderr.splitlines())
    return together, ""


def not_done(why: str) -> int:
    """Say that nothing was audited. Not a failure, and no pass."""
    print(f"Dependency audit NOT DONE: {why}. This is no pass; run `make lint` where there is internet.")
    return 0


def main(arguments: Sequence[str] | None = None) -> int:
    """Audit; answers the exit status."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--service", default=SERVICE)
    parser.add_argument("--accepted", type=Path, default=Path("requirements/known-vulnerabilities.toml"))
    parser.add_argument(
        "--done", type=Path, help="a file that remembers a pass; the same pins are asked about once a day"
    )
    parser.add_argument(
        "files", type=Path, nargs="*", default=[Path(f"requirements/{name}.txt") for name in LOCKED]
    )
    asked = parser.parse_args(arguments)
    today = datetime.now(UTC).date()
    try:
        accepted_ids = accepted(asked.accepted, today)
    except ValueError as error:
        print(error)
        return 1
    bodies = b"".join(path.read_bytes() for path in (*asked.files, asked.accepted))
    stamp = f"{today} {hashlib.sha256(bodies).hexdigest()}"
    if asked.done and asked.done.exists() and asked.done.read_text() == stamp:
        print("Dependency audit: nothing known, as asked earlier today about the same pins.")
        return 0
    if not answers(asked.service):
        return not_done(f"no vulnerability service answers at {asked.service}")
    report, said = ask(asked.service, asked.files)
    if report is None:
        if not answers(asked.service):
            return not_done(f"the vulnerability service at {asked.service} broke off")
        print(f"Dependency audit failed:\n{said}")
        return 1
    bad = 0
    for words, reason in known(report, accepted_ids):
        bad += reason is None
        print(
            f"{'KNOWN VULNERABILITY' if reason is None else 'accepted'}: {words}{f'; {reason}' if reason else ''}"
        )
    if bad:
        print(f"Pin a mended version (`make lock`), or accept it with reason and date in {asked.accepted}.")
        return 1
    print(
        f"Dependency audit: {len(report['dependencies'])} pinned packages, nothing known that is not accepted."
    )
    if asked.done:
        asked.done.write_text(stamp)
    return 0


if __name__ == "__main__":
    sys.exit(main())
