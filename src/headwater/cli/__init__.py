"""CLI: the command line. Each command reads its options, calls one function and prints.

Results go to stdout, progress and errors to stderr. Exit codes: 0 well, 1 failed, 2 wrong usage.
"""

import sys


def main() -> None:
    """Run the command line."""
    from headwater.cli.app import run

    sys.exit(run(sys.argv[1:]))
