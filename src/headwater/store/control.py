"""Control: the small database of what operators decide: settings by version, and write keys.

Reads  DIR/control.sqlite, or any database that $HEADWATER_DATABASE_URL names
Makes  Settings, and the set of keys that the collector accepts

A write key is public by nature (it stands in the page of every site that is measured), so keys are
stored as they are. Settings are never changed in place: each change is a new version with its time.
"""

from __future__ import annotations

import os
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import orjson
from sqlalchemy import (
    Column,
    DateTime,
    ForeignKey,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    create_engine,
    delete,
    event,
    insert,
    select,
)
from sqlalchemy.exc import IntegrityError, OperationalError
from sqlalchemy.pool import NullPool

from headwater.contract.errors import HeadwaterError, NotFoundError, UsageError
from headwater.contract.settings import Settings, parsed

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy import Engine

FILE = "control.sqlite"
DEFAULT_WORKSPACE = "main"
LONGEST_KEY = 128


class ControlError(HeadwaterError):
    """The control database cannot be opened."""


TABLES = MetaData()

WORKSPACES = Table(
    "workspaces",
    TABLES,
    Column("workspace_id", String(64), primary_key=True),
    Column("name", String(200), nullable=False),
    Column("created_at", DateTime, nullable=False),
)

SETTINGS = Table(
    "settings_versions",
    TABLES,
    Column("number", Integer, primary_key=True, autoincrement=True),
    Column("workspace_id", ForeignKey("workspaces.workspace_id"), nullable=False),
    Column("version", String(64), nullable=False),
    Column("chosen", Text, nullable=False),
    Column("applied_at", DateTime, nullable=False),
    Column("author", String(200), nullable=False),
)

