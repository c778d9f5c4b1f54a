"""Which queue work waits on, and which worker serves it."""

from __future__ import annotations

QUEUES_OF_WORKER: dict[str, tuple[str, ...]] = {
    "intake": ("chores", "intake"),
    "pictures": ("pictures", "upkeep"),
    "media": ("media", "encode", "analyse"),
    "disposal": ("disposal",),
}
"""The queues of each worker, in strict order: a later one is served only while the earlier ones are empty.

What accepts an original (`intake`) shares its processes with nothing that lasts; what is made quickly for people
(`pictures`) with nothing but upkeep; what takes hours has a worker of its own. What destroys (`disposal`)
shares its process with nothing at all: it alone holds the storage's disposal key.
"""
QUEUE_OF_JOB = {
    "liuhen.sweep": "chores",
    "liuhen.sequence": "chores",
    "liuhen.forward-log": "chores",
    "liuhen.refused-sign-ins": "chores",
    "liuhen.write-manifests": "chores",
    "liuhen.timestamps": "chores",
    "liuhen.apply-locks": "chores",
    "liuhen.empty-sealed": "chores",
    "liuhen.coverage": "chores",
    "liuhen.adopt-documents": "chores",
    "liuhen.probe": "upkeep",
    "liuhen.reconcile-locks": "upkeep",
    "liuhen.prove-sheets": "upkeep",
    "liuhen.audit-timestamps": "upkeep",
    "liuhen.clear-renditions": "upkeep",
    "liuhen.inventory": "upkeep",
    "liuhen.disposal": "disposal",
}
"""Which queue a standing job waits on: short ones ahead of everything, long ones where nobody waits for them."""
