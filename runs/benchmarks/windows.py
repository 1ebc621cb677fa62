"""How long a look at a run takes, from ten thousand to a billion samples."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil

from runs.benchmarks import declared, raw
from runs.benchmarks.blocks import adc
from runs.benchmarks.figures import Figure
from runs.benchmarks.rivals import Missing, Rivals
from runs.recording.writer import create

__all__ = ["measure"]

_BLOCKS = (10**4, 10**6, 10**8)
_BILLION = 10**9
_ROWS = 10**7
_PAINT, _ZOOM, _KB, _MIB = 5.0, 1.0, 60.0, 150.0
_RESAMPLED = 10**8
_RESAMPLED_NEEDS = 8 << 30  # [bytes] of memory

Found = dict[str, float]


def measure(directory: Path, rivals: Rivals, *, full: bool = False) -> list[Figure]:
    """Look at runs of every size, each made, looked at in a process of its own, and removed."""
    figures: list[Figure] = []
    blocks: dict[int, Found] = {}
    for samples in (*_BLOCKS, *((_BILLION,) if full else ())):
        path = directory / f"blocks{samples}.h5"
        _waveforms(path, samples)
        blocks[samples] = found = _visited(path, "waveform", "signal")
        figures += _figures(f"{_power(samples)} samples in blocks", found)
        if samples == _RESAMPLED:
            figures.append(_beside_resampler(path, rivals, found["paint"]))
        _remove(path)
    path = directory / "rows.h5"
    _rows(path, _ROWS)
    figures += _figures(f"{_power(_ROWS)} rows", _visited(path, "", "c0"))
    _remove(path)
    largest = max(blocks)
    figures += [
        Figure(
            measured=f"{what}, {_power(largest)} beside {_power(10**6)}",
            result=f"{blocks[largest][key]:.2f} ms",
            value=blocks[largest][key] / blocks[10**6][key],
            against=f"{blocks[10**6][key]:.2f} ms",
            at_most=2,
        )
        for what, key in (("first paint", "paint"), ("zoom", "zoom"))
    ]
    return figures


def _power(number: int) -> str:
    return f"1e{len(str(number)) - 1}"


def _waveforms(path: Path, samples: int) -> None:
    size = min(samples, raw.BLOCK)
    blocks = [adc(size, seed) for seed in range(min(4, samples // size))]
    with create(path, declared.waveforms(size)) as writer:
        stream = writer.stream("waveform")
        for number in range(samples // size):
            stream.append(number * size / declared.RATE, blocks[number % len(blocks)])


def _rows(path: Path, count: int) -> None:
    step = 100_000
    with create(path, declared.rows()) as writer:
        for start in range(0, count, step):
            times = [number / declared.RATE for number in range(start, start + step)]
            writer.extend(times, *(adc(step, seed) for seed in range(raw.CHANNELS)))


def _remove(path: Path) -> None:
    for left in path.parent.glob(f"{path.name}*"):
        left.unlink()


def _visited(path: Path, stream: str, channel: str) -> Found:
    done = subprocess.run(
        [sys.executable, "-m", "runs.benchmarks.window_visits", str(path), stream, channel],
        capture_output=True,
        text=True,
        check=True,
    )
    found: Found = json.loads(done.stdout)
    return found


def _figures(of: str, found: Found) -> Iterator[Figure]:
    for what, key, asked in (("first paint", "paint", _PAINT), ("zoom", "zoom", _ZOOM)):
        yield Figure(
            measured=f"{what} of {of}, p95",
            result=f"{found[key]:.2f} ms (median {found[f'{key}_median']:.2f})",
            value=found[key],
            unit="ms",
            at_most=asked,
        )
    for what, key, unit, asked in (
        ("largest window", "bytes", "kB", _KB),
        ("memory", "memory", "MiB", _MIB),
    ):
        yield Figure(
            measured=f"{what} of {of}",
            result=f"{found[key]:.0f} {unit}",
            value=found[key],
            unit=unit,
            at_most=asked,
        )


def _beside_resampler(path: Path, rivals: Rivals, paint: float) -> Figure:
    measured, asked = f"first view of {_power(_RESAMPLED)} by plotly-resampler", 500.0
    free = psutil.virtual_memory().available
    if free < _RESAMPLED_NEEDS:
        why = f"it needs {_RESAMPLED_NEEDS >> 30} GiB of memory, {free >> 30} are free"
        return Figure(measured=measured, at_least=asked, missing=why)
    try:
        theirs = rivals.ask("resampler_first_view", path, "waveform/signal", 3)
    except Missing as why:
        return Figure(measured=measured, at_least=asked, missing=str(why))
    return Figure(
        measured=measured,
        result=f"{theirs['seconds']:.2f} s, {theirs['memory'] / 2**20:,.0f} MiB",
        value=1000 * theirs["seconds"] / paint,
        against=f"our first paint ({paint:.2f} ms)",
        at_least=asked,
    )
