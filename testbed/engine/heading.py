"""The head of a run's file: all that is known before its first sample."""

from collections.abc import Mapping
from datetime import datetime
from importlib.metadata import version

import runs
from instruments.roles import Instrument
from testbed.engine.channel_facts import Known
from testbed.engine.ports import Assignment
from testbed.engine.segments import all_parts
from testbed.engine.snapshots import snapshot
from testbed.procedure import BlockStream, Channel, Procedure, RowStream

__all__ = ["header"]


def header(
    assignment: Assignment,
    method: type[Procedure],
    connected: Mapping[str, Instrument],
    started: datetime,
    surroundings: Mapping[str, str | float],
) -> runs.Header:
    """Gather who, what, where, and with which instruments in which state.

    Parameters
    ----------
    surroundings
        Room and days since calibration: see `testbed.engine.surroundings`.

    Raises
    ------
    InstrumentError
        An instrument does not say who it is.
    RecordRefused
        Something does not fit into a run file.
    """
    attributes: dict[str, str | float | int] = {
        "software": f"testbed {version('testbed-center')}",
        "method": assignment.method,
        "method_version": assignment.version,
        "standard": method.standard,
        **assignment.facts,
        **surroundings,
        **_parameters(assignment, method),
        **_identities(connected),
        **snapshot(connected, "start"),
    }
    if assignment.continues:
        before = all_parts(assignment.continues)
        attributes["continues"] = before[-1].stem
        attributes["segment"] = len(before) + 1
    known = Known(connected, attributes)
    return runs.Header(
        run=assignment.run,
        title=f"{assignment.run} {assignment.method}",
        started=started,
        channels=_channels(method.channels, known),
        phases=tuple(phase.name for phase in method.declared_phases()),
        attributes=attributes,
        streams=tuple(_stream(each, assignment, known) for each in method.streams),
    )


def _channels(channels: tuple[Channel, ...], known: Known) -> tuple[runs.ChannelInfo, ...]:
    return tuple(
        runs.ChannelInfo(
            channel.name, channel.unit, channel.standard_name, attributes=known.of(channel)
        )
        for channel in channels
    )


def _stream(
    declared: RowStream | BlockStream, assignment: Assignment, known: Known
) -> runs.Rows | runs.Blocks:
    channels = _channels(declared.channels, known)
    if isinstance(declared, RowStream):
        return runs.Rows(declared.name, channels)
    axes = tuple(
        runs.Axis(axis.name, axis.unit, axis.of(assignment.parameters)) for axis in declared.axes
    )
    return runs.Blocks(declared.name, channels, axes, declared.dtype, declared.compress)


def _parameters(assignment: Assignment, method: type[Procedure]) -> dict[str, str | float]:
    found: dict[str, str | float] = {}
    for name, declared in method.declared_params().items():
        if (value := assignment.parameters.get(name)) is not None:
            found[f"param_{name}"] = value
            found[f"param_{name}_unit"] = getattr(declared, "unit", "")
    return found


def _identities(connected: Mapping[str, Instrument]) -> dict[str, str]:
    found: dict[str, str] = {}
    for role, instrument in connected.items():
        identity = instrument.identity()
        found |= {
            f"{role}_maker": identity.maker,
            f"{role}_model": identity.model,
            f"{role}_serial": identity.serial,
            f"{role}_firmware": identity.firmware,
        }
    return found
