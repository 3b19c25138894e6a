"""Channel page: write docs/reference/channel-rules.md from the built-in rules and click ids.

Reads  journey/facts/channel_rules.toml, journey/facts/click_ids.csv
Makes  docs/reference/channel-rules.md

`--check` writes nothing and fails where the page differs. Never edit the page by hand.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from headwater.journey import facts
from headwater.journey.channels import CHANNELS, UNASSIGNED

PAGE = Path(__file__).resolve().parents[1] / "docs" / "reference" / "channel-rules.md"


INTRODUCTION = f"""The first rule that holds names the channel; all conditions of a rule must hold. Where none
holds, the channel is `{UNASSIGNED}`. Why they are so: [Channels](../explanation/channels.md).
Add your own in the setting `channel_rules`: they come first."""


def page() -> str:
    """Return the text of the page."""
    told = facts.toml("channel_rules.toml")
    rules = [
        _row(str(n), f"`{rule['channel']}`", _conditions(rule), rule["why"])
        for n, rule in enumerate(told["rules"], start=1)
    ]
    lists = [f"| `@{name}` | {_texts(texts)} |" for name, texts in told["lists"].items()]
    clicks = [
        _row(_texts(row["names"].split(" ")), *(row[key] for key in ("platform", "paid", "kind", "source")))
        for row in facts.rows("click_ids.csv")
    ]
    return "\n".join(
        [
            "<!-- Made by tools/channel_page.py: change the rules, then run it. -->",
            "",
            "# Channel rules",
            "",
            INTRODUCTION,
            "",
            "| | channel | holds when | why |",
            "|---|---|---|---|",
            *rules,
            "",
            "## Lists that the rules name",
            "",
            "| name | texts |",
            "|---|---|",
            *lists,
            "",
            "## Click ids",
            "",
            "Of several in one URL the one further up decides.",
            "",
            "| parameter | platform | proves a paid click | kind | source |",
            "|---|---|---|---|---|",
            *clicks,
            "",
            "## The channels",
            "",
            f"{', '.join(f'`{name}`' for name in CHANNELS)}. Whether the ad comes to the person or the person was",
            "already moving: [roles of channels](channel-roles.md).",
            "",
        ]
    )


def _row(*cells: str) -> str:
    return f"| {' | '.join(cells)} |"


def _conditions(rule: dict[str, Any]) -> str:
    said = []
    for key, value in rule.items():
        if key in ("channel", "why"):
            continue
        field = key.removeprefix("not_")
        texts = value if isinstance(value, list) else [value]
        verb = "is not" if key != field else "is"
        said.append(f"{field} {verb} {_texts(texts)}")
    return " and ".join(said)


def _texts(texts: list[str]) -> str:
    return ", ".join(f"`{text}`".replace("|", "\\|") if text else "empty" for text in texts)


def main(*, check: bool) -> int:
    """Write the page, or say whether it is as it should be."""
    text = page()
    if check:
        return 0 if PAGE.exists() and PAGE.read_text(encoding="utf-8") == text else 1
    PAGE.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(check="--check" in sys.argv[1:]))
