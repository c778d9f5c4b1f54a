"""Who may do what: every permission by name, and which roles have it. Pure data and functions.

A permission reads `scope:resource:action`. Every route of the web room declares one of these (or `PUBLIC`);
one without does not start (invariant 11).
"""

from __future__ import annotations

from enum import StrEnum

from catalog.actors import Actor


class Permission(StrEnum):
    """Everything anybody may be allowed to do, alphabetically."""

    ACCOUNT_GRANT = "office:account:grant"
    ACCOUNT_INVITE = "office:account:invite"
    ACCOUNT_READ = "office:account:read"
    ARCHIVE_KEEP = "office:archive:keep"
    ARCHIVE_READ = "office:archive:read"
    CASE_ENTER = "office:case:enter"
    CASE_FILE_PRINT = "office:case-file:print"
    CASE_IMPORT = "office:case:import"
    CASE_JOIN = "office:case:join"
    CASE_MOVE = "office:case:move"
    CASE_READ = "office:case:read"
    CLIP_ATTACH = "office:clip:attach"
    CLIP_CONSULT = "bureau:clip:consult"
    CLIP_DECLARE = "office:clip:declare-unrelated"
    CLIP_DETACHMENT = "office:clip:decide-detachment"
    CLIP_DOWNLOAD = "office:clip:download"
    CLIP_MARK = "office:clip:mark"
    CLIP_MARK_REMOVE = "office:clip:remove-mark"
    CLIP_READ = "office:clip:read"
    CLIP_RERUN = "office:clip:rerun"
    COVERAGE_CONFIRM = "office:coverage:confirm"
    COVERAGE_EXPLAIN = "office:coverage:explain"
    CUSTODY_AUDIT = "office:custody:audit"
    CUSTODY_READ = "office:custody:read"
    DISPOSAL_APPRAISE = "office:disposal:appraise"
    DISPOSAL_APPROVE = "office:disposal:approve"
    DISPOSAL_OPINE = "office:disposal:opine"
    DISPOSAL_READ = "office:disposal:read"
    DISPOSAL_UNDO = "office:disposal:undo"
    DISPOSAL_WITNESS = "office:disposal:witness"
    DOCKING_READ = "office:docking:read"
    FAULT_REPORT = "office:fault:report"
    GAP_EXPLAIN = "office:gap:explain"
    HOLD_SET = "office:hold:set"
    INCIDENT_READ = "office:incident:read"
    INCIDENT_RESOLVE = "office:incident:resolve"
    METRICS_READ = "machine:metrics:read"
    OFFICER_MANAGE = "office:officer:manage"
    OPERATIONS_READ = "office:operations:read"
    OPERATIONS_RUN = "office:operations:run"
    PUBLIC = "public:anything:read"
    RECALL_JUDGE = "office:recall:judge"
    RECALL_READ = "office:recall:read"
    RECORDER_APPROVE = "office:recorder:approve"
    RECORDER_MANAGE = "office:recorder:manage"
    RECORDER_READ = "office:recorder:read"
    RECORDER_SEAL = "office:recorder:seal"
    RETENTION_APPROVE = "office:retention:approve"
    RETENTION_EDIT = "office:retention:edit"
    RETENTION_READ = "office:retention:read"
    SEAL_DECIDE = "office:seal:decide"
    SEAL_LOOK = "office:seal:look"
    SEAL_PROPOSE = "office:seal:propose"
    SELF = "self:account:use"
    STATION_DOCK = "station:docking:write"
    STATION_MANAGE = "office:station:manage"


