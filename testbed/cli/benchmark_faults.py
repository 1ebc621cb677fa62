"""What is done to the record to lose it, and what a reviewer waits for: harnesses of the tests."""

import json
import re
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from runs.benchmarks.figures import Figure

__all__ = ["fault_rows", "screen_rows"]

_HOUSE = Path(__file__).parents[2]
_PATIENCE = 3600  # [s]
# Harness, what it does to files, how often by default and in full, and how its last line ends.
_FAULTS = (
    ("record_kills", "writers killed at random", 40, 1000, "exceptions"),
    ("record_disk", "disks full or read-only", 20, 200, "exceptions"),
    ("record_power", "power cuts", 40, 1000, "exceptions"),
    ("record_flips", "flipped bits", 1000, 10_000, "not located"),
)
_PAINT, _ZOOM = 1500.0, 150.0  # [ms]


def fault_rows(*, full: bool) -> list[Figure]:
    """Kill, fill, cut and flip; each harness counts whatever is not as promised."""
    return [
        _fault(harness, what, thorough if full else some, word)
        for harness, what, some, thorough, word in _FAULTS
    ]


def _fault(harness: str, what: str, count: int, word: str) -> Figure:
    measured = f"{count:,} {what}: {word}"
    done = _asked(f"tests.faults.{harness}", str(count))
    lines = done.stdout.strip().splitlines()
    told = re.search(rf"in (\d+) s, (\d+) {word}", lines[-1]) if lines else None
    # Where it found something, what is left of it is told in one more line.
    if told is None and len(lines) > 1:
        told = re.search(rf"in (\d+) s, (\d+) {word}", lines[-2])
    if told is None:
        last = (done.stderr.strip() or "it said nothing").splitlines()[-1]
        return Figure(measured=measured, at_most=0, missing=f"{harness}: {last}")
    bad = int(told[2])
    return Figure(measured=measured, result=f"{bad} in {told[1]} s", value=float(bad), at_most=0)


def screen_rows(*, full: bool) -> list[Figure]:
    """Open a long run in Chromium, and zoom in it."""
    samples = 1e8 if full else 1e7
    of = f"{samples:.0e} samples in Chromium".replace("e+0", "e")
    done = _asked("tests.journeys.review_speed", "--samples", f"{samples:.0f}")
    names = (("open", "cold_ms", _PAINT), ("zoom", "zoom_ms", _ZOOM))
    if done.returncode:
        last = (done.stderr.strip() or "it said nothing").splitlines()[-1]
        return [
            Figure(measured=f"{what}, {of}", at_most=limit, unit="ms", missing=last)
            for what, _, limit in names
        ]
    found = json.loads(done.stdout.strip().splitlines()[-1])
    return [
        Figure(
            measured=f"{what}, {of}, median",
            result=f"{found[key]:.0f} ms",
            value=found[key],
            unit="ms",
            at_most=limit,
        )
        for what, key, limit in names
    ]


def _asked(module: str, *words: str) -> subprocess.CompletedProcess[str]:
    command: Sequence[str] = (sys.executable, "-m", module, *words)
    return subprocess.run(
        command, cwd=_HOUSE, capture_output=True, text=True, timeout=_PATIENCE, check=False
    )
