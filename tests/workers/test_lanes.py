"""With workers as the system starts them: what takes hours delays neither acceptance nor pictures."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from uuid import UUID

import pytest
from celery import Celery
from pydantic import SecretStr

from catalog import stages as catalog_stages
from catalog.stages import Due
from liuhen import system
from liuhen.settings import load
from tests.workers.bench_desk import Take, hand_over, renditions_of, runtime, stages_of, take
from tests.workers.media import studio
from workers.app import make_app, send
from workers.queues import QUEUE_OF_JOB, QUEUES_OF_WORKER
from workers.runtime import Runtime

__all__ = ["runtime", "take"]

ROOT = Path(__file__).parents[2]
PATIENCE = 60.0


class House:
    """The three workers of the system on one broker."""

    def __init__(self, runtime: Runtime, folder: Path, app: Celery) -> None:
        self.runtime, self.folder, self.app = runtime, folder, app
        self.parts: list[subprocess.Popen[bytes]] = []

    def start(self, name: str) -> None:
        command = system.command(f"worker-{name}", load(self.folder))
        place = command.index("liuhen.celery_app")
        command[place] = "tests.workers.lane_app"
        with (self.folder / f"{name}.log").open("ab") as log:
            self.parts.append(
                subprocess.Popen(
                    command,
                    cwd=ROOT,
                    env={**os.environ, "LANE_FOLDER": str(self.folder), "PYTHONPATH": str(ROOT)},
                    stdout=log,
                    stderr=log,
                    start_new_session=True,
                )
            )

    def began(self) -> list[UUID]:
        note = self.folder / "began"
        return [UUID(line) for line in note.read_text().split()] if note.exists() else []

    def wait(self, condition: Callable[[], object], what: str) -> None:
        deadline = time.monotonic() + PATIENCE
        while not condition():
            assert time.monotonic() < deadline, f"{what}: {[p.name for p in self.folder.iterdir()]}"
            time.sleep(0.05)

    def ask(self, clip: UUID, stage: str, *, wanted: bool = False) -> None:
        with self.runtime.database.write() as session:
            catalog_stages.add_stages(session, clip, [stage], self.runtime.now())
        send(self.app, [Due(clip, stage, wanted)])


@pytest.fixture
def house(runtime: Runtime, redis_url: str, tmp_path: Path) -> Iterator[House]:
    settings = runtime.settings.model_copy(
        update={"broker_url": SecretStr(redis_url.removesuffix("/0") + "/7")}
    )
    runtime.settings = settings
    hand_over(settings, tmp_path)
    app = make_app(settings)
    with app.connection_for_write() as connection, connection.channel() as channel:
        channel.client.flushdb()
    house = House(runtime, tmp_path, app)
    yield house
    (tmp_path / "go-on").touch()
    for part in house.parts:
        part.kill()
        part.wait()
    app.close()


def test_hours_of_encoding_and_rereading_delay_neither_acceptance_nor_pictures(
    house: House, take: Take, tmp_path: Path
) -> None:
    films = [take(bytes([n]) * 100, b"DCIM/%d.avi" % n) for n in range(6)]
    for film in films[:3]:
        house.ask(film, "encode")
    house.ask(films[3], "reread")
    for name in QUEUES_OF_WORKER:
        house.start(name)
    busy = max(1, (os.cpu_count() or 1) // 2) + 1
    house.wait(lambda: len(house.began()) >= min(busy, 4), "the workers are busy for an hour")

    clip = take(studio.make(tmp_path, "plain.mp4").read_bytes(), b"DCIM/new.mp4")
    send(house.app, [Due(clip, stage) for stage in catalog_stages.AT_RECEIPT])
    done = {"verify": "done", "describe": "done", "render": "done"}
    house.wait(
        lambda: done.items() <= {n: s.state for n, s in stages_of(house.runtime, clip).items()}.items(),
        "accepted and shown",
    )
    assert {"poster", "waveform"} <= set(renditions_of(house.runtime, clip))
    assert stages_of(house.runtime, films[0])["encode"].state == "running"  # all the while


@pytest.mark.skipif((os.cpu_count() or 1) > 3, reason="the order of one process is looked at")
def test_what_somebody_waits_for_comes_before_what_nobody_asked_for(house: House, take: Take) -> None:
    films = [take(bytes([n]) * 100, b"DCIM/%d.avi" % n) for n in range(4)]
    for film in films[:3]:
        house.ask(film, "encode")
    house.start("media")
    house.wait(house.began, "the first is at work")
    house.ask(films[3], "encode", wanted=True)
    (house.folder / "go-on").touch()
    house.wait(lambda: len(house.began()) == 4, "all were begun")
    assert house.began()[1] == films[3]


def test_every_queue_is_served_and_every_task_has_one(runtime: Runtime) -> None:
    served = {queue for queues in QUEUES_OF_WORKER.values() for queue in queues}
    assert served == set(catalog_stages.ALL_QUEUES)
    assert set(catalog_stages.QUEUES.values()) | {catalog_stages.WANTED_QUEUE} <= served
    assert set(QUEUE_OF_JOB.values()) <= served
    assert set(catalog_stages.QUEUES) == set(catalog_stages.STAGES) - catalog_stages.BATCHED
    app = make_app(runtime.settings)
    ours = {name for name in app.tasks if name.startswith("liuhen.")}
    assert ours - {"liuhen.stage"} == set(QUEUE_OF_JOB)
    assert {entry["task"] for entry in app.conf.beat_schedule.values()} == set(QUEUE_OF_JOB)
    # Nothing that lasts stands where originals are accepted, or ahead of it.
    assert {s for s, q in catalog_stages.QUEUES.items() if q in QUEUES_OF_WORKER["intake"]} == {
        "verify",
        "describe",
    }


@pytest.mark.parametrize(
    "job",
    ["probe", "reconcile-locks", "prove-sheets", "audit-timestamps", "inventory", "clear-renditions"],
)
def test_a_nightly_job_that_lasts_long_is_not_handed_out_again(runtime: Runtime, job: str) -> None:
    assert make_app(runtime.settings).tasks[f"liuhen.{job}"].acks_late is False
