"""Manual: the reference page of the command line, made from the commands themselves.

Reads  the command tree
Makes  docs/reference/cli.md: `python -m headwater.cli.manual > docs/reference/cli.md`
"""

import sys
from importlib import import_module

from headwater.cli.app import COMMANDS, app

MADE = "<!-- Made by `python -m headwater.cli.manual`: change the commands, then run it. -->\n\n"


def page() -> str:
    """Return the page as Markdown."""
    for name in COMMANDS:
        import_module(f"headwater.cli.{name}")
    before, sys.argv = sys.argv, ["headwater"]  # usage lines bear the name of the running program
    try:
        return MADE + app.generate_docs(output_format="markdown", recursive=True).strip() + "\n"
    finally:
        sys.argv = before


if __name__ == "__main__":
    print(page(), end="")
