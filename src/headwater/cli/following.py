"""Following: `utm check`: a link followed to its end.

Reads  a URL; the servers on its way
Makes  a line for each hop, and what became of the tags
"""

import time
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from headwater.cli import show
from headwater.cli.app import FAILED, NOWHERE, WELL, Common, say
from headwater.cli.utm import Convention, rulebook, utm
from headwater.contract.errors import UsageError

if TYPE_CHECKING:
    from headwater.hygiene.following import Fate, Journal


@utm.command
def check(
    url: str,
    /,
    *,
    click_id: Annotated[
        str,
        Parameter(
            name=["--click-id", "--click-ids"],
            help="Send these click ids along, as a click would: gclid,fbclid.",
        ),
    ] = "",
    seconds: Annotated[float, Parameter(help="Give up after so many seconds.")] = 30.0,
    allow_private: Annotated[
        bool, Parameter(help="Let addresses of your own network and any port through: for a staging server.")
    ] = False,
    convention: Convention = None,
    common: Common = NOWHERE,
) -> int:
    """Follow a link over all its redirects and say what becomes of its tags and click ids.

    Each hop has its status, where it sends on to, and each parameter that is lost, changed or moved there.
    The page at the end is looked through for a tracker. Exits with 1 where the link loses anything or does
    not arrive. Addresses of private networks and of metadata services are never asked.

    For example:

    ```
    headwater utm check "https://shop.example/go?utm_source=google" --click-id gclid
    ```
    """
    from headwater.hygiene.fetching import fetch
    from headwater.hygiene.following import followed, with_test_ids
    from headwater.hygiene.links import is_web

    if not is_web(url):
        raise UsageError(f"{url!r} is no http(s) address.", hint="begin it with https://.")
    rules = rulebook(convention, common)
    ids = [name.strip() for name in click_id.split(",") if name.strip()]
    until = time.monotonic() + seconds
    journal = followed(
        with_test_ids(url, ids),
        lambda at: fetch(at, until=until, allow_private=allow_private),
        watched=(*rules.click_ids, *ids, "ad_id"),
    )
    if common.json:
        show.facts(journal.to_dict(), json=True)
    else:
        _tell(journal)
    return WELL if journal.is_well else FAILED


def _tell(journal: "Journal") -> None:
    rows = [
        {
            "hop": number,
            "status": hop.status,
            "url": hop.url,
            "parameters": "; ".join(_fate(fate) for fate in hop.fates) or None,
        }
        for number, hop in enumerate(journal.hops, start=1)
    ]
    show.listing("hops", rows, columns=("hop", "status", "url", "parameters"), json=False)
    print(f"tracker: {', '.join(journal.page.trackers) or 'none seen'}")
    for problem in journal.problems:
        print(f"problem: {problem}")
    for hint in journal.hints:
        say(f"hint: {hint}")
    if journal.is_well:
        print("Everything arrives.")


def _fate(fate: "Fate") -> str:
    return f"{fate.name} {fate.state}{f' to {fate.value}' if fate.state == 'changed' else ''}"
