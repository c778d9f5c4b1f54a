"""`liuhen restore`."""

from __future__ import annotations

from pathlib import Path

import click

from liuhen.commands.backup import passphrase_option, read_passphrase, told
from liuhen.commands.options import data_option, fail

NOT_RESTORED = 1

_EPILOG = """\b
Exit status:
  0  restored
  1  not restored: the folder is not empty, the system runs, or there is no room
  2  the passphrase's file cannot be used
  3  not restored: the back-up is damaged, incomplete, or made by a newer version
  4  not restored: the passphrase is wrong or was not given
"""


@click.command(epilog=_EPILOG)
@click.argument("source", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@passphrase_option
@data_option
def restore(source: Path, passphrase_file: Path | None, data: Path) -> None:
    """Restore a back-up into a data folder that has neither catalog nor secrets.

    What else lies there, such as storage/ and spool/, stays as it is. Start the system afterwards with `liuhen up`, and
    take in what came into storage since with `liuhen catalog rebuild --add`.
    """
    from liuhen.keeping.restoring import NotEmpty  # noqa: PLC0415  (help must come at once)
    from liuhen.keeping.restoring import restore as restore_backup  # noqa: PLC0415
    from liuhen.supervisor.lock import AlreadyRunning, FolderLock  # noqa: PLC0415

    passphrase = read_passphrase(passphrase_file)
    data = data.absolute()
    safe = f"Nothing was put into {data}."
    try:
        with told(safe):
            data.mkdir(parents=True, exist_ok=True)
            with FolderLock(data / "run" / "supervisor.lock"):
                restored = restore_backup(data, source, passphrase, say=lambda what: click.echo(f"{what} …"))
    except AlreadyRunning as error:
        fail(str(error), NOT_RESTORED)
    except NotEmpty as error:
        fail(
            f"{safe[:-1]}: {error}. A back-up is restored only where nothing of it is: name another folder with "
            "--data, or move away what is there.",
            NOT_RESTORED,
        )
    catalog = restored.manifest.catalog
    click.echo(
        f"Restored into {data}: the catalog as of {restored.manifest.made:%Y-%m-%d %H:%M:%S} UTC with "
        f"{catalog.rows.get('clips', 0):,} recordings, and {len(restored.manifest.parts) - 1} files of secrets and "
        "settings."
    )
    if restored.manifest.environment:
        click.echo(f"It was set by the environment besides: {', '.join(restored.manifest.environment)}.")
    click.echo(
        "Now start it with `liuhen up`. Then see what came into storage since with `liuhen storage inventory`, and "
        "take it in with `liuhen catalog rebuild --add`."
    )
