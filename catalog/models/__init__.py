"""The tables of the catalog."""

from catalog.models.attaching import (
    ClipDeclaration,
    DetachmentRefusal,
    DocumentUpload,
    SuggestionDismissal,
)
from catalog.models.base import Base
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
from catalog.models.custody import APPEND_ONLY, CustodyEntry, CustodyPlace, CustodyPrivate, CustodySubject
from catalog.models.docking import Docking, Sighting
from catalog.models.finding import ClipIndex, ClipIndexDue, SavedView
from catalog.models.marks import Mark
from catalog.models.people import Account, AccountRole, Officer, Role, SigninToken, Unit
from catalog.models.recorders import Holding, Recorder
from catalog.models.sheets import Gap, Sheet
from catalog.models.stations import EnrolmentCode, Station, StationOrder
from catalog.models.timestamps import TimestampBatch, TimestampLeaf, TimestampToken
from catalog.models.watch import Incident, ProbeResult, StandingJob

__all__ = [
    "APPEND_ONLY",
    "Account",
    "AccountRole",
    "Analysis",
    "Attachment",
    "Base",
    "Case",
    "CaseHandler",
    "CaseMove",
    "Clip",
    "ClipDeclaration",
    "ClipIndex",
    "ClipIndexDue",
    "Copy",
    "CustodyEntry",
    "CustodyPlace",
    "CustodyPrivate",
    "CustodySubject",
    "DetachmentRefusal",
    "Docking",
    "DocumentUpload",
    "EnrolmentCode",
    "Gap",
    "Holding",
    "Incident",
    "LockDue",
    "Mark",
    "Officer",
    "ProbeResult",
    "Recorder",
    "Rendition",
    "Role",
    "SavedView",
    "Sheet",
    "Sighting",
    "SignedStatement",
    "SigninToken",
    "Stage",
    "StageRun",
    "StandingJob",
    "Station",
    "StationOrder",
    "Step",
    "SuggestionDismissal",
    "TimestampBatch",
    "TimestampLeaf",
    "TimestampToken",
    "Unit",
    "Upload",
]
