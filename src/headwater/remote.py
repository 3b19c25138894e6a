"""Remote: the Python door to a workspace that a server holds.

Reads  the API of a running server
Makes  the same results as a Workspace in its folder

Reports and SQL travel as Arrow, so that types survive; errors are raised again as the class that the
server raised.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from http import HTTPStatus
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, Self

import httpx2
import orjson

from headwater.contract.errors import HeadwaterError, NotFoundError
from headwater.contract.query import ALL_TIME
from headwater.result import ReportResult

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    import pyarrow as pa

    from headwater.contract.settings import Settings
    from headwater.contract.steps import AnyStep

PIECE_BYTES = 1 << 20
STDIN = "-"
PREFIX = "urn:headwater:problem:"
READ_SECONDS, CONNECT_SECONDS = 3600.0, 10.0
"""A full build may take long; a server that is not there is told at once."""


class UnreachableError(HeadwaterError):
    """No Headwater server answers at the address."""


@dataclass(frozen=True, slots=True)
class RemoteSummary:
    """What an import or a build on the server said of itself; its counts are attributes too."""

    counts: dict[str, Any] = field(default_factory=dict)

    def __getattr__(self, name: str) -> Any:
        try:
            return self.counts[name]
        except KeyError:
            raise AttributeError(name) from None

    def to_dict(self) -> dict[str, Any]:
        """Return the counts as plain values."""
        return dict(self.counts)


class RemoteFreezer:
    """The frozen answers of a server; the methods are those of Freezer, the answers in plain JSON values."""

    def __init__(self, ask: Callable[..., Any]) -> None:
        self._ask = ask

    def freeze(self, name: str, report: str, **options: Any) -> ReportResult:
        """Ask a report, keep the answer under `name` and return it."""
        asked = {key: written(value) for key, value in options.items()}
        return _shown(self._ask("POST", "runs", json={"name": name, "report": report, "options": asked}))

    def runs(self) -> list[dict[str, Any]]:
        """Return what stands behind each frozen answer, the newest first."""
        return list(self._ask("GET", "runs"))

    def run(self, name: str) -> ReportResult:
        """Return a frozen answer as it was shown."""
        return _shown(self._ask("GET", f"runs/{_path(name)}"))

    def check(self, name: str) -> dict[str, Any]:
        """Return in what the same question as of the same time has another answer today."""
        return dict(self._ask("GET", f"runs/{_path(name)}/check"))


def _shown(form: dict[str, Any]) -> ReportResult:
    return ReportResult(form["report"], form["columns"], form["rows"], form["meta"])


class RemoteWorkspace:
    """A workspace behind a server; the methods are those of Workspace."""

    def __init__(self, url: str, *, token: str | None = None) -> None:
        self.url = url.rstrip("/")
        self._client = httpx2.Client(
            base_url=f"{self.url}/api/v1/",
            headers={"authorization": f"Bearer {token}"} if token else {},
            timeout=httpx2.Timeout(READ_SECONDS, connect=CONNECT_SECONDS),
            trust_env=not self.url.startswith(("http://127.", "http://localhost", "http://[::1]")),
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def settings(self) -> Settings:
        """The settings that hold on the server."""
        from headwater.contract.settings import parsed

        return parsed(self._json("GET", "settings")["settings"])

    def import_(
        self,
        files: Sequence[str | Path] | str | Path,
        *,
        kind: str,
        mapping: Mapping[str, str] | None = None,
        where: str | None = None,
        dry_run: bool = False,
        progress: Callable[[int, int], None] | None = None,  # noqa: ARG002 (the server counts rows, not we)
    ) -> RemoteSummary:
        """Send files of one kind to the server, which imports them; the counts are summed."""
        options = {"kind": kind, "dry_run": dry_run}
        if mapping:
            options["map"] = ",".join(f"{theirs}={ours}" for theirs, ours in mapping.items())
        if where:
            options["where"] = where
        paths = [files] if isinstance(files, str | Path) else files
        done = [self._sent(Path(path), options) for path in paths]
        return RemoteSummary(summed(done))

    def build(self, *, full: bool = False, as_of: datetime | str | None = None) -> RemoteSummary:
        """Bring the tables on the server up to date."""
        return RemoteSummary(self._json("POST", "build", json={"full": full, "as_of": written(as_of)}))

    def report(self, name: str, **options: Any) -> ReportResult:
        """Return the answer of one report; the options are those of ReportQuery."""
        asked = dict(options)
        models = asked.pop("models", None)
        if models is not None:
            asked["model"] = models
        params = {key: written(value) for key, value in asked.items() if value is not None}
        answer = self._asked("GET", f"reports/{name}", params=params | {"format": "arrow"})
        return ReportResult.from_arrow(_table(answer.content))

    def explain(
        self, conversion_id: str, *, model: str | None = None, as_of: datetime | str | None = None
    ) -> dict[str, Any]:
        """Return the credit of one conversion, touch by touch, in plain JSON values."""
        params = given(model=written(model), as_of=written(as_of))
        return self._json("GET", f"explain/{_path(conversion_id)}", params=params)

    def person(self, identifier: str, *, as_of: datetime | str | None = None) -> dict[str, Any]:
        """Return one person's timeline in plain JSON values."""
        return self._json("GET", f"persons/{_path(identifier)}", params=given(as_of=written(as_of)))

    def sql(self, query: str, *, as_of: datetime | str | None = None) -> pa.Table:
        """Return the rows of one SELECT."""
        asked = given(query=query, as_of=written(as_of))
        answer = self._asked("POST", "sql", params={"format": "arrow"}, json=asked)
        return _table(answer.content)

    def steps(self) -> list[AnyStep]:
        """Return the steps of the pipeline under the server's settings."""
        from headwater import pipeline

        return list(pipeline.steps(self.settings))

    @property
    def frozen(self) -> RemoteFreezer:
        """The answers that were frozen on the server, and the way to freeze more."""
        return RemoteFreezer(self._json)

    def status(self) -> dict[str, Any]:
        """Return how the workspace stands."""
        return self._json("GET", "status")

    def close(self) -> None:
        """Let go of the connection."""
        self._client.close()

    def _sent(self, file: Path, options: Mapping[str, Any]) -> dict[str, Any]:
        if str(file) == STDIN:
            params = {**options, "name": "stdin"}
            return self._json("POST", "import", params=params, content=_read(sys.stdin.buffer))
        if not file.is_file():
            raise NotFoundError(
                f"There is no file {file}.", hint="check the name; a folder cannot be imported."
            )
        with file.open("rb") as opened:
            params = {**options, "name": file.name}
            return self._json("POST", "import", params=params, content=_read(opened))

    def _json(self, method: str, path: str, **how: Any) -> dict[str, Any]:
        said: dict[str, Any] = orjson.loads(self._asked(method, path, **how).content)
        return said

    def _asked(self, method: str, path: str, **how: Any) -> httpx2.Response:
        try:
            answer = self._client.request(method, path, **how)
        except httpx2.HTTPError as error:
            raise UnreachableError(
                f"No answer from {self.url} ({error}).",
                hint="check the address, and that `headwater serve` runs.",
            ) from error
        if answer.status_code != HTTPStatus.OK:
            raise raised(answer, url=self.url)
        return answer


