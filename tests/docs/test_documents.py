"""The documents say what the code says: commands, exit statuses, settings, messages, words, links, pictures."""

from __future__ import annotations

import ast
import re
import shlex
import unicodedata
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from babel.messages.pofile import read_po
from pydantic import BaseModel
from pydantic_core import PydanticUndefined

from catalog.permissions import ROLES
from catalog.recording_rules.reading import read_rules, shipped_text
from ingest.settings import StationSettings
from liuhen import secrets, system
from liuhen.addresses import USUAL_PORTS
from liuhen.cli import main
from liuhen.commands.dock import Exit
from liuhen.settings import Settings

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
PAGES = sorted([*ROOT.glob("*.md"), *DOCS.rglob("*.md")])
OURS = [page for page in PAGES if not {"decisions", "maintainers"} & set(page.parts)]
ROOMS = ("liuhen", "ingest", "storage", "catalog", "workers", "web")
IMAGE_BYTES, ALL_IMAGES_BYTES = 150_000, 3_000_000

_LINK = re.compile(r"(!?)\[[^\]]*\]\(([^)\s]+)\)")
_FENCE = re.compile(r"^( *)```(\w*)\n(.*?)^\1```", re.MULTILINE | re.DOTALL)


def text_of(name: str) -> str:
    return (DOCS / name).read_text(encoding="utf-8")


# Links, anchors, pictures


def links(page: Path) -> Iterator[tuple[bool, str]]:
    for mark, target in _LINK.findall(_FENCE.sub("", page.read_text(encoding="utf-8"))):
        if not re.match(r"[a-z]+:", target):
            yield bool(mark), target


def anchors(page: Path) -> set[str]:
    """Answer the anchors that GitHub gives to headings."""
    found = set()
    for heading in re.findall(r"^#+ (.+)$", _FENCE.sub("", page.read_text(encoding="utf-8")), re.MULTILINE):
        kept = "".join(c for c in heading.lower() if unicodedata.category(c)[0] in "LN" or c in " -_")
        found.add(kept.replace(" ", "-"))
    return found


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page: Path) -> None:
    for _, target in links(page):
        path, _, anchor = target.partition("#")
        there = (page.parent / path).resolve() if path else page
        assert there.exists(), target
        assert there.is_relative_to(ROOT), target
        assert not anchor or anchor in anchors(there), target


def test_every_picture_is_shown_and_light() -> None:
    shown = {(page.parent / t).resolve() for page in PAGES for is_image, t in links(page) if is_image}
    held = set((DOCS / "images").glob("*"))
    assert held == shown
    for image in held:
        assert image.stat().st_size < IMAGE_BYTES, image.name
    assert sum(image.stat().st_size for image in held) < ALL_IMAGES_BYTES


def test_every_page_can_be_found_from_the_readme() -> None:
    seen: set[Path] = set()
    waiting = [ROOT / "README.md"]
    while waiting:
        page = waiting.pop()
        if page not in seen:
            seen.add(page)
            ways = [(page.parent / t.partition("#")[0]).resolve() for _, t in links(page)]
            waiting += [way for way in ways if way.suffix == ".md"]
    assert set(PAGES) <= seen


def test_no_page_names_a_place_of_one_machine() -> None:
    for page in PAGES:
        assert not re.search(r"/(root|home|work)/", page.read_text(encoding="utf-8")), page.name


# Commands


def commands(command: click.Command, path: tuple[str, ...] = ()) -> Iterator[tuple[str, click.Command]]:
    if not isinstance(command, click.Group):
        yield " ".join(path), command
        return
    context = click.Context(command)
    for name in command.list_commands(context):
        found = command.get_command(context, name)
        assert found is not None
        yield from commands(found, (*path, name))
    if (
        command.invoke_without_command
    ):  # it does something of its own; after its members, which are named first
        yield " ".join(path), command


COMMANDS = dict(commands(main))


def section(title: str, text: str) -> str:
    found = re.search(rf"^#+ {re.escape(title)}\n(.*?)(?=^#|\Z)", text, re.MULTILINE | re.DOTALL)
    assert found, f"no section “{title}”"
    return found[1]


def test_the_commands_are_all_there_and_no_others() -> None:
    assert set(re.findall(r"^### liuhen (.+)$", text_of("commands.md"), re.MULTILINE)) == set(COMMANDS)


@pytest.mark.parametrize("name", COMMANDS)
def test_every_option_and_exit_status_is_documented(name: str) -> None:
    said = section(f"liuhen {name}", text_of("commands.md"))
    wanted = {
        option
        for parameter in COMMANDS[name].params
        if isinstance(parameter, click.Option) and parameter.name != "data" and not parameter.hidden
        for option in (*parameter.opts, *parameter.secondary_opts)
    }
    assert wanted == {
        word for row in re.findall(r"^\| `(--.*?)\|", said, re.MULTILINE) for word in options(row)
    }
    assert "xit status" in said
    stated = re.findall(r"^  (\d)  (.+)$", COMMANDS[name].epilog or "", re.MULTILINE)
    assert re.findall(r"^\| (\d) \| (.+?) \|$", said, re.MULTILINE) == stated


