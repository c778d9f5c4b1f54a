"""The tables of the catalog."""

from catalog.models.accounts import AccountClosing, Invitation, RoleGrant
from catalog.models.archive import AcceptanceCheck, FileReading
from catalog.models.attaching import (
    ClipDeclaration,
    DetachmentRefusal,
    DocumentUpload,
    SuggestionDismissal,
)
from catalog.models.base import Base
from catalog.models.case_imports import CaseImport, CaseImportDraft
from catalog.models.cases import Attachment, Case, CaseHandler, CaseMove, Step
from catalog.models.clips import (
    Analysis,
    Clip,
    Copy,
    LockDue,
    Rendition,
    SignedStatement,
    Stage,
    StageRun,
    Upload,
)
from catalog.models.coverage import CoverageDue, CoverageNote, RecordingRuleSet, StepCoverage
from catalog.models.custody import (
    APPEND_ONLY,
    CustodyEntry,
    CustodyLookup,
    CustodyPlace,
    CustodyPrivate,
    CustodySubject,
    UnusualRemark,
)
from catalog.models.disposal import (
    Appraisal,
    AppraisalItem,
    AppraisalOpinion,
    ClipReview,
    DisposalWitness,
    KeptLonger,
)
from catalog.models.docking import Docking, Sighting
from catalog.models.finding import ClipIndex, ClipIndexDue, SavedView
from catalog.models.forwarding import LogForwarding
from catalog.models.holds import Hold, HoldClip, HoldOfficer, Seal, SealReader
from catalog.models.looking import LookPurpose
from catalog.models.maintenance import (
    MaintenanceEntry,
    OfficerTerm,
    RecallVerdict,
    RecorderCheck,
    RecorderDoubt,
    RecorderFault,
    RecorderRepair,
    RecorderSubstitute,
)
from catalog.models.marks import Mark
from catalog.models.passkeys import Passkey, UsedChallenge
from catalog.models.people import Account, AccountRole, Officer, Role, SigninToken, Unit
from catalog.models.recorders import Holding, Recorder
from catalog.models.retention import (
    LockApply,
    LockRound,
    RetentionApproval,
    RetentionRow,
    RetentionSchedule,
    ScheduleRun,
)
from catalog.models.sheets import Gap, Sheet
from catalog.models.signing_in import (
    AccountUnlock,
    ApiToken,
    RecoveryCode,
    RefusalTally,
    SecondFactor,
    SigninSession,
)
from catalog.models.stations import EnrolmentCode, Station, StationOrder
from catalog.models.timestamps import TimestampBatch, TimestampLeaf, TimestampToken
from catalog.models.watch import Incident, ProbeResult, StandingJob

__all__ = [
    "APPEND_ONLY",
    "AcceptanceCheck",
    "Account",
    "AccountClosing",
    "AccountRole",
    "AccountUnlock",
    "Analysis",
    "ApiToken",
    "Appraisal",
    "AppraisalItem",
    "AppraisalOpinion",
    "Attachment",
    "Base",
    "Case",
    "CaseHandler",
    "CaseImport",
    "CaseImportDraft",
    "CaseMove",
    "Clip",
    "ClipDeclaration",
    "ClipIndex",
    "ClipIndexDue",
    "ClipReview",
    "Copy",
    "CoverageDue",
    "CoverageNote",
    "CustodyEntry",
    "CustodyLookup",
    "CustodyPlace",
    "CustodyPrivate",
    "CustodySubject",
    "DetachmentRefusal",
    "DisposalWitness",
    "Docking",
    "DocumentUpload",
    "EnrolmentCode",
    "FileReading",
    "Gap",
    "Hold",
    "HoldClip",
    "HoldOfficer",
    "Holding",
    "Incident",
    "Invitation",
    "KeptLonger",
    "LockApply",
    "LockDue",
    "LockRound",
    "LogForwarding",
    "LookPurpose",
    "MaintenanceEntry",
    "Mark",
    "Officer",
    "OfficerTerm",
    "Passkey",
    "ProbeResult",
    "RecallVerdict",
    "Recorder",
    "RecorderCheck",
    "RecorderDoubt",
    "RecorderFault",
    "RecorderRepair",
    "RecorderSubstitute",
    "RecordingRuleSet",
    "RecoveryCode",
    "RefusalTally",
    "Rendition",
    "RetentionApproval",
    "RetentionRow",
    "RetentionSchedule",
    "Role",
    "RoleGrant",
    "SavedView",
    "ScheduleRun",
    "Seal",
    "SealReader",
    "SecondFactor",
    "Sheet",
    "Sighting",
    "SignedStatement",
    "SigninSession",
    "SigninToken",
    "Stage",
    "StageRun",
    "StandingJob",
    "Station",
    "StationOrder",
    "Step",
    "StepCoverage",
    "SuggestionDismissal",
    "TimestampBatch",
    "TimestampLeaf",
    "TimestampToken",
    "Unit",
    "UnusualRemark",
    "Upload",
    "UsedChallenge",
]
