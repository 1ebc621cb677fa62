"""A run as Parquet: columns with their units, and what is known of the run in the schema."""

import json
from pathlib import Path
from typing import Any

import numpy as np

from runs import layout
from runs.exports.placing import Progress, placed, unseen
from runs.exports.tables import Table, blocks, main_table
from runs.header import Description

__all__ = ["ABOUT", "to_parquet"]

ABOUT = b"testbed"
"""Key of the schema's metadata under which the run is described, as JSON."""


def to_parquet(path: Path, out: Path, *, progress: Progress = unseen) -> int:
    """Write the main stream as Parquet (zstd), one row group at a time; gives the rows.

    Every column says its unit in its field's metadata ("unit"), and the schema's metadata
    ("testbed") holds the run's description and attributes as JSON. `phase` is a dictionary of
    names; a gap is NaN, as in the run file.
    """
    # Only who exports waits for it and has it in memory.
    import pyarrow as pa
    import pyarrow.parquet as pq

    with layout.open_file(path) as file, placed(out) as growing:
        found = layout.describe(file)
        table = main_table(file, found)
        schema = _schema(pa, table, found)
        done = 0
        with pq.ParquetWriter(growing, schema, compression="zstd", use_dictionary=["phase"]) as to:
            for columns in blocks(file, table):
                arrays = [pa.array(columns[column.name]) for column in table.columns]
                arrays.append(_phases(pa, columns["phase"], table.phases))
                to.write_table(pa.Table.from_arrays(arrays, schema=schema))
                done += len(columns["time"])
                progress(done, table.rows)
    return table.rows


def _schema(pa: Any, table: Table, found: Description) -> Any:  # noqa: ANN401
    fields = [
        pa.field(
            column.name,
            pa.float64(),
            nullable=False,
            metadata={
                key: value
                for key, value in (
                    ("unit", column.unit),
                    ("standard_name", column.standard_name),
                    ("long_name", column.long_name),
                )
                if value
            },
        )
        for column in table.columns
    ]
    fields.append(pa.field("phase", pa.dictionary(pa.int16(), pa.string())))
    about = {
        "run": found.run,
        "title": found.title,
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
