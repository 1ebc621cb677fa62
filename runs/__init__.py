"""The record of a run: written while it grows, opened by any xarray, healed after a crash."""

from runs.catalogue import scan
from runs.errors import DiskFull, NotARun, RecordFailed, RecordRefused, RunsError, WriterLives
from runs.export import to_csv, to_netcdf
from runs.exports import to_matlab, to_parquet
from runs.header import Description, Header, Sealed, StreamInfo, Verification
from runs.imports import Imported, ImportPlan, ImportRefused, Mapped, imported
from runs.live import LiveRun, live
from runs.looking.curves import Curves, window
from runs.looking.window import Window
from runs.many.alignment import ExtraMissing, align
from runs.many.references import references
from runs.many.together import together
from runs.reader import Event, describe, events, open, open_tree
from runs.recording.buffers import BlockBuffer, RowBuffer
from runs.recording.writer import RunWriter, create
from runs.sealing.finish import Recovered, file_digest, recover, verify
from runs.streams import Axis, Blocks, ChannelInfo, Rows

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
