"""The layout of a run file, version 2: the one place that knows its HDF5 names.

`plan` says which variables there are, `growing` declares them and `appending` writes them while a
run goes on, `sealed` writes the finished file, `reading` reads both, and files of version 1.
"""

from runs.layout.appending import Chunk, Growing, chunks_of
from runs.layout.growing import (
    check_free,
    create_live,
    remarks,
    set_end,
)
from runs.layout.plan import ENTRY, EVENTS, VERSION, Variable, clock_of, planned
from runs.layout.reading import (
    DIGEST,
    File,
    describe,
    global_attributes,
    header_of,
    is_sealed,
    open_file,
    row_count,
    snapshot,
    variables,
    version,
)
from runs.layout.sealed import TREE, Place, create_sealed, note_trees, places

__all__ = [
    "DIGEST",
    "ENTRY",
    "EVENTS",
    "TREE",
    "VERSION",
    "Chunk",
    "File",
    "Growing",
    "Place",
    "Variable",
    "check_free",
    "chunks_of",
    "clock_of",
    "create_live",
    "create_sealed",
    "describe",
    "global_attributes",
    "header_of",
    "is_sealed",
    "note_trees",
    "open_file",
    "places",
    "planned",
    "remarks",
    "row_count",
    "set_end",
    "snapshot",
    "variables",
    "version",
]
