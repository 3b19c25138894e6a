"""Power cuts: cut the power under the collector at random moments while clients send to it.

The collector's folder lies on a file system that forgets every byte that was not synced (`lossyfs.py
ROOT MOUNT CONTROL`, beside this repository). At a cut all that is only in memory is gone, at every
second cut in the middle of a write (torn), and nothing can be written until the collector was killed
and started on what the disk held. Clients repeat what was not acknowledged, as in kill_intake.py, and
the same must hold afterwards: nothing acknowledged is lost, nothing counts twice.
First a writer that never syncs must lose everything, else the file system proves nothing.

    python benchmarks/power_cuts.py [--cuts 100] [--seed N] [--clients 4] [--lossyfs FILE]
"""

from __future__ import annotations

import argparse
import os
import random
import secrets
import signal
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from kill_intake import Client, Collector, differences, sending

if TYPE_CHECKING:
    from collections.abc import Callable

LOSSYFS = Path(__file__).resolve().parents[2] / "shared" / "tools" / "lossyfs.py"
UNUSABLE = 3
LONGEST_LIFE = 1.5
PATIENCE = 20.0
"""Seconds until something that should happen at once is given up."""


def main() -> None:
    """Cut, compare, print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--cuts", type=int, default=100)
    parser.add_argument("--seed", type=int, default=secrets.randbelow(2**32))
    parser.add_argument("--clients", type=int, default=4)
    parser.add_argument("--lossyfs", type=Path, default=LOSSYFS)
    wanted = parser.parse_args()
    if missing := unusable(wanted.lossyfs):
        print(f"Power cannot be cut here: {missing}.", file=sys.stderr)
        sys.exit(UNUSABLE)
    print(f"seed {wanted.seed}, {wanted.cuts} cuts, {wanted.clients} clients", flush=True)
    with tempfile.TemporaryDirectory() as folder:
        disk = Disk(Path(folder), wanted.lossyfs)
        kept = kept_by_a_careless_writer(disk)
        clients = torment(disk, wanted.cuts, wanted.clients, random.Random(wanted.seed))
        faults = {"bytes that a writer without a sync kept": kept} | differences(disk.root, clients)
    requests = sum(client.requests for client in clients)
    acknowledged = sum(len(client.acknowledged) for client in clients)
    print(f"{requests} requests, {acknowledged} events acknowledged")
    for name, count in faults.items():
        print(f"{name}: {count}")
    sys.exit(1 if any(faults.values()) else 0)


def unusable(lossyfs: Path) -> str | None:
    """Return what is missing for a file system that forgets; None where it can run."""
    if not lossyfs.is_file():
        return f"there is no {lossyfs}"
    if not os.access("/dev/fuse", os.R_OK | os.W_OK):
        return "/dev/fuse cannot be opened"
    tried = subprocess.run([sys.executable, "-c", "import mfusepy"], capture_output=True, check=False)
    return "mfusepy or libfuse is not installed" if tried.returncode else None


class Disk:
    """A folder on a file system that forgets what was not synced."""

    def __init__(self, folder: Path, lossyfs: Path) -> None:
        self.root, self.mount, self._control = folder / "disk", folder / "mounted", folder / "control"
        self._said = folder / "control.ack"
        self._lossyfs = lossyfs
        self._process: subprocess.Popen[bytes] | None = None
        self.root.mkdir()
        self.mount.mkdir()

    def start(self) -> None:
        """Mount it."""
        command = [sys.executable, str(self._lossyfs), str(self.root), str(self.mount), str(self._control)]
        self._process = subprocess.Popen(command, stderr=subprocess.DEVNULL)
        until(self.mount.is_mount, "the file system was not mounted")

    def fail(self, *, is_torn: bool) -> None:
        """Cut the power: from now on every operation is an error."""
        self._said.unlink(missing_ok=True)
        with self._control.open("w") as control:
            control.write("tear\n" if is_torn else "powerfail\n")
        until(self._said.exists, "the power could not be cut")

    def stop(self) -> None:
        """Unmount it; nobody may hold a file open there."""
        assert self._process is not None
        subprocess.run(["umount", "--lazy", str(self.mount)], check=False, stderr=subprocess.DEVNULL)
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(PATIENCE)
        self._process.kill()
        self._process.wait()


def until(happened: Callable[[], bool], otherwise: str) -> None:
    """Wait until a condition holds; end the run where it does not come true."""
    started = time.monotonic()
    while not happened():
        if time.monotonic() - started > PATIENCE:
            sys.exit(otherwise)
        time.sleep(0.01)


def kept_by_a_careless_writer(disk: Disk) -> int:
    """Return how many bytes are left of a file that was written, but never synced, at a cut."""
    disk.start()
    with (disk.mount / "careless").open("wb", buffering=0) as careless:
        careless.write(b"acknowledged" * 1000)
    disk.fail(is_torn=False)
    disk.stop()
    kept = (disk.root / "careless").stat().st_size
    (disk.root / "careless").unlink()
    return kept


def torment(disk: Disk, cuts: int, count: int, chance: random.Random) -> list[Client]:
    """Run clients against a collector whose power is cut again and again; end in good order."""
    collector = Collector(disk.mount)
    disk.start()
    collector.start()
    with sending(collector.port, count, chance) as clients:
        for number in range(cuts):
            time.sleep(chance.uniform(0, LONGEST_LIFE))
            disk.fail(is_torn=bool(number % 2))
            assert collector.process is not None
            os.killpg(collector.process.pid, signal.SIGKILL)
            collector.process.wait()
            disk.stop()
            disk.start()
            collector.start()
    collector.stop()
    disk.stop()
    return clients


if __name__ == "__main__":
    main()