KEYS = Table(
    "write_keys",
    TABLES,
    Column("key", String(LONGEST_KEY), primary_key=True),
    Column("workspace_id", ForeignKey("workspaces.workspace_id"), nullable=False),
    Column("created_at", DateTime, nullable=False),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkspaceRecord:
    """Who the workspace is."""

    workspace_id: str
    name: str
    created_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class SettingsVersion:
    """One entry in the history of the settings."""

    number: int
    """1 for the first change, rising."""
    version: str
    """Short hash; equal settings have equal versions."""
    applied_at: datetime
    """UTC."""
    author: str
    chosen: dict[str, Any]
    """The keys that differ from the defaults, as they were given."""


class Control:
    """The control database of one workspace; every method is one transaction."""

    def __init__(self, url: str | Path) -> None:
        """Open, and make where it is missing. `url` is a file or a SQLAlchemy URL."""
        self.engine = _engine(url)
        try:
            TABLES.create_all(self.engine)
            with self.engine.begin() as database:
                if database.execute(select(WORKSPACES)).first() is None:
                    row = {"workspace_id": DEFAULT_WORKSPACE, "name": _name(url), "created_at": _now()}
                    database.execute(insert(WORKSPACES).values(row))
        except IntegrityError:
            pass  # another process made the row at the same moment
        except OperationalError as error:
            raise ControlError(
                f"The control database {url} cannot be opened ({error.orig}).",
                hint="check that the folder can be written to, or $HEADWATER_DATABASE_URL.",
            ) from error

    @classmethod
    def in_folder(cls, folder: Path) -> Self:
        """Open the control database of a workspace folder, or the one $HEADWATER_DATABASE_URL names."""
        return cls(os.environ.get("HEADWATER_DATABASE_URL") or folder / FILE)

    def workspace(self) -> WorkspaceRecord:
        """Return who the workspace is."""
        with self.engine.connect() as database:
            row = database.execute(select(WORKSPACES)).one()
        return WorkspaceRecord(
            workspace_id=row.workspace_id, name=row.name, created_at=row.created_at.replace(tzinfo=UTC)
        )

    def settings(self) -> Settings:
        """Return the settings that hold now; the defaults where nothing was chosen."""
        return parsed(self.chosen())

    def settings_at(self, moment: datetime | None = None) -> tuple[Settings, datetime | None]:
        """Return the settings that held at `moment` (UTC; None: now) and since when.

        The defaults held, since None, until the first were chosen; for a time before the workspace was
        made, facts of which it may have been given, the first that were chosen count.
        """
        bare = moment.astimezone(UTC).replace(tzinfo=None) if moment and moment.tzinfo else moment
        chosen = select(SETTINGS.c.chosen, SETTINGS.c.applied_at)
        with self.engine.connect() as database:
            made_at = database.scalar(select(WORKSPACES.c.created_at))
            if bare is None:
                row = database.execute(chosen.order_by(SETTINGS.c.number.desc()).limit(1)).first()
            elif made_at is not None and bare < made_at:
                row = database.execute(chosen.order_by(SETTINGS.c.number).limit(1)).first()
            else:
                until = chosen.where(SETTINGS.c.applied_at <= bare)
                row = database.execute(until.order_by(SETTINGS.c.number.desc()).limit(1)).first()
        if row is None:
            return Settings(), None
        return parsed(orjson.loads(row.chosen)), row.applied_at

    def chosen(self) -> dict[str, Any]:
        """Return the keys that the operator chose, without the defaults."""
        with self.engine.connect() as database:
            chosen = database.scalar(select(SETTINGS.c.chosen).order_by(SETTINGS.c.number.desc()).limit(1))
        return orjson.loads(chosen) if chosen else {}

    def apply(self, raw: Mapping[str, Any], *, author: str = "") -> str:
        """Make `raw` the settings and return their version; what is not named has its default.

        Settings that equal the present ones add no version. Raises UnknownSettingError or UsageError
        and changes nothing where `raw` is wrong.
        """
        settings = parsed(raw)
        before, since = self.settings_at()
        if settings != before:
            # the times of versions rise as their numbers do, whatever the machine's clock does
            row = {
                "workspace_id": DEFAULT_WORKSPACE,
                "version": settings.version(),
                "chosen": orjson.dumps(dict(raw), option=orjson.OPT_SORT_KEYS).decode(),
                "applied_at": max(_now(), since + timedelta(microseconds=1)) if since else _now(),
                "author": author,
            }
            with self.engine.begin() as database:
                database.execute(insert(SETTINGS).values(row))
        return settings.version()

    def history(self) -> list[SettingsVersion]:
        """Return every version of the settings, the newest first."""
        with self.engine.connect() as database:
            rows = database.execute(select(SETTINGS).order_by(SETTINGS.c.number.desc())).all()
        return [
            SettingsVersion(
                number=row.number,
                version=row.version,
                applied_at=row.applied_at.replace(tzinfo=UTC),
                author=row.author,
                chosen=orjson.loads(row.chosen),
            )
            for row in rows
        ]

    def keys(self) -> set[str]:
        """Return the write keys that the collector accepts."""
        with self.engine.connect() as database:
            return set(database.scalars(select(KEYS.c.key)).all())

    def add_key(self, value: str | None = None) -> str:
        """Add a write key, a new random one unless `value` is given, and return it.

        A key that is there already stays. Raises UsageError for a key that no client could send.
        """
        key = f"hw_{secrets.token_urlsafe(18)}" if value is None else value
        if (
            not key
            or len(key) > LONGEST_KEY
            or not key.isascii()
            or any(c.isspace() or c == ":" for c in key)
        ):
            raise UsageError(
                f"{key!r} cannot be a write key.",
                hint=f"use 1 to {LONGEST_KEY} visible ASCII characters, no colon; or leave --value away.",
            )
        with self.engine.begin() as database:
            if database.scalar(select(KEYS.c.key).where(KEYS.c.key == key)) is None:
                row = {"key": key, "workspace_id": DEFAULT_WORKSPACE, "created_at": _now()}
                database.execute(insert(KEYS).values(row))
        return key

    def remove_key(self, value: str) -> None:
        """Take a write key away. Raises NotFoundError where there is none such."""
        with self.engine.begin() as database:
            gone = database.execute(delete(KEYS).where(KEYS.c.key == value)).rowcount
        if not gone:
            raise NotFoundError(f"There is no write key {value!r}.", hint="`headwater key list` shows them.")

    def close(self) -> None:
        """Let go of the database."""
        self.engine.dispose()


def _engine(url: str | Path) -> Engine:
    if isinstance(url, str) and "://" in url and not url.startswith("sqlite"):
        return create_engine(url, pool_pre_ping=True)
    address = url if isinstance(url, str) and "://" in url else f"sqlite:///{url}"
    if isinstance(url, Path):
        url.parent.mkdir(parents=True, exist_ok=True)
    engine = create_engine(address, poolclass=NullPool)

    @event.listens_for(engine, "connect")
    def _durable(connection: Any, _record: Any) -> None:
        cursor = connection.cursor()
        for pragma in (
            "busy_timeout = 10000",
            "journal_mode = WAL",
            "synchronous = FULL",
            "foreign_keys = ON",
        ):
            cursor.execute(f"pragma {pragma}")
        cursor.close()

    return engine


def _name(url: str | Path) -> str:
    return url.parent.resolve().name if isinstance(url, Path) else DEFAULT_WORKSPACE


def _now() -> datetime:
    return datetime.now(UTC).replace(tzinfo=None)