def options(row: str) -> list[str]:
    return re.findall(r"--[a-z-]+", f"--{row.removeprefix('--')}")


def test_the_exit_statuses_of_docking() -> None:
    said = section("liuhen dock", text_of("commands.md"))
    assert [int(number) for number in re.findall(r"^\| (\d) \|", said, re.MULTILINE)] == sorted(Exit)


def shell_lines() -> Iterator[tuple[Path, list[str]]]:
    for page in OURS:
        for _, language, body in _FENCE.findall(page.read_text(encoding="utf-8")):
            if language == "sh":
                for line in body.strip().splitlines():
                    yield (
                        page,
                        [w for w in shlex.split(line, comments=True) if not re.match(r"LIUHEN_\w+=", w)],
                    )


def test_printed_commands_exist() -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    for page, words in shell_lines():
        if words[0] == "make":
            assert set(words[1:]) <= targets, (page, words)
        elif words[0].endswith("liuhen"):
            name = next((n for n in COMMANDS if words[1 : 1 + len(n.split())] == n.split()), None)
            assert name, (page, words)
            known = {o for p in COMMANDS[name].params for o in (*p.opts, *p.secondary_opts)}
            assert {w for w in words if w.startswith("--")} <= known, (page, words)


# Settings


def fields(model: type[BaseModel], prefix: str) -> Iterator[tuple[str, object]]:
    for name, field in model.model_fields.items():
        kind = field.annotation
        variable = f"{prefix}{name.upper()}"
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            if prefix == "LIUHEN_":  # within web and workers, catalog and storage are those of the system
                yield from fields(kind, f"{variable}__")
        else:
            yield variable, PydanticUndefined if field.default_factory else field.default


SETTINGS = dict(fields(Settings, "LIUHEN_"))


def rows() -> dict[str, list[str]]:
    lines = re.findall(r"^\| `(LIUHEN_\w+)` \| (.+) \|$", text_of("settings.md"), re.MULTILINE)
    return {name: rest.split(" | ") for name, rest in lines}


def test_every_setting_is_documented_and_no_other() -> None:
    assert set(rows()) == set(SETTINGS)


def test_stated_defaults_are_the_defaults() -> None:
    for name, cells in rows().items():
        default = SETTINGS[name]
        stated = cells[1] if name.startswith("LIUHEN_STATION__") else cells[0]
        if isinstance(default, bool):
            assert stated in {f"`{str(default).lower()}`", "on with `--listen`"}, name
        elif isinstance(default, int | float) or (isinstance(default, str) and "://" not in default):
            wanted = f"`{default}`" if default != "" else "none"
            assert stated == wanted or stated.startswith("from "), name


def test_the_names_in_station_toml() -> None:
    there = {cells[0].strip("`") for name, cells in rows().items() if name.startswith("LIUHEN_STATION__")}
    assert there == set(StationSettings.model_fields)
    for _, language, body in _FENCE.findall(text_of("operators/install.md")):
        if language == "toml":
            assert set(re.findall(r"^(\w+) =", body, re.MULTILINE)) <= there


def test_variables_named_anywhere_exist() -> None:
    compose = (ROOT / "docker-compose.yml").read_text()
    for page in PAGES:
        for name in re.findall(r"\bLIUHEN_[A-Z_]*[A-Z]\b", page.read_text(encoding="utf-8")):
            known = name in SETTINGS or name.startswith(("LIUHEN_PORTS__", "LIUHEN_HOSTS__"))
            assert known or f"${{{name}" in compose, (page.name, name)


# What lies in the data folder


def test_secrets_ports_and_parts_are_documented() -> None:
    running = text_of("operators/running.md")
    for name in secrets.MAKERS:
        assert f"| `{name}` |" in running, name
    for name in system.PART_NAMES:
        assert f"| {name} | " in section("Parts", running), name
    for port in USUAL_PORTS.values():
        assert str(port) in running or str(port - 10_000) in running, port


# Messages and words


def constants() -> set[str]:
    """Answer every text in the code, with `…` for what differs, blanks made one."""
    found = set()
    for room in ROOMS:
        for file in (ROOT / room).rglob("*.py"):
            for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
                if isinstance(node, ast.JoinedStr):
                    parts = [p.value if isinstance(p, ast.Constant) else "…" for p in node.values]
                    found.add(plain("".join(str(p) for p in parts)))
                elif isinstance(node, ast.Constant) and isinstance(node.value, str):
                    found.add(plain(node.value))
    found |= {
        plain(text)
        for page in (ROOT / "web" / "templates").rglob("*.html")
        for text in [page.read_text("utf-8")]
    }
    found |= {plain(script.read_text("utf-8")) for script in (ROOT / "scripts").glob("*.sh")}
    return found


