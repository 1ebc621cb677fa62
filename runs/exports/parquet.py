"""A run as Parquet: columns with their units, and what is known of the run in the schema."""

import json
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np

from runs import layout
from runs.exports.placing import Progress, placed, unseen
from runs.exports.tables import Columns, Table, blocks, table_of
from runs.header import Description
from runs.streams import MAIN

__all__ = ["ABOUT", "to_parquet"]

ABOUT = b"testbed"
"""Key of the schema's metadata under which the run is described, as JSON."""


def to_parquet(path: Path, out: Path, *, stream: str = MAIN, progress: Progress = unseen) -> int:
    """Write a stream as Parquet (zstd), one row group at a time; gives the rows.

    Every column says its unit in its field's metadata ("unit"), and the schema's metadata
    ("testbed") holds the run's description and attributes as JSON. `phase` is a dictionary of
    names; a gap is NaN, as in the run file. A record of blocks makes a row of each sample.
    """
    # Only who exports waits for it and has it in memory.
    import pyarrow as pa
    import pyarrow.parquet as pq

    with layout.open_file(path) as file, placed(out) as growing:
        table = table_of(file, layout.header_of(file), stream)
        schema: Any = None
        writer: Any = None
        done = 0
        try:
            for columns in chain(blocks(file, table), [None]):
                if columns is None and writer is not None:
                    break
                if writer is None:
                    schema = _schema(pa, table, layout.describe(file), columns)
                    kinds = {"compression": "zstd", "use_dictionary": ["phase"]}
                    writer = pq.ParquetWriter(growing, schema, **kinds)
                if columns is not None:
                    writer.write_table(_rows(pa, table, columns, schema))
                    done += len(columns["time"])
                    progress(done, table.rows)
        finally:
            if writer is not None:
                writer.close()
    return table.rows


def _rows(pa: Any, table: Table, columns: Columns, schema: Any) -> Any:  # noqa: ANN401
    arrays = [pa.array(columns[column.name]) for column in table.columns]
    if not table.stream:
        arrays.append(_phases(pa, columns["phase"], table.phases))
    return pa.Table.from_arrays(arrays, schema=schema)


def _schema(
    pa: Any,  # noqa: ANN401
    table: Table,
    found: Description,
    first: Columns | None,
) -> Any:  # noqa: ANN401
    """Declare the columns, of the types that the first block has."""
    fields = []
    for column in table.columns:
        kind = np.dtype("f8") if first is None else first[column.name].dtype
        said = {"unit": column.unit}
        if column.about is not None:
            said |= {
                "standard_name": column.about.standard_name,
                "long_name": column.about.long_name,
                "attributes": json.dumps(dict(column.about.attributes)),
            }
        kept = {key: value for key, value in said.items() if value not in ("", "{}")}
        field = pa.field(column.name, pa.from_numpy_dtype(kind), nullable=False, metadata=kept)
        fields.append(field)
    if not table.stream:
        fields.append(pa.field("phase", pa.dictionary(pa.int16(), pa.string())))
    about = {
        "run": found.run,
        "title": found.title,
        "stream": table.stream,
        "status": found.status,
        "started": found.started.isoformat(),
        "ended": found.ended.isoformat() if found.ended else None,
        "phases": found.phases,
        "attributes": dict(found.attributes),
    }
    return pa.schema(fields, metadata={ABOUT: json.dumps(about, ensure_ascii=False)})


def _phases(pa: Any, indices: Any, names: tuple[str, ...]) -> Any:  # noqa: ANN401
    # A run without phases counts zero all the same.
    known = np.ma.masked_greater_equal(indices.astype("i2"), len(names))
    return pa.DictionaryArray.from_arrays(
        pa.array(known.filled(0), mask=np.ma.getmaskarray(known)),
        pa.array(names, pa.string()),
    )
