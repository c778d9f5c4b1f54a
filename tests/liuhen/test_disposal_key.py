"""The disposal key is given to one process, whatever the environment says."""

from __future__ import annotations

from pathlib import Path

import pytest

from liuhen import secrets, system
from liuhen.settings import load
from storage.disposal import DisposalStore
from storage.errors import StorageMisconfigured
from storage.seaweedfs.access import policies
from storage.settings import StorageSettings
from workers.app import make_app
from workers.queues import QUEUE_OF_JOB, QUEUES_OF_WORKER
from workers.runtime import Runtime


@pytest.mark.parametrize("name", [name for name in system.PART_NAMES if name != "storage"])
@pytest.mark.parametrize("named", [False, True])
def test_one_part_is_given_the_key(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, named: bool
) -> None:
    secrets.create_missing(tmp_path)
    key = secrets.folder_of(tmp_path) / secrets.STORAGE_DISPOSAL
    if named:
        monkeypatch.setenv("LIUHEN_STORAGE__DISPOSAL_KEY_FILE", str(key))
    for variable, value in system.environment(name, load(tmp_path)).items():
        monkeypatch.setenv(variable, value)
    settings = load()
    assert settings.web.storage.disposal_key_file is None
    alone = name == "worker-disposal"
    assert settings.workers.storage.disposal_key_file == (key if alone else None)
    runtime = Runtime(settings.workers)
    if alone:
        with runtime.disposal() as executor:
            assert executor.means.endpoints.keys() == {"main"}
    else:
        with pytest.raises(StorageMisconfigured), runtime.disposal():
            pass
        with pytest.raises(StorageMisconfigured):
            DisposalStore(settings.web.storage)


def test_its_queue_is_served_by_nobody_else(tmp_path: Path) -> None:
    assert QUEUE_OF_JOB["liuhen.disposal"] == "disposal"
    assert [name for name, queues in QUEUES_OF_WORKER.items() if "disposal" in queues] == ["disposal"]
    assert QUEUES_OF_WORKER["disposal"] == ("disposal",)
    secrets.create_missing(tmp_path)
    app = make_app(load(tmp_path).workers)
    assert app.conf.task_routes["liuhen.disposal"] == {"queue": "disposal"}
    assert "1" in system.command("worker-disposal", load(tmp_path))


def test_what_the_key_may_do() -> None:
    (statement,) = policies(StorageSettings())["disposal"]["Statement"]
    acts = {act for act in statement["Action"] if not act.startswith(("s3:Get", "s3:List"))}
    assert acts == {"s3:DeleteObject", "s3:DeleteObjectVersion"}
