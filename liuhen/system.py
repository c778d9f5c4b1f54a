"""The parts of one system: what `liuhen up` starts on one machine, and docker-compose.yml in containers.

`command` and `before_start` say for each part what runs and what must lie ready for it; both ways of starting use
them, so that they cannot drift apart.
"""

from __future__ import annotations

import os
import shutil
import signal
import sys
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path

from liuhen import health, redis_server, secrets
from liuhen.addresses import ANYWHERE, LOOPBACK, storage_ports, url
from liuhen.certificates import files_of
from liuhen.settings import Settings
from liuhen.supervisor.part import Part
from storage.seaweedfs.command import STOP_SECONDS, guessable_sockets, weed_command, weed_environment
from storage.seaweedfs.files import write_private
from storage.seaweedfs.plan import WeedPlan
from storage.seaweedfs.prepare import prepare as prepare_storage
from storage.settings import KeyRole, StorageSettings, read_access_key
from workers.queues import QUEUES_OF_WORKER

PART_NAMES = (
    "storage",
    "queue",
    "prepare",
    "web",
    "worker-intake",
    "worker-pictures",
    "worker-media",
    "worker-disposal",
    "beat",
    "station",
)
"""In the order in which they start."""

KEY_FILES: Mapping[KeyRole, str] = {
    "everyday": secrets.STORAGE_EVERYDAY,
    "disposal": secrets.STORAGE_DISPOSAL,
    "setup": secrets.STORAGE_SETUP,
}

WEB_WORKERS = 2
WEB_THREADS = 16
"""Threads of each web process: most wait for the database or for a page that follows a docking."""


def storage_plan(settings: Settings, user: str | None = None) -> WeedPlan:
    """Answer where and how the storage of this system runs."""
    folder = settings.data / "storage"
    tls = settings.listen is not None
    return WeedPlan(
        folder=folder,
        ports=storage_ports(settings.ports),
        listen=settings.bind or settings.listen or LOOPBACK,
        tls_certificate=folder / "conf" / "server.pem" if tls else None,
        tls_key=folder / "conf" / "server-key.pem" if tls else None,
        user=user,
    )


def own_storage_plan(settings: Settings) -> WeedPlan | None:
    """Answer the plan of the storage if it is the one we start ourselves; None for somebody else's S3."""
    plan = storage_plan(settings)
    return plan if plan.conf.exists() else None


def probe_settings(settings: Settings) -> StorageSettings:
    """Answer the storage's settings with the disposal key, for a probe by hand: even that key must be refused."""
    key = secrets.folder_of(settings.data) / secrets.STORAGE_DISPOSAL
    return settings.storage.model_copy(update={"disposal_key_file": key if key.exists() else None})


def before_start(name: str, settings: Settings, *, user: str | None = None) -> None:
    """Lay ready what the part `name` reads at its start. May be repeated."""
    if name == "storage":
        plan = storage_plan(settings, user)
        for stale in guessable_sockets(
            plan
        ):  # left by a weed that was killed; another user could not replace them
            stale.unlink(missing_ok=True)
        if plan.tls_certificate and plan.tls_key:
            tls = files_of(settings.data)
            plan.conf.mkdir(parents=True, mode=0o700, exist_ok=True)
            write_private(plan.tls_certificate, tls.certificate.read_bytes())
            write_private(plan.tls_key, tls.key.read_bytes())
        folder = secrets.folder_of(settings.data)
        keys = {role: read_access_key(folder / file) for role, file in KEY_FILES.items()}
        prepare_storage(plan, settings.storage, keys, datetime.now(UTC))
    elif name == "queue":
        redis_server.write_configuration(
            settings.data, bind=settings.bind or LOOPBACK, port=settings.ports["queue"]
        )
    elif name == "web":
        (settings.data / "run").mkdir(parents=True, exist_ok=True, mode=0o700)
    elif name.startswith("worker-"):
        settings.workers.scratch_folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    elif name == "beat":
        (settings.data / "queue").mkdir(parents=True, exist_ok=True, mode=0o700)


