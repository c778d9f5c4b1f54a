"""docker-compose.yml starts exactly what `liuhen up` starts. Read, not run: no Docker is needed."""

from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner

from liuhen import system
from liuhen.cli import main
from liuhen.settings import load
from liuhen.supervisor.part import Part

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def services() -> dict[str, Any]:
    return yaml.safe_load((ROOT / "docker-compose.yml").read_text())["services"]


@pytest.fixture
def parts(tmp_path: Path) -> dict[str, Part]:
    return {part.name: part for part in system.parts(load(tmp_path))}


def test_the_same_parts(services: dict[str, Any], parts: dict[str, Part]) -> None:
    assert set(services) == set(parts) == set(system.PART_NAMES)


def test_the_same_commands(services: dict[str, Any], parts: dict[str, Part], tmp_path: Path) -> None:
    settings = load(tmp_path)
    for name, service in services.items():
        command = service["command"]
        if command[0] == "run":
            assert command[1] == name
            # `liuhen run` becomes what this function answers, and so does the supervisor's part.
            assert parts[name].command == system.command(name, settings)
        else:
            assert parts[name].command[-len(command) :] == command


def test_every_command_line_is_understood(services: dict[str, Any]) -> None:
    for service in services.values():
        runner = CliRunner()
        assert runner.invoke(main, [*service["command"], "--help"]).exit_code == 0
        check = service.get("healthcheck", {}).get("test")
        if check:
            assert check[:2] == ["CMD", "liuhen"]
            assert runner.invoke(main, [*check[2:], "--help"]).exit_code == 0


def test_the_same_order(services: dict[str, Any], parts: dict[str, Part]) -> None:
    def before(name: str, names: dict[str, set[str]]) -> set[str]:
        return names[name] | {earlier for one in names[name] for earlier in before(one, names)}

    here = {name: set(service.get("depends_on", {})) for name, service in services.items()}
    there = {name: set(part.after) for name, part in parts.items()}
    for name in parts:
        # Containers wait at least as long; only the queue is waited for more directly.
        assert before(name, there) - before(name, here) <= {"queue"}


def test_what_can_be_asked_after_has_a_health_check(services: dict[str, Any], parts: dict[str, Part]) -> None:
    assert {name for name, service in services.items() if "healthcheck" in service} == {
        name for name, part in parts.items() if part.check
    }


def test_ports_are_those_of_one_machine_and_on_loopback_only(
    services: dict[str, Any], tmp_path: Path
) -> None:
    published = {name: service["ports"] for name, service in services.items() if "ports" in service}
    usual = load(tmp_path).ports
    assert published == {name: [f"127.0.0.1:{usual[name]}:{usual[name]}"] for name in ("web", "storage")}


def test_no_secret_stands_in_the_file() -> None:
    text = (ROOT / "docker-compose.yml").read_text().lower()
    assert not any(word in text for word in ("password:", "secret_key", "access_key", "token:"))
