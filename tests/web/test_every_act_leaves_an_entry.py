"""Every way of changing something, or of taking something out, with the entry it leaves; a new one without a row fails."""

from __future__ import annotations

from tests.web.conftest import Site
from tests.web.test_words import actions_in_code

LEAVES: dict[str, str] = {
    "api.open_one": "docking.opened",
    "api.officer": "docking.officer-picked",
    "api.close": "docking.closed",
    "api.enrol_station": "station.enrolled",
    "api.sheet": "docking.sheet-kept",
    "api.cleared": "recorder.cleared",
    "api.offer": "docking.recognised",
    "api.complete": "clip.received",
    "pages.change_password": "account.password-set",
    "pages.archive_files_csv": "case.register-exported",
    "pages.archive_accept_many": "case.accepted-on-check",
    "pages.archive_label": "case.label-changed",
    "pages.archive_check": "case.acceptance-checked",
    "pages.archive_read_back": "case.read-back-asked",
    "pages.archive_accept": "case.accepted-on-check",
    "pages.archive_archive": "case.moved",
    "pages.archive_paper_print": "case.paper-made",
    "pages.archive_paper_pdf": "case.paper-made",
    "pages.case_paper_print": "case.paper-made",
    "pages.case_paper_pdf": "case.paper-made",
    "pages.case_enter": "case.created",
    "pages.case_change": "case.changed",
    "pages.case_import_go": "case.import-run",
    "pages.case_merge_do": "case.merged",
    "pages.case_split_do": "case.split",
    "pages.case_handlers_change": "case.handlers-changed",
    "pages.case_move": "case.moved",
    "pages.step_enter": "step.added",
    "pages.step_change": "step.changed",
    "pages.step_attach": "clip.attached",
    "pages.clip_addresses": "clip.played",
    "pages.clip_download": "clip.downloaded",
    "pages.clip_rerun": "clip.stage-requested",
    "pages.clip_attach": "clip.attached",
    "pages.clips_attach_all": "clip.attached",
    "pages.clip_mark": "clip.marked",
    "pages.mark_note": "clip.mark-changed",
    "pages.mark_removal": "clip.mark-removed",
    "pages.marks_print": "clip.marks-printed",
    "pages.step_circumstances": "step.circumstances-set",
    "pages.step_explain": "step.coverage-explained",
    "pages.step_decide": "step.coverage-confirmed",
    "pages.custody_export_file": "custody.exported",
    "pages.attachment_detach": "clip.detached",
    "pages.detachment_confirm": "clip.detachment-confirmed",
    "pages.detachment_refuse": "clip.detachment-refused",
    "pages.disposal_open": "disposal.opened",
    "pages.appraisal_print": "disposal.report-printed",
    "pages.appraisal_register": "disposal.register-downloaded",
    "pages.appraisal_opine": "disposal.opinion-given",
    "pages.appraisal_take_off": "disposal.dropped",
    "pages.appraisal_step": "disposal.proposed",
    "pages.appraisal_approve": "disposal.approved",
    "pages.appraisal_undo": "disposal.undone",
    "pages.appraisal_witness": "disposal.witnessed",
    "pages.appraisal_order": "disposal.ordered",
    "pages.step_documents": "clip.received",
    "pages.clip_open": "clip.played",
    "pages.gap_explain": "recorder.gap-explained",
    "pages.hold_set": "hold.set",
    "pages.hold_lift": "hold.lifted",
    "pages.incident_resolve": "incident.resolved",
    "pages.officer_keep": "officer.changed",
    "pages.officers_import": "officer.changed",
    "pages.operations_run_again": "clip.stage-requested",
    "pages.recall_open": "recorder.recall-opened",
    "pages.recall_judge": "clip.recall-judged",
    "pages.recorder_fault": "recorder.fault-reported",
    "pages.fault_reject": "recorder.fault-rejected",
    "pages.doubt_resolve": "recorder.doubt-resolved",
    "pages.recorder_check": "recorder.checked",
    "pages.recorder_work": "recorder.work-noted",
    "pages.recorder_repair": "recorder.sent-to-repair",
    "pages.repair_back": "recorder.back-from-repair",
    "pages.repair_failed": "recorder.repair-failed",
    "pages.repair_return": "recorder.returned-to-service",
    "pages.recorder_retire": "recorder.retired",
    "pages.substitute_ask": "recorder.substitute-asked",
    "pages.substitute_decide": "recorder.substitute-decided",
    "pages.recorder_hand_over": "recorder.handed-over",
    "pages.recorder_give_back": "recorder.given-back",
    "pages.recorder_register": "recorder.register-changed",
    "pages.recorders_import": "recorder.register-changed",
    "pages.recorder_papers": "recorder.printed",
    "pages.recorders_paper": "recorder.printed",
    "pages.retention_draft": "schedule.drafted",
    "pages.retention_rows": "schedule.rows-changed",
    "pages.retention_try": "schedule.tried",
    "pages.retention_propose": "schedule.proposed",
    "pages.retention_take_back": "schedule.taken-back",
    "pages.retention_approve": "schedule.approved",
    "pages.retention_force": "schedule.in-force",
    "pages.retention_withdraw": "schedule.withdrawn",
    "pages.recorder_seal": "recorder.sealed",
    "pages.recorder_place": "recorder.sealed-place-changed",
    "pages.seal_propose": "seal.proposed",
    "pages.seal_confirm": "seal.confirmed",
    "pages.seal_withdraw": "seal.withdrawn",
    "pages.seal_lift_propose": "seal.lift-proposed",
    "pages.seal_lift_refuse": "seal.lift-refused",
    "pages.seal_lift": "seal.lifted",
    "pages.seal_reader_name": "seal.reader-proposed",
    "pages.seal_reader_confirm": "seal.reader-confirmed",
    "pages.seal_reader_remove": "seal.reader-removed",
    "pages.sealed_look": "seal.looked",
    "pages.sheet_print": "docking.sheet-printed",
    "pages.sheet_manifest": "docking.manifest-downloaded",
    "pages.signin_with_password": "account.signed-in",
    "pages.signin_with_link": "account.signed-in",
    "pages.signin_again_with_password": "account.signed-in",
    "pages.signout": "account.signed-out",
    "pages.language": "account.language-changed",
    "pages.clip_timestamp": "clip.timestamp-downloaded",
    "pages.station_code": "station.code-issued",
    "pages.station_revoke": "station.revoked",
    "pages.station_retry": "station.retry-ordered",
    "pages.suggestion": "clip.suggestion-declined",
    "pages.unattached_declare": "clip.declared-unrelated",
    "pages.declaration_withdraw": "clip.declaration-withdrawn",
    "pages.unusual_check": "custody.checked",
    "pages.view_save": "view.saved",
    "pages.view_remove": "view.removed",
}
NO_ENTRY = {
    "api.seen": "what lies on a recorder; each file has its entry once it is received or recognised",
    "api.progress": "figures for the board, replaced every second",
    "api.statements": "signed statements are handed out again; nothing changes",
    "api.addresses": "further addresses of an upload that is open; what comes of it has its entry",
    "pages.clip_prepare": "a film is made playable sooner; nothing of it changes",
    "pages.case_import_try": "a file is read and shown; nothing is taken over before `case_import_go`",
}
"""What leaves no entry although it is no mere reading, and why."""
READS_THAT_LEAVE = {
    "pages.clips": "search.made",
    "pages.cases": "search.made",
    "pages.custody": "search.made",
    "pages.coverage_print": "case.coverage-printed",
}
"""Pages that only show something, and yet leave an entry."""


def changing(site: Site) -> set[str]:
    return {
        rule.endpoint
        for rule in site.app.url_map.iter_rules()
        if (rule.methods or set()) - {"GET", "HEAD", "OPTIONS"}
    }


def test_every_route_that_changes_something_has_a_row(site: Site) -> None:
    rows = {*LEAVES, *NO_ENTRY}
    assert changing(site) - rows == set(), "say which entry it leaves, or why none"
    assert rows - changing(site) == set(), "rows of routes there are no more"
    assert not LEAVES.keys() & NO_ENTRY.keys()
    assert READS_THAT_LEAVE.keys() <= {rule.endpoint for rule in site.app.url_map.iter_rules()}


def test_the_entries_named_are_made_somewhere() -> None:
    assert {*LEAVES.values(), *READS_THAT_LEAVE.values()} - actions_in_code() == set()
    assert all(NO_ENTRY.values())