def command(name: str, settings: Settings, *, watch: tuple[Path, ...] = ()) -> list[str]:
    """Answer the command of the part `name`. Raises KeyError for an unknown name, RedisNotFound."""
    return _COMMANDS[name](settings, watch)


def _storage(settings: Settings, _watch: tuple[Path, ...]) -> list[str]:
    return weed_command(storage_plan(settings))


def _queue(settings: Settings, _watch: tuple[Path, ...]) -> list[str]:
    return redis_server.command(settings.data)


def _prepare(_settings: Settings, _watch: tuple[Path, ...]) -> list[str]:
    return [sys.executable, "-m", "liuhen", "prepare"]


def _web(settings: Settings, _watch: tuple[Path, ...]) -> list[str]:
    port = settings.ports["web"]
    hosts = [settings.bind or settings.listen or LOOPBACK]
    if hosts[0] not in {*ANYWHERE, LOOPBACK}:
        hosts.append(LOOPBACK)  # our own processes come this way
    arguments = [sys.executable, "-m", "gunicorn", "--worker-class", "gthread"]
    for host in hosts:
        arguments += ["--bind", url(host, port, tls=False).removeprefix("http://")]
    if settings.listen:
        tls = files_of(settings.data)
        arguments += ["--certfile", str(tls.certificate), "--keyfile", str(tls.key)]
    return [
        *arguments,
        *(
            "--workers",
            str(WEB_WORKERS),
            "--threads",
            str(WEB_THREADS),
            "--timeout",
            "60",
            "--graceful-timeout",
            "5",
        ),
        *(
            "--keep-alive",
            "75",
            "--no-control-socket",
            "--worker-tmp-dir",
            "/dev/shm",  # noqa: S108
            "--logger-class",
            "liuhen.gunicorn_log.GunicornLog",
        ),
        *("--name", "liuhen-web", "liuhen.wsgi:application"),
    ]


def _celery(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "celery", "--quiet", "-A", "liuhen.celery_app", *arguments]


def _worker(name: str, count: int, niceness: int) -> list[str]:
    # The gentler the longer its work: pages and receiving come first.
    nice = shutil.which("nice")
    return [
        *([nice, "-n", str(niceness)] if nice else []),
        *_celery("worker", "--queues", ",".join(QUEUES_OF_WORKER[name])),
        *("--hostname", f"{name}@{health.node_host()}"),
        *("--concurrency", str(count), "--without-gossip", "--without-mingle", "--loglevel", "INFO"),
    ]


def _worker_intake(_settings: Settings, _watch: tuple[Path, ...]) -> list[str]:
    return _worker("intake", 2, 15)


def _worker_pictures(_settings: Settings, _watch: tuple[Path, ...]) -> list[str]:
    return _worker("pictures", 2, 17)


