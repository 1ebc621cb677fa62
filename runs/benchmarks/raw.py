"""The raw baselines: the same data by plain h5py and plain files, as fast as we know how."""

import os
import time
from array import array
from pathlib import Path

import h5py
import numpy as np
from numpy.typing import NDArray

__all__ = ["BLOCK", "CHANNELS", "blocks", "compressed_blocks", "read_stacked", "rows", "sync"]

CHANNELS = 4
BLOCK = 1_000_000
_BUFFER = 8192  # rows
_PERIOD = 0.25  # [s]
_PIECE = 512 << 10  # [bytes]
_CHUNK = 131_072  # samples of 4 bytes: 512 kB
_HDF5_OF_1_10 = ("v110", "v110")


def rows(path: Path, count: int) -> float:
    """Write rows of five numbers to five data sets in SWMR mode; gives the seconds."""
    with h5py.File(path, "x", libver=_HDF5_OF_1_10) as file:
        columns = [
            file.create_dataset(name, (0,), maxshape=(None,), chunks=(_BUFFER,), dtype="f8")
            for name in ("c0", "c1", "c2", "c3", "time")
        ]
        file.swmr_mode = True
        order = (1, 2, 3, 4, 0)
        done = 0

        def write(buffer: "array[float]") -> None:
            nonlocal done
            block = np.frombuffer(buffer).reshape(-1, CHANNELS + 1)
            for place, dataset in zip(order, columns, strict=True):
                dataset.resize((done + len(block),))
                dataset[done:] = block[:, place]
            file.flush()
            done += len(block)

        begun = now = time.monotonic()
        clock = time.monotonic
        buffer = array("d")
        extend, filled, due = buffer.extend, 0, now + _PERIOD
        for number in range(count):
            extend((number * 1e-6, 1.5, 2.5, 3.5, 4.5))
            filled += 1
            if filled == _BUFFER or clock() > due:
                write(buffer)
                buffer = array("d")
                extend, filled, due = buffer.extend, 0, clock() + _PERIOD
        write(buffer)
        return time.monotonic() - begun


def blocks(path: Path, block: NDArray[np.float32], count: int) -> float:
    """Write the block so many times in pieces of 512 kB to a plain file, `fsync` at its end."""
    raw = block.data.cast("B")
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL)
    begun = time.perf_counter()
    for _ in range(count):
        for start in range(0, len(raw), _PIECE):
            os.write(handle, raw[start : start + _PIECE])
    os.fsync(handle)
    taken = time.perf_counter() - begun
    os.close(handle)
    return taken


def compressed_blocks(path: Path, block: NDArray[np.float32], count: int) -> float:
    """Write the block so many times through shuffle and gzip 1 of HDF5, `fsync` at its end."""
    with h5py.File(path, "x", libver=_HDF5_OF_1_10) as file:
        dataset = file.create_dataset(
            "signal", (0, len(block)), maxshape=(None, len(block)), chunks=(1, _CHUNK),
            dtype="f4", shuffle=True, compression="gzip", compression_opts=1,
        )  # fmt: skip
        file.swmr_mode = True
        begun = time.perf_counter()
        for number in range(count):
            dataset.resize((number + 1, len(block)))
            dataset[number] = block
            file.flush()
    sync(path)
    return time.perf_counter() - begun


def sync(path: Path) -> None:
    """Wait until the disk has all of the file."""
    handle = os.open(path, os.O_RDONLY)
    os.fsync(handle)
    os.close(handle)


def read_stacked(paths: list[Path], variable: str) -> NDArray[np.float64]:
    """Read one variable of many files into one array of runs x rows."""
    values = []
    for path in paths:
        with h5py.File(path, "r", locking=False) as file:
            values.append(file[variable][:])
    return np.stack(values)
