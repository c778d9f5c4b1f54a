import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from workers.media.guard import guarded
from workers.media.sandbox import MIB, Limits, SandboxError, run

BOMBS = "tests.workers.media.bombs"


@pytest.mark.parametrize(
    ("bomb", "limits", "why"),
    [
        ("swell", Limits(memory=256 * MIB), "memory"),
        ("spin", Limits(cpu=1, wall=30), "time"),
        ("sleep", Limits(wall=0.7), "time"),
        ("chatter", Limits(output=MIB), "output"),
        ("crash", Limits(), "crash"),
        ("fail", Limits(), "error"),
    ],
)
def test_limits_hold(bomb, limits, why):
    began = time.monotonic()
    with pytest.raises(SandboxError) as caught:
        run(f"{BOMBS}:{bomb}", {}, limits)
    assert caught.value.why == why
    assert time.monotonic() - began < 15


def test_it_writes_no_more_than_allowed(tmp_path):
    target = tmp_path / "swollen"
    with pytest.raises(SandboxError):
        run(f"{BOMBS}:fill_disk", {"path": str(target)}, Limits(file_size=4 * MIB))
    assert target.stat().st_size <= 4 * MIB


def test_noise_does_not_spoil_the_answer():
    assert run(f"{BOMBS}:print_much", {}) == "answer"


def test_the_workers_secrets_are_not_passed_on(monkeypatch):
    monkeypatch.setenv("LIUHEN_SECRET", "hidden")
    assert "LIUHEN_SECRET" not in run(f"{BOMBS}:environment", {})


def test_no_process_is_left(tmp_path):
    with pytest.raises(SandboxError):
        run(f"{BOMBS}:sleep", {}, Limits(wall=0.5))
    children = Path(f"/proc/self/task/{os.getpid()}/children").read_text(encoding="ascii").split()
    for child in children:
        assert "workers.media.child" not in Path(f"/proc/{child}/cmdline").read_bytes().decode()


def test_children_die_with_their_parent():
    if guarded(["true"]) == ["true"]:
        pytest.skip("no setpriv here")
    code = (
        "import subprocess, sys; from workers.media.guard import guarded;"
        "p = subprocess.Popen(guarded(['sleep', '600'])); print(p.pid, flush=True); sys.stdin.read()"
    )
    root = Path(__file__).resolve().parents[3]
    with subprocess.Popen(
        [sys.executable, "-c", code], cwd=root, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as parent:
        assert parent.stdout is not None
        grandchild = int(parent.stdout.readline())
        time.sleep(0.2)
        parent.kill()
    for _ in range(50):
        state = Path(f"/proc/{grandchild}/stat")
        if not state.exists() or state.read_text(encoding="ascii").rsplit(")", 1)[1].split()[0] == "Z":
            return
        time.sleep(0.1)
    pytest.fail("the grandchild outlived its parent")


def test_start_up_stays_cheap():
    run(f"{BOMBS}:environment", {})
    times = []
    for _ in range(3):
        began = time.monotonic()
        run(f"{BOMBS}:environment", {})
        times.append(time.monotonic() - began)
    assert min(times) < 1.5  # 0.08-0.12 s seen; this catches a heavy import, not a busy neighbour
