"""Suggesting: `utm suggest`: aliases that the traffic asks for, taken over on wish.

Reads  the report `spellings`
Makes  a list; with --apply a new version of the settings
"""

from typing import Annotated, Any, Literal

from cyclopts import Parameter

from headwater.cli import show
from headwater.cli.app import NOWHERE, Common, say
from headwater.cli.settings import author, control
from headwater.cli.utm import utm

Certainty = Literal["sure", "likely", "perhaps"]


@utm.command
def suggest(
    *,
    least: Annotated[
        Certainty | None,
        Parameter(
            help="The least certainty: sure, likely or perhaps (default: perhaps; with --apply: sure)."
        ),
    ] = None,
    apply: Annotated[bool, Parameter(help="Put the suggestions into the settings.")] = False,
    common: Common = NOWHERE,
) -> None:
    """Suggest aliases for tags in the traffic that most likely mean the same, with how often each was seen.

    `sure` differ in case or separators only, or are a listed or well-known name but for those; of `likely` the
    click ids say which platform it is; `perhaps` may be a slip of the pen. The next build or report restates
    history under new aliases; what was sent stays as it was.

    For example:

    ```
    headwater utm suggest --least likely --apply
    ```
    """
    from headwater.report.spellings import CERTAINTIES, COLUMNS

    door = common.open()
    try:
        rows = door.report("spellings").rows
    finally:
        door.close()
    wanted = CERTAINTIES[: CERTAINTIES.index(least or ("sure" if apply else "perhaps")) + 1]
    chosen = [row for row in rows if row["certainty"] in wanted]
    if not apply:
        return show.listing("aliases", chosen, columns=COLUMNS, json=common.json)
    if not chosen:
        return show.facts({"aliases": 0}, json=common.json, text="No alias to take over.")
    with control(common) as opened:
        version = opened.apply(with_aliases(opened.chosen(), chosen), author=author())
    for row in chosen:
        say(f"{row['tag']}: {row['alias']!r} is {row['name']!r}")
    return show.facts(
        {"aliases": len(chosen), "settings_version": version},
        json=common.json,
        text=f"{len(chosen)} aliases taken over; settings {version} hold now.",
    )


def with_aliases(chosen: dict[str, Any], rows: list[dict[str, Any]]) -> dict[str, Any]:
    """Return settings with the aliases added; those that are there stay.

    >>> with_aliases({"currency": "EUR"}, [{"tag": "medium", "alias": "e-mailing", "name": "email"}])
    {'currency': 'EUR', 'medium_aliases': {'e-mailing': 'email'}}
    """
    told = dict(chosen)
    for row in rows:
        key = f"{row['tag']}_aliases"
        told[key] = {row["alias"]: row["name"], **told.get(key, {})}
    return told
