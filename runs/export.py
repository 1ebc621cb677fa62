"""Handing a run to other programs."""

import csv
import shutil
from datetime import timedelta
from pathlib import Path

from runs import layout
from runs.errors import RecordRefused

__all__ = ["to_csv", "to_netcdf"]

_BLOCK = 65_536


def to_csv(path: Path, out: Path) -> int:
    """Write the main stream as CSV (RFC 4180, UTF-8): instant in UTC, seconds, channels, phase.

    Returns the number of rows. Numbers are written in full, so that reading gives them back.
    """
    with layout.open_file(path) as file, out.open("w", newline="", encoding="utf-8") as text:
        found = layout.describe(file)
        names = tuple(found.channels)
        write = csv.writer(text)
        heads = [f"{name} [{unit}]" for name, unit in found.channels.items()]
        write.writerow(["time_utc", "time [s]", *heads, "phase"])
        for start in range(0, found.rows, _BLOCK):
            stop = min(start + _BLOCK, found.rows)
            columns = [file[name][start:stop].tolist() for name in ("time", *names)]
            phases = file["phase"][start:stop].tolist()
            for *values, phase in zip(*columns, phases, strict=True):
                instant = found.started + timedelta(seconds=values[0])
                label = found.phases[phase] if phase < len(found.phases) else ""
                write.writerow(
                    [
                        instant.isoformat(timespec="microseconds"),
                        *("" if v != v else repr(v) for v in values),
                        label,
                    ]
                )
    return found.rows


def to_netcdf(path: Path, out: Path) -> None:
    """Write the run as netCDF-4; a sealed run file is one already, so its bytes are copied.

    Raises
    ------
    RecordRefused
        The run is not sealed yet.
    """
    with layout.open_file(path) as file:
        sealed = "rows" in file.attrs
    if not sealed:
        raise RecordRefused("run", str(path), "a run that has ended (testbed runs recover)")
    shutil.copyfile(path, out)
