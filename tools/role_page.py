"""Role page: write docs/reference/channel-roles.md from the kinds of channels and the published experiments.

Reads  attribution/facts/channel_roles.toml, attribution/facts/increment_priors.toml
Makes  docs/reference/channel-roles.md

`--check` writes nothing and fails where the page differs. Never edit the page by hand.
"""

from __future__ import annotations

import sys
from pathlib import Path

from headwater.attribution import facts
from headwater.attribution.channel_roles import kind_of
from headwater.attribution.priors import prior_of_kind, push_doubt
from headwater.journey.channels import CHANNELS

PAGE = Path(__file__).resolve().parents[1] / "docs" / "reference" / "channel-roles.md"
ABOVE = """`push`: the ad comes to the person. `pull`: the person was already moving when the contact came about, so
the contact is evidence of intent first, and a cause perhaps. `none`: no marketing contact at all. Why this matters:
[Experiments](../explanation/experiments.md).

The role of a channel follows from the words of its name, imported names included; the first kind that fits decides.
`Remarketing - FB` is retargeting though it is a social network's; `SEA Brand` is branded search. From `paid_search`
alone nobody can tell whether people searched for the brand: import branded search under a name of its own, such as
`brand_search`, or by a rule (`channel_rules`). What nothing here knows is `pull`. Set a role yourself with
`channel_roles`: `{"newsletter partner": "pull"}`."""
PRIORS = """Of the credit that a plain model of exposure claims for a pull channel, how much is truly incremental? Until
there is an experiment of your own, this belief stands in: its mean, and what holds 95 % of it. It is wide on purpose,
for an experiment elsewhere says what can be, not what is here. Set your own with `increment_priors`:
`{"brand_search": [0.05, 0.0, 0.2]}`. Direct brings nothing about by definition."""


def page() -> str:
    """Return the text of the page."""
    kinds = facts.toml("channel_roles.toml")["kinds"]
    told = facts.toml("increment_priors.toml")
    pull = dict.fromkeys(
        kind["name"] for kind in kinds if kind["role"] == "pull" and kind["name"] != "direct"
    )
    published = [one["kind"] for one in told["priors"] if "share" in one]
    others = [name for name in pull if name not in published and name != "affiliate"]
    push, source = push_doubt()
    return "\n".join(
        [
            "<!-- Made by tools/role_page.py: change the facts, then run it. -->",
            "",
            "# Roles of channels",
            "",
            ABOVE,
            "",
            "| kind | role | why | built-in channels |",
            "|---|---|---|---|",
            *(
                f"| {_plain(kind['name'])} | {kind['role']} | {kind['why']} | {_built_in(kind['name'])} |"
                for place, kind in enumerate(kinds)
                if kind["name"] not in [one["name"] for one in kinds[:place]]
            ),
            "",
            "## What pull channels add: beliefs from published experiments",
            "",
            PRIORS,
            "",
            "| kind | share | 95 % | reached |",
            "|---|---|---|---|",
            *(_belief(kind) for kind in (*published, "affiliate")),
            _belief(others[0], called=", ".join(_plain(name) for name in others)),
            "",
            "For a push channel what observation says stands. When an experiment is weighed against it, it is doubted by",
            f"{100 * push:.0f} % of itself: {source}.",
            "",
            "## The experiments",
            "",
            *(
                f"- {one['authors']} ({one['year']}): *{one['title']}*. {one['where']}. {one['found']}"
                for one in told["experiments"]
            ),
            "",
        ]
    )


def _belief(kind: str, *, called: str = "") -> str:
    prior = prior_of_kind(kind)
    return f"| {called or _plain(kind)} | {prior.share} | {prior.low} to {prior.high} | {prior.source} |"


def _plain(kind: str) -> str:
    return kind.replace("_", " ")


def _built_in(kind: str) -> str:
    return ", ".join(f"`{name}`" for name in CHANNELS if kind_of(name).name == kind)


def main(*, check: bool) -> int:
    """Write the page, or say whether it is as it should be."""
    text = page()
    if check:
        return 0 if PAGE.exists() and PAGE.read_text(encoding="utf-8") == text else 1
    PAGE.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(check="--check" in sys.argv[1:]))