def plain(text: str) -> str:
    text = re.sub(
        r"%\(\w+\)s|\{[a-z_]*\}|\(\?P<\w+>[^)]*\)|\.\*", "…", text.replace("\\(", "(").replace("\\)", ")")
    )
    return re.sub(r"\s+", " ", text)


def test_every_message_in_troubleshooting_is_said_by_the_program() -> None:
    told = constants()
    messages = re.findall(r"^\| `(.+?)` \|", text_of("operators/troubleshooting.md"), re.MULTILINE)
    assert len(messages) > 40
    for message in messages:
        pieces = [piece.strip(" .") for piece in message.split("…") if piece.strip(" .:,()")]
        assert any(all(piece in text for piece in pieces) for text in told), message


@pytest.fixture(scope="module")
def chinese() -> dict[str, str]:
    with (ROOT / "web/translations/zh_Hans_CN/LC_MESSAGES/messages.po").open("rb") as file:
        return {str(m.id): str(m.string) for m in read_po(file) if isinstance(m.id, str)}


def table(module: str, name: str) -> dict[str, str]:
    """Answer a table of words from its source: code → English sentence."""
    for node in ast.parse((ROOT / "web" / "words" / module).read_text(encoding="utf-8")).body:
        if (
            isinstance(node, ast.Assign)
            and isinstance(node.targets[0], ast.Name)
            and node.targets[0].id == name
        ):
            assert isinstance(node.value, ast.Dict)
            pairs = zip(node.value.keys, node.value.values, strict=True)
            return {
                str(ast.literal_eval(key)): str(ast.literal_eval(call.args[0]))
                for key, call in pairs
                if key is not None and isinstance(call, ast.Call)
            }
    raise AssertionError(name)


@pytest.mark.parametrize(
    ("page", "module", "name"),
    [
        ("officers.md", "states.py", "SLOTS"),
        ("officers.md", "states.py", "ENDS"),
        ("officers.md", "reasons.py", "REASONS"),
        ("handlers.md", "reasons.py", "MARK_REFUSALS"),
        ("handlers.md", "reasons.py", "REFUSALS"),
        ("handlers.md", "coverage.py", "COVERAGE_REFUSALS"),
        ("administrators.md", "states.py", "ROLES"),
    ],
)
def test_the_words_on_screen_are_explained(
    page: str, module: str, name: str, chinese: dict[str, str]
) -> None:
    said = text_of(f"zh/{page}")
    cells = {
        cell.strip(" *") for line in said.splitlines() if line.startswith("|") for cell in line.split("|")
    }
    words = table(module, name)
    if name == "ROLES":
        assert set(words) == set(ROLES)
    missing = {code: chinese[english] for code, english in words.items() if chinese[english] not in cells}
    for code in ("unknown-clip", "unknown-step", "unknown-explanation"):
        if name != "REFUSALS" or code == "unknown-clip":
            missing.pop(code, None)  # nobody gets there by clicking
    assert not missing


def test_the_shipped_recording_rules_are_listed(chinese: dict[str, str]) -> None:
    rules = read_rules(shipped_text())
    lines = [
        [cell.strip() for cell in line.strip("|").split("|")]
        for line in text_of("zh/handlers.md").splitlines()
        if line.startswith("|")
    ]
    activities, presets = table("states.py", "ACTIVITIES"), table("states.py", "PRESETS")
    requirements, scopes = table("coverage.py", "REQUIREMENTS"), table("coverage.py", "RECORD_SCOPES")
    for row in rules.rows:
        when = "、".join(rules.circumstances[code].zh for code in row.circumstances) or "—"
        if row.unless:
            when = "除" + "、".join(rules.circumstances[code].zh for code in row.unless) + "外"
        asked = chinese[requirements[row.requirement]]
        if row.requirement != "need-not":
            asked += "，" + chinese[scopes[row.scope]]
        moments = "；".join("或".join(chinese[presets[one]] for one in group) for group in row.moments)
        activity = "、".join(chinese[activities[one]] for one in row.activities)
        assert [row.title.zh, activity, when, asked, moments or "—"] in lines


def test_the_example_of_recording_rules_can_be_read() -> None:
    blocks = [
        body
        for _, language, body in _FENCE.findall(text_of("operators/recording-rules.md"))
        if language == "toml"
    ]
    assert len(blocks) == 1
    assert read_rules(blocks[0]).rows[0].requirement == "must"


def test_the_attacks_of_the_probe_are_explained() -> None:
    names = set(re.findall(r'^ +(?:Attack\(\s*|name=)"([a-z-]+)"', _probe_source(), re.MULTILINE))
    assert len(names) > 25
    explained = text_of("operators/lock-probe.md")
    assert {name for name in names if f"`{name}`" not in explained} == set()


def _probe_source() -> str:
    text = "\n".join(f.read_text(encoding="utf-8") for f in sorted((ROOT / "storage" / "probe").glob("*.py")))
    return re.sub(r"Attack\(\s+", "Attack(", text)