_P = Permission
ROLES: dict[str, frozenset[Permission]] = {
    "officer": frozenset(
        {
            _P.CASE_READ,
            _P.CLIP_DECLARE,
            _P.CLIP_MARK,
            _P.CLIP_READ,
            _P.DOCKING_READ,
            _P.FAULT_REPORT,
            _P.RECORDER_READ,
            _P.SEAL_LOOK,
            _P.SELF,
        }
    ),
    "handler": frozenset(
        {
            _P.CASE_ENTER,
            _P.CASE_FILE_PRINT,
            _P.CASE_MOVE,
            _P.CASE_READ,
            _P.CLIP_ATTACH,
            _P.CLIP_CONSULT,
            _P.CLIP_DECLARE,
            _P.CLIP_DOWNLOAD,
            _P.CLIP_MARK,
            _P.CLIP_MARK_REMOVE,
            _P.CLIP_READ,
            _P.CLIP_RERUN,
            _P.COVERAGE_EXPLAIN,
            _P.CUSTODY_READ,
            _P.DOCKING_READ,
            _P.FAULT_REPORT,
            _P.GAP_EXPLAIN,
            _P.RECALL_JUDGE,
            _P.RECALL_READ,
            _P.RECORDER_READ,
            _P.RECORDER_SEAL,
            _P.SEAL_LOOK,
            _P.SELF,
        }
    ),
    "archivist": frozenset(
        {
            _P.ARCHIVE_KEEP,
            _P.ARCHIVE_READ,
            _P.CASE_FILE_PRINT,
            _P.CASE_IMPORT,
            _P.CASE_MOVE,
            _P.CASE_READ,
            _P.CLIP_DOWNLOAD,
            _P.CLIP_READ,
            _P.CUSTODY_READ,
            _P.DOCKING_READ,
            _P.HOLD_SET,
            _P.INCIDENT_READ,
            _P.RECORDER_READ,
            _P.RETENTION_EDIT,
            _P.RETENTION_READ,
            _P.SEAL_DECIDE,
            _P.SEAL_LOOK,
            _P.SELF,
        }
    ),
    "administrator": frozenset(
        {
            _P.DOCKING_READ,
            _P.FAULT_REPORT,
            _P.GAP_EXPLAIN,
            _P.INCIDENT_READ,
            _P.OFFICER_MANAGE,
            _P.RECALL_READ,
            _P.RECORDER_APPROVE,
            _P.RECORDER_MANAGE,
            _P.RECORDER_READ,
            _P.RECORDER_SEAL,
            _P.SELF,
            _P.STATION_MANAGE,
        }
    ),
    "system-administrator": frozenset(
        {
            _P.ACCOUNT_INVITE,
            _P.ACCOUNT_READ,
            _P.INCIDENT_READ,
            _P.INCIDENT_RESOLVE,
            _P.OPERATIONS_READ,
            _P.OPERATIONS_RUN,
            _P.SELF,
        }
    ),
    "security-administrator": frozenset(
        {
            _P.ACCOUNT_GRANT,
            _P.ACCOUNT_READ,
            _P.SELF,
        }
    ),
    "auditor": frozenset(
        {
            _P.ACCOUNT_READ,
            _P.CUSTODY_AUDIT,
            _P.CUSTODY_READ,
            _P.DOCKING_READ,
            _P.INCIDENT_READ,
            _P.SELF,
        }
    ),
    "section-head": frozenset(
        {
            _P.CASE_ENTER,
            _P.CASE_FILE_PRINT,
            _P.CASE_IMPORT,
            _P.CASE_JOIN,
            _P.CASE_MOVE,
            _P.CASE_READ,
            _P.CLIP_DECLARE,
            _P.CLIP_READ,
            _P.COVERAGE_CONFIRM,
            _P.CUSTODY_READ,
            _P.DOCKING_READ,
            _P.FAULT_REPORT,
            _P.GAP_EXPLAIN,
            _P.RECALL_JUDGE,
            _P.RECALL_READ,
            _P.RECORDER_APPROVE,
            _P.RECORDER_READ,
            _P.SEAL_LOOK,
            _P.SELF,
        }
    ),
    "legal": frozenset(
        {
            _P.CASE_FILE_PRINT,
            _P.CASE_IMPORT,
            _P.CASE_JOIN,
            _P.CASE_MOVE,
            _P.CASE_READ,
            _P.CLIP_DETACHMENT,
            _P.CLIP_READ,
            _P.CUSTODY_READ,
            _P.DOCKING_READ,
            _P.HOLD_SET,
            _P.RECALL_JUDGE,
            _P.RECALL_READ,
            _P.RECORDER_READ,
            _P.RETENTION_READ,
            _P.SEAL_DECIDE,
            _P.SEAL_LOOK,
            _P.SEAL_PROPOSE,
            _P.SELF,
        }
    ),
    "personnel": frozenset(
        {
            _P.HOLD_SET,
            _P.OFFICER_MANAGE,
            _P.SEAL_LOOK,
            _P.SELF,
        }
    ),
    "office-head": frozenset(
        {
            _P.ARCHIVE_READ,
            _P.CASE_FILE_PRINT,
            _P.CASE_READ,
            _P.CLIP_CONSULT,
            _P.CLIP_READ,
            _P.RETENTION_APPROVE,
            _P.RETENTION_READ,
            _P.SEAL_LOOK,
            _P.SELF,
        }
    ),
    "leader": frozenset(
        {
            _P.CASE_MOVE,
            _P.CASE_READ,
            _P.CLIP_CONSULT,
            _P.CLIP_READ,
            _P.RETENTION_APPROVE,
            _P.RETENTION_READ,
            _P.SEAL_LOOK,
            _P.SELF,
        }
    ),
    "bureau-head": frozenset(
        {
            _P.CASE_MOVE,
            _P.CASE_READ,
            _P.CLIP_CONSULT,
            _P.CLIP_READ,
            _P.RETENTION_READ,
            _P.SEAL_LOOK,
            _P.SELF,
        }
    ),
}
"""Recorders, the machine, the access to it and the log are four roles: `administrator` has the recorders, none of them
sees evidence, and which may not be in one hand stands in `catalog.rules.administrations`."""

_APPRAISING = {_P.DISPOSAL_OPINE, _P.DISPOSAL_READ, _P.DISPOSAL_UNDO, _P.DISPOSAL_WITNESS}
for _role, _further in {
    "archivist": _APPRAISING | {_P.DISPOSAL_APPRAISE},
    "section-head": _APPRAISING,
    "legal": _APPRAISING,
    "office-head": {_P.DISPOSAL_READ, _P.DISPOSAL_WITNESS},
    "leader": {_P.DISPOSAL_READ, _P.DISPOSAL_WITNESS},
    "bureau-head": {_P.DISPOSAL_APPROVE, _P.DISPOSAL_READ, _P.DISPOSAL_UNDO},
}.items():
    ROLES[_role] |= _further


def may(actor: Actor | None, permission: Permission) -> bool:
    """Answer whether `actor` has `permission`; nobody (None) has only `PUBLIC`."""
    if permission is Permission.PUBLIC:
        return True
    if actor is None:
        return False
    if actor.kind == "station":
        return permission is Permission.STATION_DOCK
    if actor.kind == "system":  # the monitoring, by its token
        return permission is Permission.METRICS_READ
    if actor.only is not None and permission.value not in actor.only:
        return False  # a personal token: what it was given, of what its person may do today
    if permission is Permission.SELF:
        return True  # one's own account, also before any role is granted
    return any(permission in ROLES.get(role, frozenset()) for role in actor.roles)


TOKEN_PERMISSIONS = (Permission.CASE_READ, Permission.CLIP_READ, Permission.CUSTODY_READ)
"""What a personal token can be given: it reads facts, and does nothing."""
