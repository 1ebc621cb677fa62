"""The runs that are recorded by the measurements."""

from datetime import UTC, datetime

import numpy as np

from runs.benchmarks import raw
from runs.header import Header
from runs.streams import Axis, Blocks, ChannelInfo

__all__ = ["RATE", "rows", "waveforms"]

RATE = 1e6  # samples a second


def _header(*channels: str, streams: tuple[Blocks, ...] = ()) -> Header:
    return Header(
        run="BENCHMARK",
        title="benchmark",
        started=datetime.now(UTC),
        channels=tuple(ChannelInfo(name, "V") for name in channels),
        streams=streams,
    )


def rows(channels: int = raw.CHANNELS) -> Header:
    """Declare a time and so many channels."""
    return _header(*(f"c{number}" for number in range(channels)))


def waveforms(samples: int, *, compress: bool = False) -> Header:
    """Declare a stream of waveforms of so many samples at 1 MHz, beside a channel of rows."""
    axis = Axis("offset", "s", np.arange(samples) / RATE)
    signal = (ChannelInfo("signal", "V"),)
    return _header("c0", streams=(Blocks("waveform", signal, (axis,), compress=compress),))
