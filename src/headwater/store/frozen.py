"""Frozen: answers that are kept for good, each with what it rested on.

Reads  an answer as the bytes that were shown
Makes  rows of the control database, which are never changed: a name is given once

What is kept is enough to show the answer again byte for byte, and to ask the same again.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import orjson
from sqlalchemy import Column, DateTime, MetaData, String, Table, Text, insert, select
from sqlalchemy.exc import IntegrityError

from headwater.contract.errors import NotFoundError, UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy import Engine

NAME = re.compile(r"[\w][\w.-]{0,99}")

FROZEN = Table(
    "frozen_answers",
    MetaData(),
    Column("name", String(100), primary_key=True),
    Column("frozen_at", DateTime, nullable=False),
    Column("report", String(100), nullable=False),
    Column("asked", Text, nullable=False),
    Column("as_of", String(40), nullable=False),
    Column("settings_version", String(64), nullable=False),
    Column("settings", Text, nullable=False),
    Column("made_by", String(64), nullable=False),
    Column("answer", Text, nullable=False),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One frozen answer."""

    name: str
    frozen_at: datetime
    """UTC."""
    report: str
    asked: dict[str, Any]
    """The options of the report, in plain values."""
    as_of: str
    """The time of its data and settings, ISO 8601; empty where there were none yet."""
    settings_version: str
    settings: dict[str, Any]
    """All settings that held, defaults too."""
    made_by: str
    """The version of Headwater."""
    answer: bytes
    """The JSON that was shown."""

    def about(self) -> dict[str, Any]:
        """Return what stands behind the answer, without the answer."""
        names = ("name", "frozen_at", "report", "asked", "as_of", "settings_version", "made_by")
        return {name: getattr(self, name) for name in names}


class Frozen:
    """The frozen answers in one control database."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        FROZEN.create(engine, checkfirst=True)

    def check_free(self, name: str) -> None:
        """Raise UsageError where no answer can be kept under a name."""
        if not NAME.fullmatch(name):
            raise UsageError(
                f"{name!r} cannot be the name of a frozen answer.",
                hint="use letters, digits, dots, hyphens and underscores, e.g. board-may.",
            )
        with self._engine.connect() as database:
            taken = database.scalar(select(FROZEN.c.frozen_at).where(FROZEN.c.name == name))
        if taken is not None:
            raise UsageError(
                f"{name} was frozen at {taken.isoformat()}Z.", hint="a name is given once; choose another."
            )

    def keep(
        self,
        name: str,
        *,
        report: str,
        asked: Mapping[str, Any],
        answer: bytes,
        settings: bytes,
        made_by: str,
    ) -> None:
        """Keep an answer under a name. Raises UsageError where the name cannot be or is given."""
        self.check_free(name)
        meta = orjson.loads(answer)["meta"]
        row = {
            "name": name,
            "frozen_at": datetime.now(UTC).replace(tzinfo=None),
            "report": report,
            "asked": orjson.dumps(asked, option=orjson.OPT_SORT_KEYS).decode(),
            "as_of": meta.get("as_of") or "",
            "settings_version": meta["settings_version"],
            "settings": settings.decode(),
            "made_by": made_by,
            "answer": answer.decode(),
        }
        try:
            with self._engine.begin() as database:
                database.execute(insert(FROZEN).values(row))
        except IntegrityError:
            self.check_free(name)  # another process took it meanwhile
            raise

    def runs(self) -> list[Run]:
        """Return every frozen answer, the newest first."""
        with self._engine.connect() as database:
            rows = database.execute(select(FROZEN).order_by(FROZEN.c.frozen_at.desc(), FROZEN.c.name)).all()
        return [_run(row) for row in rows]

    def run(self, name: str) -> Run:
        """Return one frozen answer. Raises NotFoundError where there is none of the name."""
        with self._engine.connect() as database:
            row = database.execute(select(FROZEN).where(FROZEN.c.name == name)).first()
        if row is None:
            raise NotFoundError(f"No answer was frozen as {name!r}.", hint="`headwater runs` lists them.")
        return _run(row)


def _run(row: Any) -> Run:
    return Run(
        name=row.name,
        frozen_at=row.frozen_at.replace(tzinfo=UTC),
        report=row.report,
        asked=orjson.loads(row.asked),
        as_of=row.as_of,
        settings_version=row.settings_version,
        settings=orjson.loads(row.settings),
        made_by=row.made_by,
        answer=row.answer.encode(),
    )