def _worker_media(_settings: Settings, _watch: tuple[Path, ...]) -> list[str]:
    return _worker("media", max(1, (os.cpu_count() or 1) // 2), 19)


def _worker_disposal(_settings: Settings, _watch: tuple[Path, ...]) -> list[str]:
    return _worker("disposal", 1, 19)


def _beat(settings: Settings, _watch: tuple[Path, ...]) -> list[str]:
    schedule = settings.data / "queue" / "beat-schedule"
    return _celery("beat", "--schedule", str(schedule), "--pidfile", "", "--loglevel", "INFO")


def _station(_settings: Settings, watch: tuple[Path, ...]) -> list[str]:
    return [sys.executable, "-m", "liuhen", "station-agent", *(f"--watch={folder}" for folder in watch)]


_COMMANDS: Mapping[str, Callable[[Settings, tuple[Path, ...]], list[str]]] = {
    "storage": _storage,
    "queue": _queue,
    "prepare": _prepare,
    "web": _web,
    "worker-intake": _worker_intake,
    "worker-pictures": _worker_pictures,
    "worker-media": _worker_media,
    "worker-disposal": _worker_disposal,
    "beat": _beat,
    "station": _station,
}


def environment(name: str, settings: Settings) -> dict[str, str]:
    """Answer what the part `name` finds in its environment; the storage sees nothing else."""
    if name == "storage":
        return weed_environment(storage_plan(settings))
    # The one process that may delete originals is the one that is told where the disposal key lies.
    disposes = {"LIUHEN_DISPOSES": "true" if name == "worker-disposal" else "false"}
    return {"LIUHEN_DATA": str(settings.data), "PYTHONUNBUFFERED": "1", **disposes}


def parts(settings: Settings, *, watch: tuple[Path, ...] = (), storage_user: str | None = None) -> list[Part]:
    """Answer the parts for the supervisor."""
    local = url(settings.public_host, settings.ports["web"], tls=bool(settings.listen))
    after: dict[str, tuple[str, ...]] = {
        "prepare": ("storage", "queue"),
        "web": ("prepare",),
        "worker-intake": ("prepare",),
        "worker-pictures": ("prepare",),
        "worker-media": ("prepare",),
        "worker-disposal": ("prepare",),
        "beat": ("prepare",),
        "station": ("web",),
    }
    addresses = {
        "storage": settings.storage.address_url,
        "queue": f"{LOOPBACK}:{settings.ports['queue']}",
        "web": local,
        **{f"worker-{name}": f"queues {', '.join(queues)}" for name, queues in QUEUES_OF_WORKER.items()},
        "station": ", ".join([*_board(settings), "USB", *(str(folder) for folder in watch)]),
    }
    ranks = {
        "station": 0,
        "web": 1,
        "worker-intake": 2,
        "worker-pictures": 2,
        "worker-media": 2,
        "worker-disposal": 2,
        "beat": 2,
        "prepare": 2,
        "queue": 3,
    }
    gentle = ((signal.SIGTERM, 5.0), (signal.SIGQUIT, 3.0))
    signals: dict[str, tuple[tuple[signal.Signals, float], ...]] = {
        # A worker first ends what it is at; then it gives its work back. Half-done stages are done again.
        "worker-intake": gentle,
        "worker-pictures": gentle,
        "worker-media": gentle,
        "worker-disposal": gentle,
        # After SIGTERM weed takes no more requests, but waits long for its own streams.
        "storage": ((signal.SIGTERM, STOP_SECONDS),),
        "station": ((signal.SIGTERM, 10.0),),
        "web": ((signal.SIGTERM, 7.0),),
    }
    hung = {"web": 120.0, "queue": 60.0, **{f"worker-{name}": 120.0 for name in QUEUES_OF_WORKER}}
    return [
        Part(
            name=name,
            command=command(name, settings, watch=watch),
            check=health.of(name, settings),
            alive_seconds=3.0,
            after=after.get(name, ()),
            address=addresses.get(name, ""),
            environment=environment(name, settings),
            alone=name == "storage",
            # Python looks for modules in the current folder first; this one holds none.
            folder=settings.data / "run",
            user=storage_user if name == "storage" else None,
            before_start=_preparer(name, settings, storage_user),
            once=name == "prepare",
            shown=name == "prepare",
            hung_seconds=hung.get(name),
            killed_is_fine=name == "storage",
            stop_rank=ranks.get(name, 4),
            stop_signals=signals.get(name, ((signal.SIGTERM, 10.0),)),
        )
        for name in PART_NAMES
    ]


def _board(settings: Settings) -> list[str]:
    """Answer where the station's board is, if it has one."""
    port = settings.station.board_port
    return [url(settings.station.board_listen, port, tls=False)] if port is not None else []


def _preparer(name: str, settings: Settings, user: str | None) -> Callable[[], None]:
    def prepare() -> None:
        before_start(name, settings, user=user)

    return prepare
