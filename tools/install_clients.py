"""Install the client packages that tests run, exactly as the locks in tests/clients say.

Python's go into tests/clients/.venv, Node's into tests/clients/node_modules; neither is part of the
product. Where Node is not there and cannot be had, its clients are left out.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import subprocess
import sys
from pathlib import Path

from tools import build_web

ROOT = Path(__file__).resolve().parents[1]
CLIENTS = ROOT / "tests" / "clients"
UV = ROOT / ".tools" / "bin" / "uv"
PYTHON = CLIENTS / ".venv"
NODE = CLIENTS / "node_modules"
STAMP = "headwater-installed-from.txt"


def main() -> int:
    """Install both; return the exit code."""
    python()
    if node() is None:
        print("There is no Node, so its clients are not installed.", file=sys.stderr)
    return 0


def python() -> Path:
    """Return the Python that has the client packages, after installing them where that is needed."""
    environment = {name: value for name, value in os.environ.items() if name != "VIRTUAL_ENV"}
    environment["UV_PROJECT_ENVIRONMENT"] = str(PYTHON)
    command = [str(UV), "sync", "--quiet", "--frozen", "--no-python-downloads", "--python", sys.executable]
    _install(PYTHON, ("pyproject.toml", "uv.lock"), command, environment)
    return PYTHON / "bin" / "python"


def node() -> dict[str, str] | None:
    """Return an environment with Node, after installing its packages; None where Node cannot be had."""
    environment = build_web.with_node()
    if environment is not None:
        _install(NODE, ("package.json", "package-lock.json"), ["npm", "ci"], environment)
    return environment


def _install(folder: Path, named: tuple[str, ...], command: list[str], environment: dict[str, str]) -> None:
    """Run `command` unless `folder` was made from the same files before; one process at a time."""
    wanted = hashlib.sha256(b"".join((CLIENTS / name).read_bytes() for name in named)).hexdigest()
    stamp = folder / STAMP
    with (CLIENTS / f".{folder.name.strip('.')}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if stamp.is_file() and stamp.read_text() == wanted:
            return
        print(f"Installing client packages into {folder.relative_to(ROOT)}", file=sys.stderr)
        subprocess.run(command, check=True, cwd=CLIENTS, env=environment, stdout=subprocess.DEVNULL)
        stamp.write_text(wanted)


if __name__ == "__main__":
    sys.exit(main())
