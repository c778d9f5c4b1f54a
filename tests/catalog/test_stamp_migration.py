"""What was verified before there were time stamps waits for one as soon as the catalog is brought up to date."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from sqlalchemy import Column, MetaData, Table, create_engine, insert, inspect, make_url, select, text

from catalog.database import Database, migrate
from catalog.models import Clip, Stage


@pytest.fixture(params=["sqlite", "postgresql"])
def old(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Address of a catalog as it was before."""
    if request.param == "sqlite":
        url = f"sqlite:///{tmp_path / 'old.sqlite3'}"
    else:
        server, name = request.getfixturevalue("postgres_url"), f"old_{uuid4().hex}"
        engine = create_engine(server, isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            connection.execute(text(f"CREATE DATABASE {name}"))
        engine.dispose()
        url = make_url(server).set(database=name).render_as_string(hide_password=False)
    migrate(url, "0003")
    return url


def add_old_clip(database: Database, clip: UUID, **values: object) -> None:
    """Add a row with the columns there were then; the model of today has more."""
    there = {column["name"] for column in inspect(database.engine).get_columns("clips")}
    of_then = Table(
        "clips",
        MetaData(),
        *(
            Column(c.name, c.type, primary_key=c.primary_key)
            for c in Clip.__table__.columns
            if c.name in there
        ),
    )
    row = {
        "id": clip,
        "sha256": clip.hex * 2,
        "sm3": clip.hex * 2,
        "checksum": "c",
        "size": 1,
        "name": "a.mp4",
        "whole": True,
        "kind": "video",
        "facts": {},
        "flags": [],
        "lock_desired": values["received_at"],
        "hold_desired": False,
        **values,
    }
    with database.engine.begin() as connection:
        connection.execute(insert(of_then).values(row))


def test_verified_clips_get_the_stage_and_others_do_not(old: str, now: datetime) -> None:
    database = Database.open(old)
    verified, waiting = uuid4(), uuid4()
    for clip, verified_at in ((verified, now), (waiting, None)):
        add_old_clip(database, clip, received_at=now, verified_at=verified_at)
    migrate(old)
    migrate(old)  # nothing more happens
    with database.read() as session:
        stages = session.scalars(select(Stage).where(Stage.stage == "timestamp")).all()
    database.close()
    assert [(s.clip_id, s.state, s.attempts) for s in stages] == [(verified, "pending", 0)]
    assert waiting not in {s.clip_id for s in stages}
    assert stages[0].updated_at.tzinfo is not None
