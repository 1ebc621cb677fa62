"""The record of a run: written while it grows, opened by any xarray, healed after a crash."""

from runs.alignment import ExtraMissing, align
from runs.buffers import BlockBuffer, RowBuffer
from runs.catalogue import scan
from runs.curves import Curves, window
from runs.errors import DiskFull, NotARun, RecordFailed, RecordRefused, RunsError, WriterLives
from runs.export import to_csv, to_netcdf
from runs.exports import to_matlab, to_parquet
from runs.finish import Recovered, file_digest, recover, verify
from runs.header import Description, Header, Sealed, StreamInfo, Verification
from runs.imports import Imported, ImportPlan, ImportRefused, Mapped, imported
from runs.live import LiveRun, live
from runs.reader import Event, describe, events, open, open_tree
from runs.references import references
from runs.streams import Axis, Blocks, ChannelInfo, Rows
from runs.together import together
from runs.window import Window
from runs.writer import RunWriter, create

__all__ = [
    "Axis",
    "BlockBuffer",
    "Blocks",
    "ChannelInfo",
    "Curves",
    "Description",
    "DiskFull",
    "Event",
    "ExtraMissing",
    "Header",
    "ImportPlan",
    "ImportRefused",
    "Imported",
    "LiveRun",
    "Mapped",
    "NotARun",
    "RecordFailed",
    "RecordRefused",
    "Recovered",
    "RowBuffer",
    "Rows",
    "RunWriter",
    "RunsError",
    "Sealed",
    "StreamInfo",
    "Verification",
    "Window",
    "WriterLives",
    "align",
    "create",
    "describe",
    "events",
    "file_digest",
    "imported",
    "live",
    "open",
    "open_tree",
    "recover",
    "references",
    "scan",
    "to_csv",
    "to_matlab",
    "to_netcdf",
    "to_parquet",
    "together",
    "verify",
    "window",
]
