"""A run in several files: what was interrupted, and what continues it."""

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import xarray

import runs

__all__ = ["ended", "joined"]


def _start(dataset: xarray.Dataset) -> datetime:
    return datetime.fromisoformat(str(dataset.attrs["started"])).astimezone(UTC)


def joined(files: Sequence[Path]) -> xarray.Dataset:
    """Read the segments of a run as one dataset, oldest first.

    Time is in seconds [s] since the first segment started, so that what lies between two segments
    is a gap. The attributes are those of the last one.

    Raises
    ------
    RunsError
        A segment cannot be read.
    """
    parts: list[xarray.Dataset] = []
    for file in files:
        with runs.open(file, decode_times=False) as dataset:
            parts.append(dataset.load())
    began = _start(parts[0])
    shifted = [
        part.assign_coords(time=part["time"] + (_start(part) - began).total_seconds())
        for part in parts
    ]
    whole = shifted[0] if len(shifted) == 1 else xarray.concat(shifted, "time", join="exact")
    whole["time"].attrs = dict(parts[0]["time"].attrs)
    return whole.assign_attrs(parts[-1].attrs)


def ended(file: Path) -> datetime:
    """Tell when the last sample of a segment was taken, UTC; its start where it has none."""
    with runs.open(file, decode_times=True) as dataset:
        if not dataset.sizes["time"]:
            return _start(dataset)
        last = dataset["time"][-1].to_numpy().astype("datetime64[us]").item()
    return datetime.fromisoformat(str(last)).replace(tzinfo=UTC)
