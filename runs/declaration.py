"""A header as JSON, and back: the journal and the index of a sealed file hold it so."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from runs.header import Header
from runs.points import Points
from runs.streams import Axis, Blocks, ChannelInfo, Rows, Stream

__all__ = ["as_json", "from_json"]


def as_json(header: Header) -> dict[str, object]:
    """Turn a header into what JSON can hold."""
    return {
        "run": header.run,
        "title": header.title,
        "started": header.started.isoformat(),
        "channels": [_channel(channel) for channel in header.channels],
        "phases": list(header.phases),
        "attributes": dict(header.attributes),
        "streams": [_stream(stream) for stream in header.streams],
    }


def _channel(channel: ChannelInfo) -> dict[str, object]:
    return {
        "name": channel.name,
        "unit": channel.unit,
        "standard_name": channel.standard_name,
        "long_name": channel.long_name,
        "attributes": dict(channel.attributes),
    }


def _stream(stream: Stream) -> dict[str, object]:
    channels = [_channel(channel) for channel in stream.channels]
    if isinstance(stream, Rows):
        return {"name": stream.name, "channels": channels}
    axes = [
        {
            "name": axis.name,
            "unit": axis.unit,
            "long_name": axis.long_name,
            **axis.points.as_json(),
        }
        for axis in stream.axes
    ]
    return {
        "name": stream.name,
        "channels": channels,
        "axes": axes,
        "dtype": stream.dtype,
        "compress": stream.compress,
    }


def from_json(said: Mapping[str, Any]) -> Header:
    """Read a header again.

    Raises
    ------
    KeyError, TypeError, ValueError
        It is no header.
    """
    return Header(
        run=said["run"],
        title=said["title"],
        started=datetime.fromisoformat(said["started"]),
        channels=_channels(said["channels"]),
        phases=tuple(said["phases"]),
        attributes=said["attributes"],
        streams=tuple(_read_stream(each) for each in said["streams"]),
    )


def _channels(said: list[Mapping[str, Any]]) -> tuple[ChannelInfo, ...]:
    return tuple(ChannelInfo(**each) for each in said)


def _read_stream(said: Mapping[str, Any]) -> Stream:
    channels = _channels(said["channels"])
    if "axes" not in said:
        return Rows(said["name"], channels)
    axes = tuple(
        Axis(each["name"], each["unit"], Points.from_json(each), each["long_name"])
        for each in said["axes"]
    )
    return Blocks(said["name"], channels, axes, said["dtype"], said["compress"])
