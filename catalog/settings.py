"""What the catalog needs to be told."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import time, timedelta
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, field_validator

from catalog.rules.archive_number import check_pattern
from catalog.rules.recorder_readings import Limits
from catalog.rules.syslog import SMALLEST_LIMIT
from catalog.rules.unusual_access import Thresholds

LOCAL = "local"
"""In place of an authority's URL: the one this system runs itself."""


SyslogProtocol = Literal["udp", "tcp", "tls"]
SyslogFacility = Literal[
    "auth",
    "authpriv",
    "audit",
    "local0",
    "local1",
    "local2",
    "local3",
    "local4",
    "local5",
    "local6",
    "local7",
]
USUAL_PORTS: dict[SyslogProtocol, int] = {"udp": 514, "tcp": 601, "tls": 6514}
"""Of a collector, where its address names none."""
USUAL_LIMITS: dict[SyslogProtocol, int] = {"udp": 2048, "tcp": 8192, "tls": 8192}
"""Bytes of a message: what every receiver should take (RFC 5424 §6.1, RFC 5425 §4.3.1)."""
LARGEST_DATAGRAM = 65_507


@dataclass(frozen=True, slots=True)
class SyslogTarget:
    """A log collector, and how messages to it look."""

    protocol: SyslogProtocol
    host: str
    port: int
    ca_file: Path | None
    certificate_file: Path | None
    facility: SyslogFacility
    enterprise: str
    limit: int
    """Bytes of a message at most."""

    @property
    def name(self) -> str:
        """What it is called where it is remembered how far it got: protocol, host and port."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{self.protocol}://{host}:{self.port}"


class AuthoritySettings(BaseModel):
    """A time-stamping authority 时间戳机构, and whom to believe when a token bears its name."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = Field(pattern=r"^[a-z0-9][a-z0-9-]{0,31}$")
    """What pages and tokens call it; never given to another authority."""
    url: str = Field(pattern=r"^(local|https?://.+)$")
    """Where it answers RFC 3161 over HTTP; `local` for the one of this system."""
    roots_file: Path
    """PEM of the self-signed certificates that its tokens must lead to."""
    policy: str | None = Field(default=None, pattern=r"^[0-2](\.\d+)+$")
    """The policy asked for, and the only one accepted, as an object identifier."""
    asked: bool = True
    """False: asked no more; the tokens it gave are still proven."""
    user: str | None = None
    """For HTTP basic authentication."""
    password_file: Path | None = None
    tls_ca_file: Path | None = None
    """Certificate (PEM) that vouches for its web server, where that is none of the usual ones."""
    signer_file: Path | None = None
    """Of the local authority: private key, its certificate and its root in one PEM, mode 0600."""

    @property
    def self_signed(self) -> bool:
        """Whether this system vouches for itself here."""
        return self.url == LOCAL


