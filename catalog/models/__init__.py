"""The tables of the catalog."""

from catalog.models.base import Base
from catalog.models.cases import Attachment, Case, Step
from catalog.models.clips import Clip, Copy, Rendition, SignedStatement, Stage, Upload
from catalog.models.custody import APPEND_ONLY, CustodyEntry, CustodyPlace, CustodyPrivate, CustodySubject
from catalog.models.docking import Docking, Recorder, Sighting, Station
from catalog.models.people import Account, AccountRole, Officer, Role, SigninToken, Unit
from catalog.models.watch import Incident, ProbeResult

__all__ = [
    "APPEND_ONLY",
    "Account",
    "AccountRole",
    "Attachment",
    "Base",
    "Case",
    "Clip",
    "Copy",
    "CustodyEntry",
    "CustodyPlace",
    "CustodyPrivate",
    "CustodySubject",
    "Docking",
    "Incident",
    "Officer",
    "ProbeResult",
    "Recorder",
    "Rendition",
    "Role",
    "Sighting",
    "SignedStatement",
    "SigninToken",
    "Stage",
    "Station",
    "Step",
    "Unit",
    "Upload",
]