def raised(answer: httpx2.Response, *, url: str) -> HeadwaterError:
    """Return the error that the server told of, as the class it was there."""
    try:
        said = orjson.loads(answer.content)
        problem, hint, name = said["detail"], said["hint"], said["type"].removeprefix(PREFIX)
    except (ValueError, KeyError, TypeError, AttributeError):
        return UnreachableError(
            f"{url} answered {answer.status_code}, not as a Headwater server would.",
            hint="check the address: it is the one that `headwater serve` prints.",
        )
    kind = {_slug(found): found for found in _below(HeadwaterError)}.get(name, HeadwaterError)
    return kind(problem, hint=hint)


def written(value: Any) -> str | int | None:
    """Return an option as it is typed: durations in days, dates as ISO 8601, lists with commas.

    >>> written(timedelta(days=30)), written(("first", "last")), written(date(2026, 1, 2))
    ('30d', 'first,last', '2026-01-02')
    """
    if value is None or isinstance(value, int | str):
        return value
    if isinstance(value, timedelta):
        return "all" if value == ALL_TIME else f"{value / timedelta(days=1):g}d"
    if isinstance(value, datetime):
        return (value if value.tzinfo else value.replace(tzinfo=UTC)).isoformat()
    if isinstance(value, date):
        return value.isoformat()
    return ",".join(str(written(part)) for part in value)


def given(**options: Any) -> dict[str, Any]:
    """Return the options that are not None.

    >>> given(model=None, as_of="2026-05-01")
    {'as_of': '2026-05-01'}
    """
    return {name: value for name, value in options.items() if value is not None}


def summed(summaries: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Return one summary for several imports: counts added, reasons merged, lists joined.

    >>> summed([{"stored": 1, "reasons": {"no_time": 1}}, {"stored": 2, "reasons": {"no_time": 3}}])
    {'stored': 3, 'reasons': {'no_time': 4}}
    """
    total: dict[str, Any] = {}
    for summary in summaries:
        for key, value in summary.items():
            if isinstance(value, dict):
                there = total.setdefault(key, {})
                total[key] = there | {name: there.get(name, 0) + count for name, count in value.items()}
            elif isinstance(value, list):
                total[key] = total.get(key, []) + value
            elif isinstance(value, int) and not isinstance(value, bool):
                total[key] = total.get(key, 0) + value
            else:
                total[key] = value
    return total


def _below(kind: type[HeadwaterError]) -> Iterator[type[HeadwaterError]]:
    yield kind
    for child in kind.__subclasses__():
        yield from _below(child)


def _slug(kind: type[HeadwaterError]) -> str:
    name = kind.__name__ if kind is HeadwaterError else kind.__name__.removesuffix("Error")
    return "".join(f"-{letter.lower()}" if letter.isupper() else letter for letter in name).lstrip("-")


def _table(content: bytes) -> pa.Table:
    import pyarrow as pa

    with pa.ipc.open_stream(content) as stream:
        return stream.read_all()


def _read(opened: BinaryIO) -> Iterator[bytes]:
    while piece := opened.read(PIECE_BYTES):
        yield piece


def _path(text: str) -> str:
    from urllib.parse import quote

    return quote(text, safe="")
