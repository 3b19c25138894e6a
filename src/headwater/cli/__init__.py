"""CLI: the command line. Each command reads its options, calls one function and prints.

Results go to stdout, progress and errors to stderr. Exit codes: 0 well, 1 failed, 2 wrong usage.
"""

import contextlib
import os
import sys


def main() -> None:
    """Run the command line, and end the process with its exit code.

    The process ends at once when everything is written and closed: threads of libraries that are still
    there could abort it otherwise, seldom and only on a busy machine ("terminate called without an active
    exception"), after the work was done.
    """
    from headwater.cli.app import run

    code = run(sys.argv[1:])
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(OSError, ValueError):  # whoever read it may be gone
            stream.flush()
    os._exit(code)
