"""What was found in a run, beside its file: ``R-2026-00042.h5.results``, as JSON.

A run is evaluated from its sealed file, whose bytes stay as they are for ever; so what was found
cannot lie inside. It is derived data, which may be made again, and is no part of the record.
"""

import json
import os
from collections.abc import Iterable
from dataclasses import dataclass
from math import isfinite
from pathlib import Path

__all__ = ["SUFFIX", "Result", "Results", "read_results", "write_results"]

SUFFIX = ".results"


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """A value that was obtained."""

    name: str
    value: float
    unit: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Results:
    """The verdict and every value.

    Attributes
    ----------
    outcome
        "pass", "conditional_pass", "conditional_fail", "fail", "refused", "not_judged", "invalid"
        or "" where there is none.
    """

    outcome: str = ""
    values: tuple[Result, ...] = ()


def _beside(path: Path) -> Path:
    return path.with_name(path.name + SUFFIX)


def write_results(path: Path, outcome: str, values: Iterable[Result]) -> None:
    """Put the results of the run in `path` beside it, whole or not at all.

    Raises
    ------
    OSError
        There is no room, or no leave to write.
    """
    plain = {
        "outcome": outcome,
        "results": [{"name": each.name, "value": each.value, "unit": each.unit} for each in values],
    }
    growing = _beside(path).with_name(f"{path.name}{SUFFIX}.new")
    with growing.open("w", encoding="utf-8") as file:
        json.dump(plain, file, ensure_ascii=False, indent=1)
        file.flush()
        os.fsync(file.fileno())
    growing.replace(_beside(path))


def read_results(path: Path) -> Results | None:
    """Read what lies beside a run; None where there is nothing, or nothing of ours."""
    try:
        plain = json.loads(_beside(path).read_bytes())
        values = tuple(
            Result(name=str(each["name"]), value=float(each["value"]), unit=str(each["unit"]))
            for each in plain["results"]
        )
        outcome = str(plain["outcome"])
    except (FileNotFoundError, ValueError, KeyError, TypeError):
        return None
    return Results(outcome=outcome, values=tuple(each for each in values if isfinite(each.value)))
