"""Blocks of a million samples, beside a plain file and h5py's own filter."""

import statistics
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from runs.benchmarks import raw
from runs.benchmarks.declared import waveforms
from runs.benchmarks.figures import Figure, fresh, interleaved, shares
from runs.recording.writer import create

__all__ = ["adc", "measure"]

_BLOCKS, _COMPRESSED = 64, 8
_ROUNDS, _FEWER_ROUNDS = 9, 3


def adc(samples: int, seed: int = 1) -> NDArray[np.float32]:
    """Make what a 16-bit converter of 10 V gives of a sine wave with noise of 8 counts."""
    noise = np.random.default_rng(seed).normal(0, 8, samples)
    sine = 20_000 * np.sin(np.linspace(0, 60, samples))
    return (np.round(sine + noise) * (10 / 32768)).astype("f4")


def _ours(
    path: Path, block: NDArray[np.float32], count: int, *, view: bool, compress: bool = False
) -> float:
    with create(path, waveforms(len(block), compress=compress), view=view) as writer:
        stream = writer.stream("waveform")
        begun = time.perf_counter()
        for number in range(count):
            stream.append(float(number), block)
        if compress:
            # That is done as the run is sealed.
            writer.close()
        else:
            writer.flush()
        raw.sync(path)
        taken = time.perf_counter() - begun
        writer.abandon()
    return taken


def measure(directory: Path) -> list[Figure]:
    """Write blocks in every way in turn."""
    block = adc(raw.BLOCK)
    here = partial(fresh, directory)
    taken = interleaved(
        _ROUNDS,
        {
            "plain": here(lambda path: raw.blocks(path, block, _BLOCKS)),
            "bare": here(lambda path: _ours(path, block, _BLOCKS, view=False)),
            "view": here(lambda path: _ours(path, block, _BLOCKS, view=True)),
        },
    )
    filtered = interleaved(
        _FEWER_ROUNDS,
        {
            "plain": here(lambda path: raw.compressed_blocks(path, block, _COMPRESSED)),
            "ours": here(lambda p: _ours(p, block, _COMPRESSED, view=False, compress=True)),
        },
    )
    speed = _speed(block.nbytes * _BLOCKS)
    slow = _speed(block.nbytes * _COMPRESSED)
    return [
        Figure(measured="plain write + fsync, blocks of 1 M f4", result=speed(taken["plain"])),
        Figure(
            measured="blocks, without the pyramid",
            result=speed(taken["bare"]),
            value=shares(taken["plain"], taken["bare"]),
            against="plain write + fsync",
            at_least=0.95,
        ),
        Figure(
            measured="blocks, with the pyramid",
            result=speed(taken["view"]),
            value=shares(taken["plain"], taken["view"]),
            against="plain write + fsync",
            at_least=0.6,
        ),
        Figure(
            measured="blocks, compressed",
            result=slow(filtered["ours"]),
            value=shares(filtered["plain"], filtered["ours"]),
            against=f"h5py, shuffle and gzip 1 ({slow(filtered['plain'])})",
            at_least=0.95,
        ),
    ]


def _speed(size: int) -> Callable[[list[float]], str]:
    def speed(seconds: list[float]) -> str:
        return f"{size / 1e6 / statistics.median(seconds):,.0f} MB/s"

    return speed
