"""Bluesky: its plan `count` reads a device of four values; suitcase-jsonl writes the documents."""

import json
import sys
import tempfile
import time
from pathlib import Path

from bluesky import RunEngine
from bluesky.plans import count
from suitcase.jsonl import Serializer

CHANNELS = ("c0", "c1", "c2", "c3")


class Device:
    """What answers at once."""

    name = "device"
    parent = None

    def read(self) -> dict[str, dict[str, float]]:
        """Give four values with the time they were taken."""
        now = time.time()
        return {
            channel: {"value": number + 1.5, "timestamp": now}
            for number, channel in enumerate(CHANNELS)
        }

    def describe(self) -> dict[str, dict[str, object]]:
        """Say what `read` gives."""
        return {c: {"source": "benchmark", "dtype": "number", "shape": []} for c in CHANNELS}

    def read_configuration(self) -> dict[str, dict[str, float]]:
        """Give no settings."""
        return {}

    def describe_configuration(self) -> dict[str, dict[str, object]]:
        """Say so."""
        return {}


def measure(directory: Path, rows: int) -> float:
    """Record that many rows; gives the rows per second until the run is closed."""
    engine = RunEngine()
    engine.subscribe(Serializer(directory))
    begun = time.perf_counter()
    engine(count([Device()], num=rows))
    taken = time.perf_counter() - begun
    (written,) = directory.glob("*.jsonl")
    with written.open() as documents:
        found = sum(document.startswith('["event"') for document in documents)
    if found != rows:
        raise SystemExit(f"{found} of {rows} rows were recorded")
    return rows / taken


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as home:
        result = measure(Path(home), int(sys.argv[1]))
    print("\n" + json.dumps({"rows_per_second": result}))
