"""How fast rows are recorded, beside raw h5py with the same buffer in the same process."""

import statistics
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

import h5py
import numpy as np

from runs import ChannelInfo, Header
from runs.writer import create

__all__ = ["row_ratio"]

_CHANNELS = 4
_BUFFER = 8192


def _ours(path: Path, rows: int) -> float:
    channels = tuple(ChannelInfo(f"c{number}", "1") for number in range(_CHANNELS))
    header = Header(run="R", title="", started=datetime.now(UTC), channels=channels)
    writer = create(path, header)
    begun = time.perf_counter()
    for number in range(rows):
        writer.append(number, 1.0, 2.0, 3.0, 4.0)
    writer.flush()
    taken = time.perf_counter() - begun
    writer.abandon()
    return taken


def _raw(path: Path, rows: int) -> float:
    with h5py.File(path, "w", libver=("v110", "v110")) as file:
        sets = [
            file.create_dataset(f"c{n}", (0,), maxshape=(None,), chunks=(_BUFFER,), dtype="f8")
            for n in range(_CHANNELS + 1)
        ]
        file.swmr_mode = True
        begun = time.perf_counter()
        buffer: list[tuple[float, ...]] = []
        done = 0
        for number in range(rows):
            buffer.append((number, 1.0, 2.0, 3.0, 4.0))
            if len(buffer) == _BUFFER or number == rows - 1:
                block = np.array(buffer)
                for column, dataset in enumerate(sets):
                    dataset.resize((done + len(block),))
                    dataset[done:] = block[:, column]
                file.flush()
                done += len(block)
                buffer.clear()
        return time.perf_counter() - begun


def row_ratio(rows: int = 200_000, rounds: int = 5) -> tuple[float, float]:
    """Measure rows per second by `append`, and that as a share of raw h5py's (medians)."""
    ours, raw = [], []
    with tempfile.TemporaryDirectory() as directory:
        for number in range(rounds):
            ours.append(_ours(Path(directory) / f"ours{number}.h5", rows))
            raw.append(_raw(Path(directory) / f"raw{number}.h5", rows))
    median = statistics.median(ours)
    return rows / median, statistics.median(raw) / median
