"""What a run of 1 kHz takes of one processor core, beside the same loop that records nothing."""

import statistics
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np

from runs.benchmarks import declared
from runs.benchmarks.figures import Figure, fresh, interleaved
from runs.recording.writer import create

__all__ = ["measure", "paced"]

_RATE = 1000  # [Hz]
_BLOCK, _WIDE = 100, 8  # rows, channels
_SECONDS = 8.192  # in which each variable begins one chunk, as it does in a run of any length
_LOOP = 1.5  # [s]
_ROUNDS = 5


def paced(seconds: float, rate: float, each: Callable[[int], object]) -> float:
    """Call `each` at that rate [Hz]; gives the share of one core that it and other threads took.

    What the loop itself takes to sleep and wake, ten times as much and never the same, is not in.
    """
    spent, began, own = 0, time.process_time_ns(), time.thread_time_ns()
    begun = due = time.perf_counter()
    for number in range(round(seconds * rate)):
        due += 1 / rate
        rest = due - time.perf_counter()
        if rest > 0:
            time.sleep(rest)
        before = time.thread_time_ns()
        each(number)
        spent += time.thread_time_ns() - before
    others = time.process_time_ns() - began - (time.thread_time_ns() - own)
    return (spent + others) / 1e9 / (time.perf_counter() - begun)


def _nothing(_time: float, *_values: float, **_channels: float) -> None:
    pass


def _append(append: Callable[..., None], seconds: float) -> float:
    return paced(seconds, _RATE, lambda n: append(n / _RATE, 1.5, 2.5, 3.5, 4.5))


def _record(record: Callable[..., None], seconds: float) -> float:
    return paced(seconds, _RATE, lambda n: record(n / _RATE, c0=1.5, c1=2.5, c2=3.5, c3=4.5))


def _blocks(extend: Callable[..., None], seconds: float) -> float:
    columns = np.full((_WIDE, _BLOCK), 1.5)

    def block(number: int) -> None:
        first = number * _BLOCK
        extend(np.arange(first, first + _BLOCK) / _RATE, *columns)

    return paced(seconds, _RATE / _BLOCK, block)


def measure(directory: Path, *, longer: bool = False) -> list[Figure]:
    """Record at 1 kHz by position, by name and in blocks."""
    rounds = 2 * _ROUNDS - 1 if longer else _ROUNDS
    here = partial(fresh, directory)

    def appended(path: Path) -> float:
        with create(path, declared.rows()) as writer:
            return _append(writer.append, _SECONDS)

    def recorded(path: Path) -> float:
        with create(path, declared.rows()) as writer:
            return _record(writer.record, _SECONDS)

    def extended(path: Path) -> float:
        with create(path, declared.rows(_WIDE)) as writer:
            return _blocks(writer.extend, _SECONDS)

    taken = interleaved(
        rounds,
        {
            "append": here(appended),
            "record": here(recorded),
            "extend": here(extended),
            "loop": here(lambda _path: _append(_nothing, _LOOP)),
            "named loop": here(lambda _path: _record(_nothing, _LOOP)),
            "block loop": here(lambda _path: _blocks(_nothing, _LOOP)),
        },
    )
    return [
        _figure("1 kHz x 4 channels, append", taken["append"], taken["loop"], 0.5),
        _figure("1 kHz x 4 channels, record", taken["record"], taken["named loop"], 0.5),
        _figure("1 kHz x 8 channels, extend by 100", taken["extend"], taken["block loop"], None),
    ]


def _figure(
    measured: str, recording: list[float], idle: list[float], limit: float | None
) -> Figure:
    """Tell the median of the differences of each round, and the medians of both.

    A median of several rounds, as a neighbour of a virtual machine disturbs some of them.
    """
    with_it, without = statistics.median(recording), statistics.median(idle)
    value = 100 * statistics.median(a - b for a, b in zip(recording, idle, strict=True))
    return Figure(
        measured=measured,
        result=f"{value:.2f} % ({100 * with_it:.2f} with, {100 * without:.2f} without)",
        value=value,
        unit="% of a core",
        at_most=limit,
    )
