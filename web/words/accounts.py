"""Accounts, roles and what each permission allows: one sentence for every permission there is."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

ACCOUNT_STATES = {
    "active": _l("active"),
    "invited": _l("invited, no password yet"),
    "closed": _l("closed"),
}
ACCOUNT_EVENTS = {
    "created": _l("account made"),
    "wished": _l("role wished for"),
    "granted": _l("role granted"),
    "taken": _l("role taken"),
    "refused": _l("role turned down"),
    "invited": _l("invitation issued"),
    "accepted": _l("password set by the invitation"),
    "withdrawn": _l("invitation withdrawn"),
    "closed": _l("account closed"),
    "reopened": _l("account opened again"),
    "unlocked": _l("unlocked after refused sign-ins"),
}
ACCOUNT_REFUSALS = {
    "not-yours": _l("Nothing was changed: your roles, as they are now, do not include this."),
    "not-fresh": _l(
        "Nothing was changed: this step asks for a fresh sign-in. Sign in anew, then do it again."
    ),
    "own-roles": _l(
        "Nothing was changed: nobody acts on his own access, by whichever account. A colleague has to do it."
    ),
    "unknown-account": _l("There is no such account. Nothing was changed."),
    "unknown-role": _l("There is no such role. Nothing was changed."),
    "unknown-officer": _l("Nothing was made: choose an officer from the list."),
    "unknown-invitation": _l("There is no invitation to withdraw. Nothing was changed."),
    "officer-left": _l("Nothing was made: by the register this officer has left."),
    "bad-user-name": _l(
        "Nothing was made: a user name has 2 to 32 small letters, digits, dots, hyphens or underlines, and begins with a letter."
    ),
    "name-missing": _l("Nothing was made: choose an officer, or write the name of somebody who is none."),
    "name-too-long": _l("Nothing was made: the name is too long."),
    "name-taken": _l("Nothing was made: there is an account of this user name already. Choose another one."),
    "role-missing": _l("Nothing was changed: choose a role."),
    "incompatible": _l(
        "Nothing was changed: one person may not hold these roles together, by this account or another one."
    ),
    "held-already": _l("This role is in force already. Nothing was changed."),
    "not-held": _l("The account does not hold this role any more. Nothing was changed."),
    "not-wished": _l("Nobody waits for this role any more. Nothing was changed."),
    "last-one": _l(
        "Nothing was changed: nobody active would be left for this administration. Let another person take it first."
    ),
    "closed": _l("Nothing was changed: the account is closed. The security administrator can open it again."),
    "not-closed": _l("The account is not closed. Nothing was changed."),
    "not-invited": _l(
        "Nothing was changed: the person has taken the account already and needs no invitation."
    ),
    "not-locked": _l("This account does not have to wait any more. Nothing was changed."),
    "no-passkey": _l("This account has no passkey. Nothing was changed."),
    "reason-missing": _l("Nothing was changed: say why."),
    "reason-too-long": _l("Nothing was changed: the text is too long."),
}
INVITATION_REFUSALS = {
    "unknown": _l(
        "This link is not one of ours, or was cut off on its way. Open it once more from the slip."
    ),
    "used": _l(
        "This link was used already: it works once. If it was not you who used it, tell the security administrator now."
    ),
    "expired": _l("This link is older than 72 hours. Ask the system administrator for a new one."),
    "withdrawn": _l("This link was withdrawn. Ask the system administrator for a new one."),
    "closed": _l("The account of this link was closed meanwhile. Ask the system administrator."),
}
WEAKNESSES = {
    "short": _l("A password needs at least 12 characters. Nothing was changed."),
    "long": _l("A password has at most 1024 characters. Nothing was changed."),
    "own-name": _l(
        "A password must not be your name or user name, also not with digits behind it. Nothing was changed."
    ),
    "common": _l(
        "This password is among those that are tried first. Nothing was changed; a sentence of your own is good."
    ),
}
CLASH_REASONS = {
    "three-administrations": _l(
        "Machine, access and log are in three hands: whoever had two could let himself in or tidy up behind himself."
    ),
    "audits-everybody": _l("Whoever reads the log of everybody does nothing that stands in it."),
    "grants-to-everybody": _l("Whoever grants roles has no business with what they open."),
    "runs-the-machine": _l("Whoever runs the machine sees no evidence and decides nothing in cases."),
    "leads-and-decides": _l("A leader gives opinions in writing and decides nothing about evidence."),
    "reviews-the-same": _l("Whoever handles cases does not review them for the legal section."),
}
ROLE_PURPOSES = {
    "officer": _l("records, looks at recordings, puts marks on them"),
    "handler": _l("handles cases: attaches recordings to steps, makes up the case file"),
    "archivist": _l("keeps the archive: accepts case files, keeps the retention schedule, prepares disposal"),
    "administrator": _l("keeps recorders, stations and the register of officers"),
    "system-administrator": _l(
        "runs the machine, invites people and closes accounts; sees no evidence and no custody log"
    ),
    "security-administrator": _l(
        "grants and takes roles, ends sessions; neither makes accounts nor does anything else"
    ),
    "auditor": _l("reads the custody log; sees no recordings and changes nothing"),
    "section-head": _l("heads a section: checks case files, confirms explanations, approves substitutes"),
    "legal": _l("reviews case files and detachments, sets holds, proposes seals"),
    "personnel": _l("keeps the register of officers, and holds for complaints and interference"),
    "office-head": _l("approves the retention schedule, witnesses destruction"),
    "leader": _l(
        "supervises: approves the retention schedule, witnesses destruction; decides nothing about evidence"
    ),
    "bureau-head": _l("approves or returns appraisals; decides nothing about evidence"),
}
PERMISSION_SUBJECTS = {
    "account": _l("Accounts"),
    "archive": _l("Archives"),
    "case": _l("Cases"),
    "case-file": _l("Papers of case files"),
    "clip": _l("Recordings"),
    "coverage": _l("How well steps were recorded"),
    "custody": _l("Custody log"),
    "disposal": _l("Appraisal and destruction"),
    "docking": _l("Docking"),
    "fault": _l("Faults of recorders"),
    "gap": _l("Missing numbers"),
    "hold": _l("Holds"),
    "incident": _l("Incidents"),
    "officer": _l("Officers"),
    "operations": _l("Operations"),
    "recall": _l("Recall"),
    "recorder": _l("Recorders"),
    "retention": _l("Retention"),
    "seal": _l("Seals"),
    "station": _l("Stations"),
}
PERMISSIONS = {
    "office:account:grant": _l(
        "grant and take roles of others, end their sessions, open closed accounts again"
    ),
    "office:account:invite": _l("invite people, issue and withdraw invitations, close accounts"),
    "office:account:read": _l("see all accounts with their roles and history"),
    "office:archive:keep": _l("accept case files into the archive, give numbers, note where they lie"),
    "office:archive:read": _l("see the register of archived case files and what expires"),
    "office:case:enter": _l("enter leads and cases, add steps, change handlers"),
    "office:case-file:print": _l("print the papers of a case file"),
    "office:case:import": _l("take over cases from the old system"),
    "office:case:join": _l("merge and split cases"),
    "office:case:move": _l(
        "move a case file on its way as far as the role goes: close, hand over, check, review, return"
    ),
    "office:case:read": _l("see cases, their steps and where their files are"),
    "office:clip:attach": _l("attach recordings and documents to steps of cases, and ask for detaching"),
    "bureau:clip:consult": _l(
        "open recordings outside the own scope by exact number, with a purpose and a reference kept first"
    ),
    "office:clip:declare-unrelated": _l("declare that a recording belongs to no case"),
    "office:clip:decide-detachment": _l("confirm or refuse that a recording is detached from a case"),
    "office:clip:download": _l("save originals, each time with a reason"),
    "office:clip:mark": _l("put marks on recordings and remove one's own"),
    "office:clip:remove-mark": _l("remove marks of others"),
    "office:clip:read": _l("look at recordings that are not sealed"),
    "office:clip:rerun": _l("have a recording processed again"),
    "office:coverage:confirm": _l("confirm or send back explanations of what was not recorded"),
    "office:coverage:explain": _l("explain why something was not recorded"),
    "office:custody:audit": _l("audit the custody log: export it, and look into unusual access"),
    "office:custody:read": _l("read the custody log"),
    "office:disposal:appraise": _l("make up lists of what has expired, report them, order destruction"),
    "office:disposal:approve": _l("approve or return the destruction of a list"),
    "office:disposal:opine": _l("give an opinion on what has expired"),
    "office:disposal:read": _l("see appraisals and registers of destruction"),
    "office:disposal:undo": _l("undo an approval before the cooling period ends"),
    "office:disposal:witness": _l("witness a destruction"),
    "office:docking:read": _l("see dockings and whether their files are safe"),
    "office:fault:report": _l("report a fault of a recorder"),
    "office:gap:explain": _l("explain missing numbers of recordings"),
    "office:hold:set": _l("set holds for the reasons of the role, and lift those of others"),
    "office:incident:read": _l("see incidents"),
    "office:incident:resolve": _l("resolve incidents with a note"),
    "office:officer:manage": _l("keep the register of officers"),
    "office:operations:read": _l("see queues, failures, growth and standing jobs"),
    "office:operations:run": _l("have failed work done again"),
    "office:recall:judge": _l("give verdicts on recordings that a fault may have touched"),
    "office:recall:read": _l("see what a fault may have touched, and how far the list is"),
    "office:recorder:approve": _l("approve substitute recorders and parts that somebody else asked for"),
    "office:recorder:manage": _l("keep recorders: register, hand out, check, repair, retire"),
    "office:recorder:read": _l("see the register of recorders"),
    "office:recorder:seal": _l("seal a card as original carrier"),
    "office:retention:approve": _l("approve a version of the retention schedule that somebody else drafted"),
    "office:retention:edit": _l("draft the retention schedule and put an approved version in force"),
    "office:retention:read": _l("see the retention schedule"),
    "office:seal:decide": _l("confirm sealing and opening that somebody else proposed"),
    "office:seal:look": _l("look at sealed recordings for which one was named, each time with a purpose"),
    "office:seal:propose": _l("propose sealing and opening, and who may look"),
    "office:station:manage": _l("enrol and revoke stations, have failed files tried again"),
    "self:account:use": _l("use one's own account"),
}
