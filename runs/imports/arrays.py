"""Tables of numbers: netCDF-4, HDF5 and Parquet of others."""

import json
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from datetime import datetime
from pathlib import Path
from typing import Any

import h5py
import numpy as np
from numpy.typing import NDArray

from runs.exports.parquet import ABOUT
from runs.imports.columns import Block, Numbered, Own
from runs.imports.moments import since
from runs.imports.plan import Heading, ImportRefused, headed
from runs.imports.problems import Problem

__all__ = ["HdfColumns", "ParquetColumns"]

_BLOCK = 1 << 17  # [rows]


class HdfColumns:
    """The one-dimensional variables of an HDF5 or netCDF-4 file that are as long as most."""

    form = "HDF5"
    instants: frozenset[int] = frozenset()
    own = None
    preamble: Sequence[Sequence[str]] = ()

    def __init__(self, source: Path, open_files: ExitStack) -> None:
        try:
            file = open_files.enter_context(h5py.File(source, "r", locking=False))
        except OSError as error:
            raise ImportRefused(source, [Problem("no-hdf5", cause=str(error))]) from error
        found: dict[str, h5py.Dataset] = {}

        def look(name: str, node: object) -> None:
            if isinstance(node, h5py.Dataset) and node.ndim == 1 and node.dtype.kind in "iuf":
                found[name] = node

        file.visititems(look)
        if not found:
            raise ImportRefused(source, [Problem("no-variable")])
        lengths = [len(node) for node in found.values()]
        self.rows = max(set(lengths), key=lengths.count)
        self._nodes = [(name, node) for name, node in found.items() if len(node) == self.rows]
        self.headings = [_heading(name, node) for name, node in self._nodes]
        self.numbers = frozenset(range(len(self._nodes)))
        self.origin: datetime | None = None
        self._scales = [1.0] * len(self._nodes)
        for number, heading in enumerate(self.headings):
            if cf := since(heading.unit):
                self._scales[number], self.origin = cf
                self.headings[number] = Heading(heading.text, heading.name, "s")

    def first(self, number: int) -> tuple[str, str]:
        """Tell of what type a variable is; all of these are numbers."""
        return "row 0", str(self._nodes[number][1].dtype)

    def blocks(self, wanted: Sequence[int], spare: frozenset[int] = frozenset()) -> Iterator[Block]:
        """Read the wanted variables, unpacked as CF has it."""
        for start in range(0, self.rows, _BLOCK):
            stop = min(start + _BLOCK, self.rows)
            columns = {number: self._values(number, start, stop) for number in wanted}
            yield Block(Numbered("row", range(start, stop)), columns)

    def _values(self, number: int, start: int, stop: int) -> NDArray[np.float64]:
        node = self._nodes[number][1]
        values: NDArray[np.float64] = node[start:stop].astype("f8")
        for name in ("_FillValue", "missing_value"):
            if name in node.attrs:
                values[values == float(np.ravel(node.attrs[name])[0])] = np.nan
        scale = float(np.ravel(node.attrs.get("scale_factor", 1.0))[0]) * self._scales[number]
        offset = float(np.ravel(node.attrs.get("add_offset", 0.0))[0])
        return values if (scale, offset) == (1.0, 0.0) else values * scale + offset


def _heading(name: str, node: h5py.Dataset) -> Heading:
    said = {}
    for key in ("units", "unit", "long_name", "standard_name"):
        value = node.attrs.get(key, "")
        said[key] = value.decode() if isinstance(value, bytes) else str(value)
    last = name.rpartition("/")[2]
    return Heading(
        name, last, said["units"] or said["unit"], said["long_name"], said["standard_name"]
    )


class ParquetColumns:
    """A Parquet file, of ours or of others."""

    form = "Parquet"
    origin = None
    preamble: Sequence[Sequence[str]] = ()

    def __init__(self, source: Path, open_files: ExitStack) -> None:
        # Only who imports waits for it and has it in memory.
        import pyarrow as pa
        import pyarrow.parquet as pq

        try:
            self._file = open_files.enter_context(pq.ParquetFile(source))
        except (pa.ArrowInvalid, OSError) as error:
            raise ImportRefused(source, [Problem("no-parquet", cause=str(error))]) from error
        schema = self._file.schema_arrow
        self.rows: int = self._file.metadata.num_rows
        self.headings = [_field_heading(field) for field in schema]
        kinds = [field.type for field in schema]
        types = pa.types
        self.numbers = frozenset(
            n for n, t in enumerate(kinds) if types.is_floating(t) or types.is_integer(t)
        )
        self.instants = frozenset(n for n, t in enumerate(kinds) if types.is_timestamp(t))
        self.own = _own(schema)

    def first(self, number: int) -> tuple[str, str]:
        """Tell of what type a column is that holds no numbers."""
        return "row 0", str(self._file.schema_arrow[number].type)

    def blocks(self, wanted: Sequence[int], spare: frozenset[int] = frozenset()) -> Iterator[Block]:
        """Read the wanted columns, some rows at a time."""
        start = 0
        for batch in self._file.iter_batches(_BLOCK):
            columns: dict[int, NDArray[np.generic]] = {}
            for number in wanted:
                array = batch.column(number)
                if number in self.instants:
                    columns[number] = array.to_numpy(zero_copy_only=False).astype("datetime64[us]")
                else:
                    columns[number] = array.to_numpy(zero_copy_only=False).astype("f8")
            labels = [] if self.own is None else batch.column("phase").to_pylist()
            stop = start + batch.num_rows
            yield Block(
                Numbered("row", range(start, stop)), columns, [label or "" for label in labels]
            )
            start = stop


def _field_heading(field: Any) -> Heading:  # noqa: ANN401
    said = {k.decode(): v.decode() for k, v in (field.metadata or {}).items()}
    plain = headed(field.name, said.get("unit", ""))
    return Heading(
        field.name,
        plain.name,
        plain.unit,
        said.get("long_name", ""),
        said.get("standard_name", ""),
        json.loads(said.get("attributes", "{}")),
    )


def _own(schema: Any) -> Own | None:  # noqa: ANN401
    about = (schema.metadata or {}).get(ABOUT)
    if about is None:
        return None
    said = json.loads(about)
    if said["stream"]:
        return None
    return Own(
        started=datetime.fromisoformat(said["started"]),
        time=0,
        phases=tuple(said["phases"]),
        run=said["run"],
        title=said["title"],
        status=said["status"],
        ended=datetime.fromisoformat(said["ended"]) if said["ended"] else None,
        attributes=said["attributes"],
    )
