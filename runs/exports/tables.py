"""The main stream of a run as a table that is read in blocks, so that its length costs nothing."""

from collections.abc import Iterator
from dataclasses import dataclass

import h5py
import numpy as np
from numpy.typing import NDArray

from runs.header import Description

__all__ = ["Column", "Table", "blocks", "main_table"]

BLOCK = 1 << 17  # [rows]
Columns = dict[str, NDArray[np.generic]]


@dataclass(frozen=True, slots=True)
class Column:
    """A column of numbers: its name, its unit and what it is for people."""

    name: str
    unit: str
    standard_name: str = ""
    long_name: str = ""


@dataclass(frozen=True, slots=True)
class Table:
    """A stream as a table.

    Attributes
    ----------
    columns
        The time [s since the start] first, then the channels.
    phases
        Names of the phases that the column `phase` counts; none where it is not there.
    """

    columns: tuple[Column, ...]
    rows: int
    phases: tuple[str, ...]


def main_table(file: h5py.File, found: Description) -> Table:
    """Describe the main stream."""
    channels = (_column(file, name, unit) for name, unit in found.channels.items())
    return Table((Column("time", "s"), *channels), found.rows, found.phases)


def _column(file: h5py.File, name: str, unit: str) -> Column:
    said = {key: file[name].attrs.get(key, "") for key in ("standard_name", "long_name")}
    return Column(
        name, unit, **{k: v.decode() if isinstance(v, bytes) else v for k, v in said.items()}
    )


def blocks(file: h5py.File, table: Table) -> Iterator[Columns]:
    """Read the rows in their order, some at a time: every column by name, and `phase`."""
    names = [column.name for column in table.columns]
    for start in range(0, table.rows, BLOCK):
        stop = min(start + BLOCK, table.rows)
        yield {name: file[name][start:stop] for name in (*names, "phase")}
