"""What every custody entry says happened, as a sentence. Data only; `web.log_sentences` fills it in.

Of several, the first is said of which everything is known to the reader; the last needs nothing but who, and about what.
In the brackets stand: `who`, the kinds of things an entry is about (`case`, `clip` …), `was` and `is` of the one thing that
changed, `changes` of several, and names of facts and private fields.
"""

from __future__ import annotations

from typing import Any

from flask_babel import lazy_gettext as _l

ACT_SENTENCES: dict[str, tuple[Any, ...]] = {
    # sign-in, sessions, refusals
    "account.signed-in": (
        _l("%(who)s signed in (%(how)s)."),
        _l("%(who)s signed in."),
    ),
    "account.signed-out": (_l("%(who)s signed out."),),
    "account.session-idle": (_l("A session of %(account)s ended because nobody used it."),),
    "account.sessions-ended": (_l("%(who)s ended all sessions of %(account)s."),),
    "account.sign-in-refused": (
        _l("Signing in as %(account)s was refused: %(why)s, refusal no. %(nth)s in a row."),
        _l("Signing in was refused."),
    ),
    "account.locked-out": (
        _l("After %(failures)s refused sign-ins, %(account)s has to wait %(wait_seconds)s."),
        _l("After refused sign-ins there was a wait."),
    ),
    "account.refusals-counted": (
        _l("%(refused)s refused sign-ins as %(account)s within an hour were counted together."),
        _l("Refused sign-ins of an hour were counted together."),
    ),
    "account.unlocked": (_l("%(who)s let %(account)s try again at once after refused sign-ins."),),
    "account.look-refused": (
        _l(
            "%(who)s asked for a page outside his or her roles and was refused. It takes the right to: %(permission)s."
        ),
        _l("%(who)s asked for a page outside his or her roles and was refused."),
    ),
    "account.act-refused": (
        _l(
            "%(who)s tried an act outside his or her roles and was refused. It takes the right to: %(permission)s."
        ),
        _l("%(who)s tried an act outside his or her roles and was refused."),
    ),
    "act.refused": (
        _l("%(who)s tried what the rules refuse: %(why)s"),
        _l("%(who)s tried what the rules refuse."),
    ),
    "clip.out-of-reach": (_l("%(who)s asked by its address for a recording out of reach and was refused."),),
    # accounts
    "account.created": (_l("%(who)s created %(account)s."),),
    "account.invited": (
        _l("%(who)s issued an invitation for %(account)s, valid until %(expires)s."),
        _l("%(who)s issued an invitation for %(account)s."),
    ),
    "account.invitation-used": (_l("The invitation of %(account)s was used and a password set."),),
    "account.invitation-refused": (
        _l("An invitation was refused: %(why)s"),
        _l("An invitation was refused."),
    ),
    "account.invitation-withdrawn": (_l("%(who)s withdrew the invitation of %(account)s."),),
    "account.link-issued": (_l("%(who)s issued a sign-in link for %(account)s."),),
    "account.password-set": (_l("%(who)s set a new password."),),
    "account.language-changed": (
        _l("%(who)s changed the language from %(was)s to %(is)s."),
        _l("%(who)s changed the language."),
    ),
    "account.role-granted": (
        _l("%(who)s granted %(account)s the role %(role)s."),
        _l("%(who)s granted %(account)s a role."),
    ),
    "account.role-refused": (
        _l("%(who)s turned down the role %(role)s for %(account)s."),
        _l("%(who)s turned down a role for %(account)s."),
    ),
    "account.role-taken": (
        _l("%(who)s took the role %(role)s from %(account)s."),
        _l("%(who)s took a role from %(account)s."),
    ),
    "account.closed": (_l("%(who)s closed %(account)s."),),
    "account.reopened": (_l("%(who)s opened %(account)s again."),),
    "account.second-factor-set": (_l("%(who)s set a second factor."),),
    "account.second-factor-removed": (_l("%(who)s switched the second factor off."),),
    "account.second-factor-reset": (_l("%(who)s reset the second factor of %(account)s on the server."),),
    "account.recovery-codes-made": (_l("%(who)s made new recovery codes."),),
    "account.passkey-added": (
        _l("%(who)s added the passkey “%(name)s”."),
        _l("%(who)s added a passkey."),
    ),
    "account.passkey-renamed": (
        _l("%(who)s renamed a passkey from “%(was)s” to “%(is)s”."),
        _l("%(who)s renamed a passkey."),
    ),
    "account.passkey-removed": (
        _l("%(who)s removed the passkey “%(name)s” of %(account)s."),
        _l("%(who)s removed a passkey of %(account)s."),
    ),
    "account.passkey-suspended": (
        _l(
            "The passkey “%(name)s” of %(account)s was put out of use: its counter went back from %(was)s to %(is)s, so there may be a copy."
        ),
        _l("A passkey of %(account)s was put out of use: there may be a copy."),
    ),
    "account.passkeys-taken": (
        _l("%(who)s removed all %(count)s passkeys of %(account)s."),
        _l("%(who)s removed all passkeys of %(account)s."),
    ),
    "account.token-created": (
        _l("%(who)s created the personal token “%(name)s”, valid until %(expires)s."),
        _l("%(who)s created a personal token."),
    ),
    "account.token-revoked": (_l("%(who)s revoked a personal token."),),
    "account.token-used": (
        _l("With a personal token of %(who)s a programme asked for: %(asked)s."),
        _l("A programme used a personal token of %(who)s."),
    ),
    # the log itself
    "search.made": (
        _l("%(who)s searched %(where)s for %(words)s."),
        _l("%(who)s searched %(where)s; for what is not told here."),
        _l("%(who)s searched; for what is not told here."),
    ),
    "custody.checked": (
        _l("%(who)s looked into a row of unusual access about %(about)s (%(rule)s, %(day)s)."),
        _l("%(who)s looked into a row of unusual access."),
    ),
    "custody.exported": (
        _l("%(who)s exported %(count)s entries of the custody log."),
        _l("%(who)s exported the custody log."),
    ),
    "custody.forwarding-begun": (
        _l("%(who)s began to send the custody log on to the collector %(collector)s."),
        _l("%(who)s began to send the custody log on to a collector."),
    ),
    "view.saved": (
        _l("%(who)s kept the saved view “%(name)s”."),
        _l("%(who)s kept a saved view."),
    ),
    "view.removed": (
        _l("%(who)s removed the saved view “%(name)s”."),
        _l("%(who)s removed a saved view."),
    ),
    # cases
    "case.created": (
        _l("%(who)s entered %(case)s (%(type)s)."),
        _l("%(who)s entered %(case)s."),
    ),
    "case.changed": (
        _l("%(who)s changed the facts of %(case)s: %(changes)s."),
        _l("%(who)s changed the facts of %(case)s."),
    ),
    "case.handlers-changed": (
        _l("%(who)s changed the handlers of %(case)s from %(handlers_before)s to %(handlers_after)s."),
        _l("%(who)s changed the handlers of %(case)s."),
    ),
    "case.imported": (
        _l("%(who)s took over %(case)s from the case system %(source)s."),
        _l("%(who)s took over %(case)s from a case system."),
    ),
    "case.import-run": (
        _l("%(who)s took over a file of cases: %(file)s."),
        _l("%(who)s took over a file of cases."),
    ),
    "case.merged": (
        _l("%(who)s merged case %(from)s into case %(into)s."),
        _l("%(who)s merged a case into another."),
    ),
    "case.split": (
        _l(
            "%(who)s split a part of case %(from)s off as a new case: %(steps)s steps, %(attachments)s single recordings."
        ),
        _l("%(who)s split a part of a case off."),
    ),
    "case.moved": (
        _l("%(who)s moved %(case)s on (%(move)s): from “%(was)s” to “%(is)s”."),
        _l("%(who)s moved %(case)s on."),
    ),
    "case.label-changed": (
        _l("%(who)s changed the archive's label of %(case)s: %(changes)s."),
        _l("%(who)s changed the archive's label of %(case)s."),
    ),
    "case.acceptance-checked": (
        _l("%(who)s checked the file of %(case)s for acceptance: %(outcome)s."),
        _l("%(who)s checked the file of %(case)s for acceptance."),
    ),
    "case.accepted-on-check": (
        _l("%(who)s accepted the file of %(case)s on the ground of its check (%(outcome)s)."),
        _l("%(who)s accepted the file of %(case)s on the ground of its check."),
    ),
    "case.read-back-asked": (_l("%(who)s asked for the whole file of %(case)s to be read back."),),
    "case.paper-made": (
        _l("%(who)s made a paper of %(case)s (%(paper)s, %(form)s)."),
        _l("%(who)s made a paper of %(case)s."),
    ),
    "case.register-exported": (
        _l("%(who)s exported the register of case files (%(files)s files)."),
        _l("%(who)s exported the register of case files."),
    ),
    "case.coverage-printed": (_l("%(who)s printed the recording gaps of %(case)s."),),
    "step.added": (
        _l("%(who)s added the step “%(activity)s” (%(stage)s) to %(case)s."),
        _l("%(who)s added a step to %(case)s."),
    ),
    "step.changed": (
        _l("%(who)s changed the step “%(activity)s” of %(case)s: %(changes)s."),
        _l("%(who)s changed a step of %(case)s."),
    ),
    "step.removed": (
        _l("%(who)s removed the step “%(activity)s” from %(case)s."),
        _l("%(who)s removed a step from %(case)s."),
    ),
    "step.circumstances-set": (
        _l("%(who)s stated the circumstances of a step of %(case)s: %(changes)s."),
        _l("%(who)s stated the circumstances of a step of %(case)s."),
    ),
    "step.coverage-explained": (
        _l("%(who)s explained why a step of %(case)s was not recorded: %(reasons)s."),
        _l("%(who)s explained why a step of %(case)s was not recorded."),
    ),
    "step.coverage-confirmed": (_l("%(who)s confirmed the explanation of a missing recording in %(case)s."),),
    "step.coverage-sent-back": (_l("%(who)s sent back the explanation of a missing recording in %(case)s."),),
    "rules.in-force": (
        _l("%(who)s put version %(version)s of the recording rules in force."),
        _l("%(who)s put a version of the recording rules in force."),
    ),
    # clips and cases
    "clip.attached": (
        _l("%(who)s attached %(clip)s to %(case)s as %(role)s, %(volume)s."),
        _l("%(who)s attached %(clip)s to %(case)s."),
    ),
    "clip.detached": (
        _l("%(who)s detached %(clip)s from %(case)s; the legal section has still to confirm."),
    ),
    "clip.detachment-confirmed": (_l("%(who)s confirmed the detachment of %(clip)s from %(case)s."),),
    "clip.detachment-refused": (_l("%(who)s refused the detachment of %(clip)s from %(case)s."),),
    "clip.suggestion-declined": (_l("%(who)s declined to attach %(clip)s to %(case)s as was suggested."),),
    "clip.declared-unrelated": (_l("%(who)s declared that %(clip)s belongs to no case."),),
    "clip.declaration-withdrawn": (
        _l("%(who)s took back the declaration that %(clip)s belongs to no case."),
    ),
    "clip.marked": (
        _l("%(who)s marked a place of %(clip)s at %(start)s (%(preset)s)."),
        _l("%(who)s marked a place of %(clip)s at %(start)s."),
        _l("%(who)s marked a place of %(clip)s."),
    ),
    "clip.mark-changed": (
        _l("%(who)s changed the note of a mark of %(clip)s at %(start)s."),
        _l("%(who)s changed the note of a mark of %(clip)s."),
    ),
    "clip.mark-removed": (
        _l("%(who)s removed the mark of %(clip)s at %(start)s."),
        _l("%(who)s removed a mark of %(clip)s."),
    ),
    "clip.marks-printed": (_l("%(who)s printed the list of marks of %(clip)s."),),
    "clip.officer-settled": (
        _l("%(who)s settled who recorded %(clip)s: %(is)s instead of %(was)s (%(source)s)."),
        _l("%(who)s settled who recorded %(clip)s: %(is)s (%(source)s)."),
        _l("%(who)s settled who recorded %(clip)s."),
    ),
    "clip.recall-judged": (
        _l("%(who)s gave %(clip)s a verdict in a recall: %(is)s."),
        _l("%(who)s gave %(clip)s a verdict in a recall."),
    ),
    "clip.marked-test": (_l("%(who)s marked %(clip)s as the test recording of a repaired recorder."),),
    "clip.reviewed": (_l("%(who)s reviewed %(clip)s: belongs to no case."),),
    # looking
    "clip.played": (
        _l("%(who)s viewed %(clip)s (purpose: %(purpose)s)."),
        _l("%(who)s viewed %(clip)s (%(ground)s)."),
        _l("%(who)s viewed %(clip)s."),
    ),
    "clip.downloaded": (
        _l("%(who)s downloaded the original of %(clip)s (purpose: %(purpose)s)."),
        _l("%(who)s downloaded the original of %(clip)s (%(ground)s)."),
        _l("%(who)s downloaded the original of %(clip)s."),
    ),
    "clip.pictures-listed": (_l("%(who)s was shown small pictures of %(clip)s in a list."),),
    "clip.purpose-stated": (
        _l("%(who)s stated what %(clip)s is looked at for: %(purpose)s, valid until %(until)s."),
        _l("%(who)s stated what %(clip)s is looked at for."),
    ),
    "clip.consulted": (
        _l("%(who)s opened %(clip)s by number for %(purpose)s, until %(until)s."),
        _l("%(who)s opened %(clip)s by number."),
    ),
    "clip.timestamp-downloaded": (_l("%(who)s downloaded the time stamp of %(clip)s and its proof."),),
    "clip.stage-requested": (
        _l("%(who)s asked for %(clip)s to be worked on again: %(stage)s."),
        _l("%(who)s asked for %(clip)s to be worked on again."),
    ),
    # intake and machine work on clips
    "clip.received": (
        _l("%(who)s handed in %(clip)s, which was received and locked until %(lock_until)s."),
        _l("%(who)s handed in %(clip)s, which was received and locked."),
    ),
    "clip.copy-added": (_l("%(who)s handed in a further copy of %(clip)s."),),
    "clip.verified": (_l("%(who)s read the original of %(clip)s back: its digests are right."),),
    "clip.reverified": (_l("%(who)s read the original of %(clip)s back anew: its digests are right."),),
    "clip.copy-verified": (_l("%(who)s read a further copy of %(clip)s back: its digests are right."),),
    "clip.read-again": (_l("%(who)s read the original of %(clip)s back a second time before clearing."),),
    "clip.described": (_l("%(who)s described %(clip)s."),),
    "clip.analysed": (_l("%(who)s decoded %(clip)s whole and measured it."),),
    "clip.rendered": (_l("%(who)s made copies of %(clip)s for viewing."),),
    "clip.renditions-removed": (_l("%(who)s removed the copies for viewing of %(clip)s, which is sealed."),),
    "clip.timestamped": (_l("%(who)s had %(clip)s time-stamped."),),
    "clip.lock-decided": (
        _l("%(who)s decided how long %(clip)s is kept: %(changes)s."),
        _l("%(who)s decided how long %(clip)s is kept."),
    ),
    "clip.lock-extended": (
        _l("%(who)s prolonged the lock of %(clip)s from %(was)s to %(is)s and read it back."),
        _l("%(who)s prolonged the lock of %(clip)s and read it back."),
    ),
    "clip.hold-set": (_l("%(who)s put the storage hold on %(clip)s and read it back."),),
    "clip.hold-lifted": (_l("%(who)s took the storage hold off %(clip)s and read it back."),),
    "clip.rebuilt": (_l("%(who)s found the original of %(clip)s in storage and took it in."),),
    "clip.copy-rebuilt": (_l("%(who)s found a further copy of %(clip)s in storage."),),
    "clip.destroyed": (
        _l(
            "%(who)s destroyed the original of %(clip)s by the disposal procedure (%(number)s, approval %(approval)s)."
        ),
        _l("%(who)s destroyed the original of %(clip)s by the disposal procedure."),
    ),
    "clip.kept-longer": (
        _l("%(who)s keeps %(clip)s longer, by appraisal %(number)s: %(proposal)s."),
        _l("%(who)s keeps %(clip)s longer, by an appraisal."),
    ),
    "footage.imported": (_l("%(who)s took in footage from before this system: %(clip)s."),),
    # docking
    "docking.opened": (
        _l("%(who)s: %(recorder)s was docked at slot %(slot)s."),
        _l("%(who)s: %(recorder)s was docked."),
    ),
    "docking.closed": (
        _l("%(who)s: the docking of %(recorder)s ended, %(files_on_recorder)s files on it."),
        _l("%(who)s: the docking of %(recorder)s ended."),
    ),
    "docking.recognised": (
        _l("%(who)s: %(files)s files were recognised as held already."),
        _l("%(who)s: files were recognised as held already."),
    ),
    "docking.officer-picked": (
        _l("%(who)s: %(is)s was picked as the officer for %(recorder)s."),
        _l("%(who)s: an officer was picked for %(recorder)s."),
    ),
    "docking.sheet-kept": (
        _l("%(who)s handed in the reconciliation sheet of a docking: %(files)s files, %(gaps)s gaps."),
        _l("%(who)s handed in the reconciliation sheet of a docking."),
    ),
    "docking.sheet-printed": (_l("%(who)s printed a reconciliation sheet."),),
    "docking.sheet-lock-extended": (
        _l("%(who)s prolonged the lock of a reconciliation sheet until %(is)s."),
        _l("%(who)s prolonged the lock of a reconciliation sheet."),
    ),
    "docking.sheet-rebuilt": (_l("%(who)s found a reconciliation sheet in storage and took it in."),),
    "docking.manifest-kept": (_l("%(who)s kept and locked the ASC MHL manifest of a docking."),),
    "docking.manifest-downloaded": (_l("%(who)s downloaded the ASC MHL folder of a docking."),),
    # recorders
    "recorder.first-seen": (_l("%(who)s saw %(recorder)s for the first time; it is not registered."),),
    "recorder.registered": (_l("%(who)s registered %(recorder)s."),),
    "recorder.register-changed": (
        _l("%(who)s changed the register entry of %(recorder)s: %(changes)s."),
        _l("%(who)s changed the register entry of %(recorder)s."),
    ),
    "recorder.pool-set": (
        _l("%(who)s changed whether %(recorder)s is shared: %(is)s."),
        _l("%(who)s changed whether %(recorder)s is shared."),
    ),
    "recorder.handed-over": (
        _l("%(who)s handed %(recorder)s over to %(is)s."),
        _l("%(who)s handed %(recorder)s over."),
    ),
    "recorder.given-back": (
        _l("%(who)s noted that %(was)s gave %(recorder)s back."),
        _l("%(who)s noted that %(recorder)s was given back."),
    ),
    "recorder.checked": (
        _l("%(who)s checked %(recorder)s (%(occasion)s): %(results)s."),
        _l("%(who)s checked %(recorder)s."),
    ),
    "recorder.work-noted": (
        _l("%(who)s noted work on %(recorder)s: %(work)s."),
        _l("%(who)s noted work on %(recorder)s."),
    ),
    "recorder.fault-reported": (
        _l("%(who)s reported a fault of %(recorder)s: %(kind)s."),
        _l("%(who)s reported a fault of %(recorder)s."),
    ),
    "recorder.fault-rejected": (
        _l("%(who)s rejected the fault of %(recorder)s (%(kind)s)."),
        _l("%(who)s rejected a fault of %(recorder)s."),
    ),
    "recorder.doubt-raised": (
        _l("Readings at docking raised a question about %(recorder)s: %(kind)s."),
        _l("Readings at docking raised a question about %(recorder)s."),
    ),
    "recorder.doubt-resolved": (
        _l("%(who)s answered what readings raised about %(recorder)s: %(kind)s."),
        _l("%(who)s answered what readings raised about %(recorder)s."),
    ),
    "recorder.sent-to-repair": (
        _l("%(who)s sent %(recorder)s to be repaired (%(faults)s)."),
        _l("%(who)s sent %(recorder)s to be repaired."),
    ),
    "recorder.back-from-repair": (
        _l("%(who)s noted that %(recorder)s is back from the repairer: %(result)s."),
        _l("%(who)s noted that %(recorder)s is back from the repairer."),
    ),
    "recorder.repair-failed": (_l("%(who)s noted that the repair of %(recorder)s did not hold."),),
    "recorder.returned-to-service": (_l("%(who)s returned %(recorder)s to service."),),
    "recorder.retired": (_l("%(who)s retired %(recorder)s."),),
    "recorder.substitute-asked": (_l("%(who)s asked for a substitute for %(recorder)s."),),
    "recorder.substitute-decided": (_l("%(who)s decided on the substitute for %(recorder)s."),),
    "recorder.recall-opened": (
        _l("%(who)s began a recall of what %(recorder)s recorded with a fault (%(kind)s)."),
        _l("%(who)s began a recall of what %(recorder)s recorded with a fault."),
    ),
    "recorder.cleared": (
        _l("%(who)s: %(files)s files were removed from %(recorder)s."),
        _l("%(who)s: files were removed from %(recorder)s."),
    ),
    "recorder.gaps-seen": (
        _l("%(who)s: %(gaps)s gaps in the numbering of %(recorder)s."),
        _l("%(who)s: gaps in the numbering of %(recorder)s."),
    ),
    "recorder.gap-explained": (
        _l("%(who)s explained the gap %(first)s–%(last)s in the numbering of %(recorder)s."),
        _l("%(who)s explained a gap in the numbering of %(recorder)s."),
    ),
    "recorder.sealed": (_l("%(who)s sealed %(recorder)s as the original carrier."),),
    "recorder.sealed-anew": (
        _l(
            "%(who)s sealed the card that is in %(recorder)s now, kept at %(is)s; the card sealed before lies at %(was)s."
        ),
        _l("%(who)s sealed the card that is in %(recorder)s now; the card sealed before stays sealed."),
    ),
    "recorder.sealed-place-changed": (
        _l("%(who)s moved the sealed carrier of %(recorder)s from %(was)s to %(is)s."),
        _l("%(who)s moved the sealed carrier of %(recorder)s."),
    ),
    "recorder.printed": (_l("%(who)s made maintenance papers of %(recorder)s."),),
    "officer.entered": (_l("%(who)s entered %(officer)s in the register of officers."),),
    "officer.changed": (
        _l("%(who)s changed what the register says of %(officer)s from %(since)s on: %(changes)s."),
        _l("%(who)s changed what the register says of %(officer)s."),
    ),
    # stations
    "station.registered": (_l("%(who)s registered %(station)s."),),
    "station.code-issued": (
        _l("%(who)s issued an enrolment code for %(code)s, valid for %(valid_hours)s hours."),
        _l("%(who)s issued an enrolment code."),
    ),
    "station.enrolled": (_l("%(station)s was enrolled with its own key."),),
    "station.enrolment-refused": (
        _l("A station's enrolment was refused (%(why)s)."),
        _l("A station's enrolment was refused."),
    ),
    "station.revoked": (_l("%(who)s revoked the credential of %(station)s."),),
    "station.token-changed": (_l("%(who)s gave %(station)s a new token."),),
    "station.sheet-key-pinned": (
        _l("The key with which %(station)s signs its sheets was pinned (%(key)s)."),
        _l("The key with which %(station)s signs its sheets was pinned."),
    ),
    "station.retry-ordered": (
        _l("%(who)s ordered %(station)s to try again: %(file)s."),
        _l("%(who)s ordered %(station)s to try again."),
    ),
    "station.order-done": (
        _l("%(station)s answered an order: %(result)s."),
        _l("%(station)s answered an order."),
    ),
    # retention, disposal
    "schedule.drafted": (
        _l("%(who)s drafted the retention schedule %(version)s."),
        _l("%(who)s drafted a retention schedule."),
    ),
    "schedule.rows-changed": (
        _l("%(who)s changed the draft of the retention schedule %(version)s."),
        _l("%(who)s changed the draft of a retention schedule."),
    ),
    "schedule.tried": (
        _l("%(who)s tried the retention schedule %(version)s out."),
        _l("%(who)s tried a retention schedule out."),
    ),
    "schedule.proposed": (
        _l("%(who)s put the retention schedule %(version)s up for approval."),
        _l("%(who)s put a retention schedule up for approval."),
    ),
    "schedule.taken-back": (
        _l("%(who)s took back the proposal of the retention schedule %(version)s."),
        _l("%(who)s took back the proposal of a retention schedule."),
    ),
    "schedule.approved": (
        _l("%(who)s approved the retention schedule %(version)s as %(role)s."),
        _l("%(who)s approved a retention schedule."),
    ),
    "schedule.in-force": (
        _l("%(who)s put the retention schedule %(version)s in force."),
        _l("%(who)s put a retention schedule in force."),
    ),
    "schedule.superseded": (
        _l("The retention schedule %(version)s was superseded by %(by)s."),
        _l("A retention schedule was superseded."),
    ),
    "schedule.withdrawn": (
        _l("%(who)s gave the retention schedule %(version)s up."),
        _l("%(who)s gave a retention schedule up."),
    ),
    "disposal.opened": (
        _l("%(who)s opened appraisal %(number)s with %(clips)s recordings."),
        _l("%(who)s opened an appraisal."),
    ),
    "disposal.listed": (
        _l("%(who)s put %(clip)s on the list of appraisal %(number)s."),
        _l("%(who)s put %(clip)s on the list of an appraisal."),
    ),
    "disposal.dropped": (
        _l("%(clip)s left the list of appraisal %(number)s: %(why)s."),
        _l("%(clip)s left the list of an appraisal."),
    ),
    "disposal.opinion-given": (
        _l(
            "%(who)s gave an opinion for the %(part)s in appraisal %(number)s on %(clip)s: %(proposal_after)s."
        ),
        _l("%(who)s gave an opinion in an appraisal on %(clip)s."),
    ),
    "disposal.proposed": (
        _l("%(who)s closed appraisal %(number)s with proposals for %(clips)s recordings."),
        _l("%(who)s closed an appraisal with proposals."),
    ),
    "disposal.reworked": (
        _l("%(who)s opened appraisal %(number)s again."),
        _l("%(who)s opened an appraisal again."),
    ),
    "disposal.reported": (
        _l("%(who)s reported appraisal %(number)s to the head of the bureau."),
        _l("%(who)s reported an appraisal to the head of the bureau."),
    ),
    "disposal.returned": (
        _l("%(who)s returned the report of appraisal %(number)s without approval."),
        _l("%(who)s returned the report of an appraisal without approval."),
    ),
    "disposal.approved": (
        _l("%(who)s approved the destruction in appraisal %(number)s under %(approval)s."),
        _l("%(who)s approved the destruction in an appraisal."),
    ),
    "disposal.undone": (
        _l("%(who)s undid the approval of appraisal %(number)s."),
        _l("%(who)s undid the approval of an appraisal."),
    ),
    "disposal.witnessed": (
        _l("%(who)s signed in as a witness of the destruction in appraisal %(number)s."),
        _l("%(who)s signed in as a witness of a destruction."),
    ),
    "disposal.ordered": (
        _l("%(who)s ordered the destruction of %(clips)s recordings in appraisal %(number)s."),
        _l("%(who)s ordered a destruction."),
    ),
    "disposal.failed": (
        _l("%(clip)s could not be destroyed in appraisal %(number)s: %(why)s."),
        _l("%(clip)s could not be destroyed."),
    ),
    "disposal.report-printed": (
        _l("%(who)s printed the report of appraisal %(number)s."),
        _l("%(who)s printed the report of an appraisal."),
    ),
    "disposal.register-kept": (
        _l("%(who)s kept and locked the destruction register %(register)s: %(destroyed)s recordings."),
        _l("%(who)s kept and locked a destruction register."),
    ),
    "disposal.register-downloaded": (
        _l("%(who)s downloaded the destruction register %(register)s."),
        _l("%(who)s downloaded a destruction register."),
    ),
    "disposal.register-lock-extended": (
        _l("%(who)s prolonged the lock of the destruction register %(register)s until %(until)s."),
        _l("%(who)s prolonged the lock of a destruction register."),
    ),
    # holds and seals
    "hold.set": (_l("Destruction was suspended by rule. Who did it, and why, is not told here."),),
    "hold.refused": (
        _l("An act about a suspension of destruction was refused. Who tried it, and what, is not told here."),
    ),
    "hold.lifted": (_l("A suspension of destruction was lifted. Who did it, and why, is not told here."),),
    "seal.proposed": (_l("%(who)s proposed to seal %(clip)s."),),
    "seal.confirmed": (_l("%(who)s sealed %(clip)s."),),
    "seal.withdrawn": (_l("%(who)s withdrew the proposal to seal %(clip)s."),),
    "seal.lift-proposed": (_l("%(who)s proposed to open the seal of %(clip)s."),),
    "seal.lift-refused": (_l("%(who)s refused to open the seal of %(clip)s."),),
    "seal.lifted": (_l("%(who)s opened the seal of %(clip)s."),),
    "seal.looked": (_l("%(who)s looked at %(clip)s, which is sealed."),),
    "seal.reader-proposed": (
        _l("%(who)s proposed %(reader)s to look at %(clip)s, which is sealed."),
        _l("%(who)s proposed a person to look at %(clip)s, which is sealed."),
    ),
    "seal.reader-confirmed": (
        _l("%(who)s let %(reader)s in to %(clip)s, which is sealed."),
        _l("%(who)s let a person in to %(clip)s, which is sealed."),
    ),
    "seal.reader-removed": (
        _l("%(who)s took %(reader)s off the persons who may look at %(clip)s."),
        _l("%(who)s took a person off those who may look at %(clip)s."),
    ),
    # the house
    "incident.opened": (
        _l("%(who)s opened an incident: %(kind)s."),
        _l("%(who)s opened an incident."),
    ),
    "incident.resolved": (
        _l("%(who)s resolved an incident: %(kind)s."),
        _l("%(who)s resolved an incident."),
    ),
    "catalog.backed-up": (_l("%(who)s backed up catalog and secrets."),),
    "catalog.restored": (
        _l("%(who)s restored the catalog from the back-up made %(made)s."),
        _l("%(who)s restored the catalog from a back-up."),
    ),
    "catalog.rebuild-begun": (_l("%(who)s began to rebuild the catalog from storage."),),
    "catalog.rebuilt": (
        _l("%(who)s rebuilt the catalog from storage: %(originals)s originals."),
        _l("%(who)s rebuilt the catalog from storage."),
    ),
    "storage.inventoried": (
        _l("%(who)s compared catalog and storage: %(objects)s objects."),
        _l("%(who)s compared catalog and storage."),
    ),
    "storage.probed": (
        _l("%(who)s probed the lock of the storage: %(passed)s."),
        _l("%(who)s probed the lock of the storage."),
    ),
    "sheets.proved": (
        _l(
            "%(who)s looked for everything listed in storage: %(sheets)s sheets, %(files)s files, %(holes)s missing."
        ),
        _l("%(who)s looked for everything listed in storage."),
    ),
    "timestamps.lock-extended": (
        _l("%(who)s prolonged the lock of time stamps until %(is)s."),
        _l("%(who)s prolonged the lock of time stamps."),
    ),
}
