"""App: the command tree, the options that every command takes, and how a command ends.

Reads  the words of a command line
Makes  an exit code: 0 well, 1 failed, 2 wrong usage

No traceback reaches a user: a failure that we foresaw prints its problem and hint, any other prints
one line and how to see the traceback.
"""

import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import App, CycloptsError, Group, Parameter

import headwater
from headwater.contract.errors import HeadwaterError, UsageError

if TYPE_CHECKING:
    from headwater.doors import Door

WELL, FAILED, WRONG_USAGE, INTERRUPTED = 0, 1, 2, 130
STDIN = "/dev/stdin"
COMMANDS = (
    "running",
    "importing",
    "reporting",
    "freezing",
    "looking",
    "watching",
    "utm",
    "simulating",
    "experimenting",
    "scoring",
    "following",
    "suggesting",
    "settings",
    "keys",
    "upkeep",
)
"""Modules of this package that hold commands, in the order of the help."""
EVERYWHERE = Group("Everywhere", sort_key=99)

app = App(
    name="headwater",
    help="""Which touch led to this sale? Self-hosted marketing attribution.

A first report from a file of your own, without any set-up:

    headwater import touches.csv --as touchpoints --map 'who=person'
    headwater import orders.csv --as conversions --map 'who=person'
    headwater report compare --model first,last,linear,markov,shapley

`headwater COMMAND --help` explains a command, with an example. Results go to stdout,
everything else to stderr. Exit codes: 0 well, 1 failed, 2 wrong usage.""",
    version=headwater.__version__,
    help_format="markdown",
    default_parameter=Parameter(negative=(), show_default=False),
    help_flags=("--help", "-h"),
)


@Parameter(name="*")
@dataclass(frozen=True)
class Everywhere:
    """Options of every command."""

    dir: Annotated[
        str | None,
        Parameter(
            group=EVERYWHERE,
            help="The workspace: a folder (default: $HEADWATER_DIR, else ./headwater-data) "
            "or the address of a server.",
        ),
    ] = None
    json: Annotated[bool, Parameter(group=EVERYWHERE, help="Print the result as JSON.")] = False

    @property
    def folder(self) -> Path:
        """The workspace folder. Raises UsageError where an address was given."""
        from headwater.doors import folder

        if self.dir and self.dir.startswith(("http://", "https://")):
            raise UsageError(
                f"This command needs a folder, not {self.dir}.", hint="run it on the server's machine."
            )
        return folder(self.dir)

    def open(self) -> "Door":
        """Open the workspace, or the server that holds it."""
        from headwater.doors import folder, open_

        return open_(self.dir or folder())


Common = Annotated[Everywhere, Parameter(name="*")]
NOWHERE = Everywhere()


def run(words: Sequence[str]) -> int:
    """Run one command line and return its exit code."""
    for name in COMMANDS:
        import_module(f"headwater.cli.{name}")
    try:
        code = app(arranged(words), exit_on_error=False, print_error=False, result_action="return_value")
        sys.stdout.flush()
    except CycloptsError as error:
        return failed(str(error).strip(), hint="`headwater --help` lists the commands.", code=WRONG_USAGE)
    except HeadwaterError as error:
        code = WRONG_USAGE if isinstance(error, UsageError) else FAILED
        return failed(error.problem, hint=error.hint, code=code)
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # who read us has gone: nothing to say
        return WELL
    except Exception as error:  # noqa: BLE001 (the last resort, so that no traceback meets a user)
        return bug(error)
    return code if isinstance(code, int) else WELL


def arranged(words: Sequence[str]) -> list[str]:
    """Put options that stand before the command behind it, and name stdin for `-`.

    >>> arranged(["--dir", "shop", "import", "-", "--as", "spend"])
    ['import', '/dev/stdin', '--as', 'spend', '--dir', 'shop']
    """
    rest = [STDIN if word == "-" else word for word in words]
    first: list[str] = []
    while rest and rest[0].startswith(("--dir", "--json")):
        takes_value = rest[0] == "--dir"
        first += rest[: 1 + takes_value]
        rest = rest[1 + takes_value :]
    return rest + first if rest else [*first]


def failed(problem: str, *, hint: str, code: int) -> int:
    """Say on stderr what is wrong and the way out, and return the exit code."""
    print(f"Error: {problem}\n\nHint: {hint}", file=sys.stderr)
    return code


def bug(error: Exception) -> int:
    """Say that something went wrong that we did not foresee."""
    if os.environ.get("HEADWATER_TRACEBACK"):
        import traceback

        traceback.print_exception(error)
    return failed(
        f"Headwater failed: {type(error).__name__}: {error}",
        hint="this is a bug; HEADWATER_TRACEBACK=1 shows where. Please report it with that.",
        code=FAILED,
    )


def say(*words: Any) -> None:
    """Tell something on the way, on stderr."""
    print(*words, file=sys.stderr, flush=True)
