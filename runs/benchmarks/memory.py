"""Whether a long run takes more memory than a short one; also the process that is looked at."""

import json
import subprocess
import sys
import tempfile
from pathlib import Path

import psutil

from runs.benchmarks import declared
from runs.benchmarks.figures import Figure
from runs.recording.writer import create

__all__ = ["measure"]

_FIRST = 5_000_000  # rows, after which the caches of HDF5 are full
_LOOKS = 50
_GROWTH = 8  # [MiB]


def measure(directory: Path, *, rows: int) -> list[Figure]:
    """Record that many rows in a process of their own and compare its memory with its start."""
    done = subprocess.run(
        [sys.executable, "-m", "runs.benchmarks.memory", str(directory), str(rows)],
        capture_output=True,
        text=True,
        check=True,
    )
    found: dict[str, float] = json.loads(done.stdout)
    return [
        Figure(
            measured=f"memory that {rows:.0e} rows add".replace("e+0", "e"),
            result=f"{found['growth']:+.1f} MiB ({found['first']:.0f} after 5 M rows)",
            value=found["growth"],
            unit="MiB",
            at_most=_GROWTH,
        )
    ]


def _record(path: Path, rows: int) -> dict[str, float]:
    process = psutil.Process()
    step = max(1, (rows - _FIRST) // _LOOKS)
    with create(path, declared.rows()) as writer:
        append = writer.append
        for number in range(_FIRST):
            append(number * 1e-6, 1.5, 2.5, 3.5, 4.5)
        first = highest = process.memory_info().rss
        for start in range(_FIRST, rows, step):
            for number in range(start, min(start + step, rows)):
                append(number * 1e-6, 1.5, 2.5, 3.5, 4.5)
            highest = max(highest, process.memory_info().rss)
        writer.flush()
        writer.abandon()
    return {"first": first / 2**20, "growth": (highest - first) / 2**20}


if __name__ == "__main__":
    with tempfile.TemporaryDirectory(dir=sys.argv[1]) as own:
        print(json.dumps(_record(Path(own) / "run.h5", int(sys.argv[2]))))