class CatalogSettings(BaseModel):
    """Where the database is, and where the key lies that signs receipts."""

    database_url: str
    """SQLAlchemy address: `sqlite:////…/catalog.sqlite3` or `postgresql+psycopg://…`."""
    receipt_key_file: Path
    """PEM of the Ed25519 private key that signs `received` and `verified`; mode 0600."""
    metadata_key_file: Path
    """Hexadecimal 32-byte key that encrypts personal data in object metadata; mode 0600."""
    clearing_mode: Literal["never", "confirm", "automatic"] = "never"
    """When files may leave a recorder: never, when somebody confirms it at the station, or by themselves."""
    clearing_after_days: int = Field(default=7, ge=0)
    """Days after `verified` before `automatic` clears a recorder."""
    clearing_delay_hours: float = Field(default=24.0, ge=0)
    """Hours after `verified` before the second read-back, without which nothing leaves a spool or a recorder."""
    disposal_cooling_days: int = Field(default=14, ge=14, le=3650)
    """Days between the approval of a destruction and the first moment at which it may be ordered; never fewer than 14."""
    recorder_check_days: int = Field(default=90, ge=1)
    """Days after a check by hand of everything before a recorder's next one is due."""
    recorder_clock_seconds_per_day: float = Field(default=3.0, gt=0)
    """Drift of a recorder's clock, proven between two dockings, above which it is to be checked (GA/T 947.2)."""
    recorder_battery_fall_percent: int = Field(default=30, ge=1, le=100)
    """Points by which three dockings in a row found less charge before the battery is to be checked."""
    recorder_battery_low_percent: int = Field(default=15, ge=0, le=100)
    """Charge at a docking, per cent, at or under which its check says "watch"."""
    recorder_broken_files: int = Field(default=2, ge=1)
    """Damaged recordings of one docking from which on the recorder is to be checked."""
    timestamp_authorities: list[AuthoritySettings] = Field(default_factory=list)
    """Who stamps each clip; each of them does."""
    timestamp_gather_seconds: float = Field(default=120.0, ge=0)
    """How long the first verified clip waits for others, that one request serves many."""
    timestamp_late_minutes: float = Field(default=30.0, gt=0)
    """Minutes after which a token that is not there is an incident."""
    recording_rules_file: Path | None = None
    """The bureau's own table of recording rules (TOML), in place of the shipped one."""
    coverage_days: int = Field(default=3, ge=0, le=3650)
    """Calendar days after a step's end within which a gap in its recording is to be explained."""
    archive_number_pattern: str = "{fonds}-{year}-{period}-{unit}-{serial:04}"
    """How archive numbers 档号 are proposed: {fonds}, {year}, {period}, {unit}, {type} and, once, {serial}."""
    fonds_number: str = Field(default="", max_length=64)
    """全宗号 of this bureau, proposed for every case file."""

    unusual_looks_per_day: int = Field(default=100, ge=1)
    """Recordings viewed by one person on one day above which an auditor is told."""
    unusual_times_usual: float = Field(default=3.0, gt=1)
    """Times a person's own usual number of looks above which a day is unusual, from a tenth of the number above on."""
    unusual_downloads_per_day: int = Field(default=20, ge=1)
    """Downloads, exports and prints of one person on one day from which on an auditor is told."""
    unusual_refusals_per_day: int = Field(default=10, ge=1)
    """Refusals of one person on one day, refused sign-ins included, from which on an auditor is told."""
    unusual_outside_per_day: int = Field(default=3, ge=1)
    """Looks on one day at what is neither a person's own recording nor on a case of theirs, from which on an auditor is told."""
    unusual_work_from: time = time(7, 30)
    """When the bureau's working time begins; looks and downloads outside it are odd hours."""
    unusual_work_until: time = time(20, 0)
    """When it ends; earlier than `unusual_work_from`: it goes over midnight."""
    unusual_before_minutes: int = Field(default=60, ge=1, le=1440)
    """Minutes before a detachment within which a look at the recording is told."""

    syslog_address: str | None = Field(default=None, max_length=255)
    """Log collector that the custody log is sent on to: host, or host and port; None: to nobody."""
    syslog_protocol: SyslogProtocol = "tls"
    """How it is reached."""
    syslog_ca_file: Path | None = None
    """Certificate (PEM) that vouches for the collector, where that is none of the usual ones."""
    syslog_certificate_file: Path | None = None
    """Our own certificate and its key (PEM), where the collector asks for one; mode 0600."""
    syslog_facility: SyslogFacility = "audit"
    """Which facility the messages say they are of."""
    syslog_enterprise_number: str = Field(default="32473", pattern=r"^[1-9]\d*(\.\d+)*$", max_length=22)
    """The bureau's private enterprise number (IANA), part of the structured data's name; 32473 is that of examples."""
    syslog_message_bytes: int | None = Field(default=None, ge=SMALLEST_LIMIT, le=1 << 20)
    """Bytes of a message at most; what is longer is cut behind place and leaf. None: as is usual for the protocol."""

    @field_validator("syslog_address")
    @classmethod
    def _an_address(cls, address: str | None) -> str | None:
        if address is not None and address.strip():
            host_and_port(address)
        return address

    def syslog_target(self) -> SyslogTarget | None:
        """Answer the collector that the custody log is sent on to, or None."""
        if self.syslog_address is None or not self.syslog_address.strip():
            return None
        host, port = host_and_port(self.syslog_address)
        protocol = self.syslog_protocol
        limit = self.syslog_message_bytes or USUAL_LIMITS[protocol]
        return SyslogTarget(
            protocol=protocol,
            host=host,
            port=port or USUAL_PORTS[protocol],
            ca_file=self.syslog_ca_file,
            certificate_file=self.syslog_certificate_file,
            facility=self.syslog_facility,
            enterprise=self.syslog_enterprise_number,
            limit=min(limit, LARGEST_DATAGRAM) if protocol == "udp" else limit,
        )

    @field_validator("archive_number_pattern")
    @classmethod
    def _readable(cls, pattern: str) -> str:
        return check_pattern(pattern)

    def unusual_thresholds(self) -> Thresholds:
        """Answer from when on the report of unusual access names something."""
        return Thresholds(
            looks=self.unusual_looks_per_day,
            times_usual=self.unusual_times_usual,
            downloads=self.unusual_downloads_per_day,
            refusals=self.unusual_refusals_per_day,
            outside=self.unusual_outside_per_day,
            work_from=self.unusual_work_from,
            work_until=self.unusual_work_until,
            before=timedelta(minutes=self.unusual_before_minutes),
        )

    def recorder_limits(self) -> Limits:
        """Answer the thresholds for recorders' readings and checks."""
        return Limits(
            clock_seconds_per_day=self.recorder_clock_seconds_per_day,
            battery_fall_percent=self.recorder_battery_fall_percent,
            battery_low_percent=self.recorder_battery_low_percent,
            broken_files=self.recorder_broken_files,
            check_days=self.recorder_check_days,
        )


def host_and_port(address: str) -> tuple[str, int | None]:
    """Read `host`, `host:port`, `[IPv6]` or `[IPv6]:port`. Raises ValueError for anything else."""
    try:
        parts = urlsplit(f"//{address.strip()}")
        host, port = parts.hostname, parts.port
    except ValueError:
        host = None
    if not host or port == 0 or parts.path or parts.query or parts.fragment or "@" in parts.netloc:
        raise ValueError("a log collector is named as host or host:port, an IPv6 address in brackets")
    return host, port
