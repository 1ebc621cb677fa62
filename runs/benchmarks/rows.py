"""Rows recorded one at a time, beside raw h5py and three laboratory frameworks."""

import statistics
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

from runs.benchmarks import declared, raw
from runs.benchmarks.figures import Figure, fresh, interleaved, shares
from runs.benchmarks.rivals import Missing, Rivals
from runs.recording.writer import RunWriter, create

__all__ = ["by_name", "by_position", "measure"]

_ROWS, _LONG = 1_000_000, 4_000_000
_ROUNDS = 7
# Rival, its script, rows a round, and how many times as fast we are asked to be.
_RIVALS = (
    ("QCoDeS 0.58", "qcodes_rows", 20_000, 130.0),
    ("PyMeasure 0.16", "pymeasure_rows", 200_000, 11.0),
    ("Bluesky RunEngine, suitcase-jsonl", "bluesky_rows", 4_000, 1300.0),
)
_RIVAL_ROUNDS = 3


def by_position(writer: RunWriter, count: int) -> None:
    """Record rows by `append`."""
    append = writer.append
    for number in range(count):
        append(number * 1e-6, 1.5, 2.5, 3.5, 4.5)


def by_name(writer: RunWriter, count: int) -> None:
    """Record rows by `record`."""
    record = writer.record
    for number in range(count):
        record(number * 1e-6, c0=1.5, c1=2.5, c2=3.5, c3=4.5)


def _ours(
    path: Path, fill: Callable[[RunWriter, int], None], count: int, *, view: bool = True
) -> float:
    with create(path, declared.rows(), view=view) as writer:
        begun = time.perf_counter()
        fill(writer, count)
        writer.flush()
        return time.perf_counter() - begun


def measure(directory: Path, rivals: Rivals) -> list[Figure]:
    """Record rows in every way in turn."""
    here = partial(fresh, directory)
    taken = interleaved(
        _ROUNDS,
        {
            "raw": here(lambda path: raw.rows(path, _ROWS)),
            "append": here(lambda path: _ours(path, by_position, _ROWS)),
            "record": here(lambda path: _ours(path, by_name, _ROWS)),
        },
    )
    # So long that the disk is waited for as often with the pyramid as without.
    longer = interleaved(
        _ROUNDS,
        {
            "with view": here(lambda path: _ours(path, by_position, _LONG)),
            "without": here(lambda path: _ours(path, by_position, _LONG, view=False)),
        },
    )
    slow = {name: 1e6 * statistics.median(seconds) / _LONG for name, seconds in longer.items()}
    rate = {name: _ROWS / statistics.median(seconds) for name, seconds in taken.items()}
    return [
        Figure(measured="raw h5py, rows", result=f"{rate['raw']:,.0f} /s"),
        Figure(
            measured="append(time, 4 values)",
            result=f"{rate['append']:,.0f} /s",
            value=shares(taken["raw"], taken["append"]),
            against="raw h5py",
            at_least=0.75,
        ),
        Figure(
            measured="record(time, c0=…)",
            result=f"{rate['record']:,.0f} /s",
            value=shares(taken["raw"], taken["record"]),
            against="raw h5py",
            at_least=0.15,
        ),
        Figure(
            measured="append, time with the pyramid",
            result=f"{slow['with view']:.3f} µs",
            value=shares(longer["with view"], longer["without"]),
            against=f"without ({slow['without']:.3f} µs)",
            at_most=1.10,
        ),
        *_beside_rivals(here(lambda path: _ours(path, by_position, _ROWS)), rivals),
    ]


def _beside_rivals(ours: Callable[[], float], rivals: Rivals) -> list[Figure]:
    taken: dict[str, list[tuple[float, float]]] = {script: [] for _, script, _, _ in _RIVALS}
    missing: dict[str, str] = {}
    for _ in range(_RIVAL_ROUNDS):
        for _, script, count, _ in _RIVALS:
            if script in missing:
                continue
            try:
                theirs = rivals.ask(script, count)["rows_per_second"]
            except Missing as why:
                missing[script] = str(why)
                continue
            taken[script].append((_ROWS / ours(), theirs))
    return [
        Figure(
            measured=f"{name}, a row",
            result="" if script in missing else f"{_median(taken[script], 1):,.0f} /s",
            value=0.0 if script in missing else statistics.median(o / t for o, t in taken[script]),
            against=f"as fast by append ({_median(taken[script], 0):,.0f} /s)"
            if script not in missing
            else "",
            at_least=asked,
            missing=missing.get(script, ""),
        )
        for name, script, _, asked in _RIVALS
    ]


def _median(pairs: list[tuple[float, float]], place: int) -> float:
    return statistics.median(pair[place] for pair in pairs)
