"""A writer of its own process that records rows as a bench worker does."""

import math
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

import runs

STARTED = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


def header(run: str = "R-2026-00001") -> runs.Header:
    return runs.Header(
        run=run,
        title="인장시험",
        started=STARTED,
        channels=(runs.ChannelInfo("force", "N"), runs.ChannelInfo("extension", "mm")),
        phases=("mount", "pull"),
        attributes={},
    )


SPIKE = 12_345


def row(index: int) -> tuple[float, float, float]:
    if index == SPIKE:
        return index * 0.01, 1e6, 0.001 * index
    return index * 0.01, 20_000.0 * (1 - math.exp(-index / 9_000)), 0.001 * index


def main() -> None:
    path, burst, rest = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
    with runs.create(path, header()) as writer:
        for index in range(burst):
            writer.append(*row(index))
        writer.flush()
        print("ready", flush=True)
        sys.stdin.readline()
        for index in range(burst, burst + rest):
            writer.append(*row(index))
            if index % 100 == 0 and rest < 10_000:
                time.sleep(0.02)
        writer.close(ending="completed")


if __name__ == "__main__":
    main()
