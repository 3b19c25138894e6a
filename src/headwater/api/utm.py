"""Utm: campaign links over HTTP: the same building and checking as on the command line.

Reads  links in the body, the convention of the settings
Makes  tagged links, findings

No address is asked here: `headwater utm check` follows links, the server does not.
"""

from typing import Annotated

from fastapi import APIRouter, Request
from pydantic import BaseModel, Field
from starlette.responses import Response

from headwater.api.answers import as_json
from headwater.api.served import Served
from headwater.convention import rulebook
from headwater.hygiene.rulebook import Rulebook

router = APIRouter(prefix="/utm")
MOST = 10_000
"""Links of one call."""


class LinkWish(BaseModel):
    """One link to build; what is left empty the platform's template fills in, where one is named."""

    url: str
    source: str = ""
    medium: str = ""
    campaign: str = ""
    content: str = ""
    term: str = ""
    id: str = ""
    platform: str | None = None
    """google_ads, meta, ...: see `GET /utm/templates`."""


class BuildLinks(BaseModel):
    """Links to build."""

    links: Annotated[list[LinkWish], Field(max_length=MOST)]


class LintLinks(BaseModel):
    """Links to check."""

    urls: Annotated[list[str], Field(max_length=MOST)]
    templates: bool = False
    """The links are templates: macros of platforms may stand."""
    on_site: bool = False
    """The links stand on our own site."""


@router.post("/build")
def build(request: Request, wish: BuildLinks) -> Response:
    """Build a tagged link for each wish, by the convention of the settings.

    Each has `url`, `channel`, `changed` (by tag, as given and as written), `findings` and `is_well`.
    """
    from headwater.contract.naming import TAGS
    from headwater.hygiene.building import built
    from headwater.hygiene.platforms import platform

    rules = _rules(request)
    links = [
        built(
            one.url,
            {tag: getattr(one, tag) for tag in TAGS},
            rules,
            platform=platform(one.platform) if one.platform else None,
        ).to_dict()
        for one in wish.links
    ]
    return as_json({"links": links})


@router.post("/lint")
def lint(request: Request, wish: LintLinks) -> Response:
    """Check links by the convention of the settings.

    Each finding has `row` (from 1), `url`, `level`, `code`, `field`, `said` and `suggestion`; `corrected` holds
    each link with what can be put right.
    """
    from headwater.hygiene.correcting import corrected
    from headwater.hygiene.linting import findings

    rules = _rules(request)
    found = [
        {"row": row, "url": url, **finding.to_dict()}
        for row, url in enumerate(wish.urls, start=1)
        for finding in findings(url, rules, is_template=wish.templates, is_on_site=wish.on_site)
    ]
    errors = sum(one["level"] == "error" for one in found)
    return as_json(
        {
            "links": len(wish.urls),
            "errors": errors,
            "warnings": len(found) - errors,
            "findings": found,
            "corrected": [corrected(url, rules, is_on_site=wish.on_site) for url in wish.urls],
        }
    )


@router.get("/convention")
def convention(request: Request) -> Response:
    """Show the naming convention that holds, with the aliases."""
    from headwater.hygiene.documents import plain

    return as_json(plain(_served(request).control.settings()))


@router.get("/templates")
def templates() -> Response:
    """List the tracking template of each ad platform, and where it goes."""
    from headwater.hygiene.platforms import platforms

    return as_json(
        [
            {
                "platform": one.name,
                "title": one.title,
                "goes_into": one.field,
                "click_id": one.click_id,
                "template": one.suffix(),
            }
            for one in platforms().values()
        ]
    )


def _rules(request: Request) -> Rulebook:
    return rulebook(_served(request).control.settings())


def _served(request: Request) -> Served:
    served: Served = request.app.state.served
    return served
