"""Work: the calls that change something: import, build and settings.

Reads  an uploaded file, a wish, new settings
Makes  summaries

Imports and builds take turns; whoever comes second waits.
"""

import shutil
import tempfile
from pathlib import Path
from typing import Annotated, Any

import orjson
from fastapi import APIRouter, Query, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from headwater.api.answers import as_json
from headwater.api.served import Served
from headwater.api.shapes import BuildWish, SettingsShown
from headwater.contract.errors import UsageError
from headwater.doors import mapping_of

router = APIRouter()


@router.post("/build")
def build(request: Request, wish: BuildWish | None = None) -> Response:
    """Bring the tables up to date."""
    wish = wish or BuildWish()
    return as_json(_served(request).build(full=wish.full, as_of=wish.as_of))


@router.post("/import")
async def import_(
    request: Request,
    kind: Annotated[str, Query(description="events, touchpoints, conversions, spend, paths, ...")] = "",
    as_: Annotated[str, Query(alias="as", description="the same as kind, as the command line calls it")] = "",
    name: Annotated[str, Query(description="file name; its ending tells the format")] = "upload.csv",
    map: Annotated[str | None, Query(description="theirs=ours,...")] = None,  # noqa: A002
    where: Annotated[str | None, Query(description="SQL condition that picks rows")] = None,
    dry_run: Annotated[bool, Query(description="check and count only")] = False,  # noqa: FBT002
) -> Response:
    """Bring one file in: the body is the file; `dry_run` answers with the first rows and stores nothing."""
    served = _served(request)
    kind = kind or as_
    if not kind:
        raise UsageError("No kind is named.", hint="add ?as=touchpoints, conversions, events, spend, ...")
    mapping = mapping_of(map)
    uploads = served.folder / "uploads"
    uploads.mkdir(exist_ok=True)
    aside = Path(tempfile.mkdtemp(dir=uploads))
    try:
        file = aside / (Path(name).name or "upload")
        with file.open("wb") as out:
            async for piece in request.stream():
                out.write(piece)

        def bring() -> dict[str, Any]:
            with served.writing:
                return served.door.import_(
                    [file], kind=kind, mapping=mapping, where=where, dry_run=dry_run
                ).to_dict()

        return as_json(await run_in_threadpool(bring))
    finally:
        shutil.rmtree(aside, ignore_errors=True)


@router.get("/settings")
def settings(request: Request) -> SettingsShown:
    """Show the settings that hold."""
    control = _served(request).control
    held = control.settings()
    return SettingsShown(
        version=held.version(), settings=orjson.loads(held.to_json()), chosen=control.chosen()
    )


@router.put("/settings")
def apply(request: Request, raw: dict[str, Any]) -> SettingsShown:
    """Make these the settings; what is not named has its default."""
    _served(request).control.apply(raw, author="api")
    return settings(request)


def _served(request: Request) -> Served:
    served: Served = request.app.state.served
    return served
