"""Running the whole probe."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from storage.errors import StorageError, StorageMisconfigured, StorageUnavailable
from storage.probe import locks, rights, strangers
from storage.probe.back_grpc import attack_grpc, foreign_certificates
from storage.probe.back_http import attack_http, speaks_http
from storage.probe.back_shell import attack_shell
from storage.probe.cleaning import clear_expired
from storage.probe.disk import look_at_disk
from storage.probe.doors import find_doors
from storage.probe.report import AttackResult, ProbeReport, Words
from storage.probe.stage import Attack, Outcome, Stage
from storage.seaweedfs.plan import WeedPlan
from storage.settings import StorageSettings
from storage.store import ObjectStore

LOCK = timedelta(minutes=15)
"""How long a canary is locked. It can never be taken back, so it is short."""


def run_probe(
    settings: StorageSettings,
    *,
    plan: WeedPlan | None = None,
    lock: timedelta = LOCK,
    progress: Callable[[AttackResult], None] | None = None,
) -> ProbeReport:
    """Attack canaries through every door that can be seen; takes a few seconds, changes nothing but canaries.

    `plan`: the one-machine storage, if it is one: then its ports, sockets, shell and folder are attacked as well.
    `progress` is called after each attack. Raises `StorageError` when the storage cannot be used at all: then
    nothing is proven, and intake stays as shut as after a failed probe.
    """
    started = datetime.now(UTC)
    # A canary that seems gone is asked for again for a short while only: many are looked at.
    quick = settings.model_copy(
        update={"confirm_missing_seconds": min(1.0, settings.confirm_missing_seconds)}
    )
    store = ObjectStore(quick, settings.canary_bucket)
    results: list[AttackResult] = []

    def note(found: list[AttackResult]) -> None:
        for result in found:
            results.append(result)
            if progress is not None:
                progress(result)

    try:
        stage = Stage(quick, lock, store)
        locked = _born_locked(stage)
        note([locked])
        if locked.verdict == "held":
            for attack in (*locks.ATTACKS, *rights.ATTACKS, *strangers.ATTACKS):
                note([_carried_out(attack, stage)])
            note(_back_doors(stage, plan))
        clear_expired(settings)
    finally:
        store.close()
    return ProbeReport(
        started=started,
        finished=datetime.now(UTC),
        endpoint=settings.endpoint_url,
        results=results,
    )


def _born_locked(stage: Stage) -> AttackResult:
    """The first canary: where it does not even get its lock, all further attacks would be pointless."""
    try:
        damage = stage.damage(stage.fresh("born"))
        outcome = Outcome("broken", damage) if damage else Outcome("held", "COMPLIANCE, date as asked")
    except StorageError as error:
        if isinstance(error, StorageUnavailable | StorageMisconfigured):
            raise
        outcome = Outcome("broken", str(error))
    return AttackResult(
        name="born-locked",
        door=locks.DOOR,
        attack=Words(en="store an object with a lock", zh="写入带锁定的对象"),
        expected=Words(en="it is locked from birth, by date and mode", zh="自写入起即按期限与模式锁定"),
        why=Words(
            en="this bucket does not lock what is stored in it; nothing would be protected",
            zh="此存储桶不会锁定写入的内容，任何资料都得不到保护",
        ),
        verdict=outcome.verdict,
        said=outcome.said,
    )


def _carried_out(attack: Attack, stage: Stage) -> AttackResult:
    try:
        outcome = attack.act(stage)
    except StorageUnavailable:
        raise
    except StorageError as error:
        # An attack that could not even be prepared proves nothing, and nothing proven is not a pass.
        outcome = Outcome("unclear", str(error))
    return AttackResult(
        name=attack.name,
        door=attack.door,
        attack=attack.attack,
        expected=attack.expected,
        why=attack.why,
        verdict=outcome.verdict,
        said=outcome.said,
    )


def _back_doors(stage: Stage, plan: WeedPlan | None) -> list[AttackResult]:
    doors = find_doors(stage.settings, plan)
    results: list[AttackResult] = []
    if doors.blind:
        results.append(_blind(doors.blind))
    with foreign_certificates() as foreign:
        http = [door for door in doors.found if speaks_http(door)]
        results += attack_grpc([door for door in doors.found if door not in http], foreign)
        if plan is not None:
            results += look_at_disk(plan)
            results += attack_shell(stage, plan, foreign)
        results += attack_http(stage, http)
    return results


def _blind(why: str) -> AttackResult:
    return AttackResult(
        name="back-doors",
        door="other ports",
        attack=Words(en="find the storage's other doors", zh="查找存储系统的其他入口"),
        expected=Words(en="all doors are known and attacked", zh="所有入口均已知并经过检测"),
        why=Words(
            en="a door that was not looked at may be open: name it in the settings (storage.back_doors)",
            zh="未检测的入口可能是敞开的：请在设置 storage.back_doors 中列出",
        ),
        verdict="not tried",
        said=why,
    )
