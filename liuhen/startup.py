"""The beginning of `liuhen up` and `liuhen demo`: folder, secrets, ports, certificate, who the storage runs as."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from liuhen import certificates, secrets, system
from liuhen.addresses import LOOPBACK, USUAL_PORTS, storage_ports
from liuhen.settings import Remembered, Settings, load, remember, remembered
from liuhen.supervisor import ports
from liuhen.supervisor.lock import FolderLock
from storage.seaweedfs.owner import with_owner


class CannotStart(Exception):
    """The system cannot be started; the message says why and what to do."""


@dataclass(frozen=True, slots=True)
class Start:
    """Everything the supervisor needs to begin."""

    settings: Settings
    storage_user: str | None


def begin(data: Path, *, listen: str | None, port: int | None, say: Callable[[str], None]) -> Start:
    """Make ready what must exist before any part starts; answer the settings.

    Raises AlreadyRunning, PortBusy, CannotStart.
    """
    data = data.absolute()
    try:
        data.mkdir(parents=True, exist_ok=True)
        # Taken and given back: the supervisor takes it again. This one is for the message before anything is changed.
        with FolderLock(data / "run" / "supervisor.lock"):
            return _begin(data, listen=listen, port=port, say=say)
    except secrets.SecretUnreadable as error:
        raise CannotStart(str(error)) from None
    except OSError as error:
        raise CannotStart(
            f"The data folder {data} cannot be used ({error.strerror}: {error.filename}). Nothing was started. "
            "See to it that this user may write there and that the disk is not full, or choose another with --data."
        ) from None


def _begin(data: Path, *, listen: str | None, port: int | None, say: Callable[[str], None]) -> Start:
    for sentence in secrets.create_missing(data):
        say(sentence)
    last = remembered(data)
    _choose_ports(data, listen=listen, port=port, last=last, say=say)
    settings = load(data)
    if settings.listen:
        certificates.ensure(data, settings.public_host, datetime.now(UTC))
        say(
            f"Other machines reach this system at {settings.web.public_url} and {settings.storage.address_url}. "
            f"They must trust {certificates.files_of(data).authority}."
        )
    plan = system.storage_plan(settings)
    for folder in (plan.folder, data / "run", data / "logs"):
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    plan, why = with_owner(plan)
    if plan.user is None and os.geteuid() == 0:
        say(f"Note: {why}. Its files are protected less well than with a user of its own.")
    return Start(settings, plan.user)


def _choose_ports(
    data: Path, *, listen: str | None, port: int | None, last: Remembered, say: Callable[[str], None]
) -> None:
    # Only what the environment or the command line names is explicit; what follows from the folder may move.
    environment = {
        name: int(value)
        for name in USUAL_PORTS
        if (value := os.environ.get(f"LIUHEN_PORTS__{name.upper()}", "")).isdigit()
    }
    explicit = {**environment, **({"web": port} if port else {})}
    address = listen or os.environ.get("LIUHEN_LISTEN") or None
    host = address or LOOPBACK
    public = {"web": host, "storage": host, "storage_s3_grpc": host}
    try:
        choice = ports.choose(
            USUAL_PORTS, host=LOOPBACK, explicit=explicit, remembered=last.ports, hosts=public
        )
    except OSError as error:
        raise CannotStart(
            f"{host} is no address of this machine ({error.strerror}). Nothing was started. "
            "Give --listen one of its own addresses, or 0.0.0.0 for all of them."
        ) from None
    storage_ports(choice.ports)  # complete, or it raises here rather than in the middle of the start
    for note in choice.notes:
        say(note)
    remember(
        data,
        Remembered(
            listen=address,
            public_host=os.environ.get("LIUHEN_PUBLIC_HOST") or None,
            public_url=os.environ.get("LIUHEN_WEB__PUBLIC_URL") or None,
            ports=choice.ports,
        ),
    )
