"""Handing a run to other programs."""

import csv
import shutil
from datetime import timedelta
from pathlib import Path

from runs import layout
from runs.errors import RecordRefused
from runs.exports.placing import Progress, placed, unseen
from runs.exports.tables import blocks, table_of
from runs.streams import MAIN

__all__ = ["to_csv", "to_netcdf"]


def to_csv(path: Path, out: Path, *, stream: str = MAIN, progress: Progress = unseen) -> int:
    """Write a stream as CSV (RFC 4180, UTF-8): instant in UTC, seconds, channels, phase.

    Returns the number of rows. Numbers are written in full, so that reading gives them back. A
    record of blocks makes a row of each sample, with the time at which the record began.
    """
    with layout.open_file(path) as file, placed(out) as growing:
        header = layout.header_of(file)
        table = table_of(file, header, stream)
        done = 0
        with growing.open("w", newline="", encoding="utf-8") as text:
            write = csv.writer(text)
            heads = [f"{column.name} [{column.unit}]" for column in table.columns]
            write.writerow(["time_utc", *heads, *table.names[len(heads) :]])
            for block in blocks(file, table):
                columns = [block[name].tolist() for name in table.names]
                for row in zip(*columns, strict=True):
                    instant = header.started + timedelta(seconds=row[0])
                    cells = ["" if v != v else repr(v) for v in row[: len(heads)]]
                    if not stream:
                        cells.append(table.phases[row[-1]] if row[-1] < len(table.phases) else "")
                    write.writerow([instant.isoformat(timespec="microseconds"), *cells])
                done += len(block["time"])
                progress(done, table.rows)
    return table.rows


def to_netcdf(path: Path, out: Path, *, progress: Progress = unseen) -> None:
    """Write the run as netCDF-4; a sealed run file is one already, so its bytes are copied.

    Raises
    ------
    RecordRefused
        The run is not sealed yet.
    """
    with layout.open_file(path) as file:
        sealed = layout.is_sealed(file)
    if not sealed:
        raise RecordRefused("run", str(path), "a run that has ended (testbed runs recover)")
    with placed(out) as growing:
        shutil.copyfile(path, growing)
    progress(1, 1)
