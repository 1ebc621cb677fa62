"""The head of a run's file: all that is known before its first sample."""

from collections.abc import Mapping
from datetime import datetime

import runs
from instruments.roles import Instrument
from testbed.engine.ports import Assignment
from testbed.engine.snapshots import snapshot
from testbed.procedure import Procedure

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
        attributes["continues"] = assignment.continues[-1].stem
        attributes["segment"] = len(assignment.continues) + 1
    return runs.Header(
        run=assignment.run,
        title=f"{assignment.run} {assignment.method}",
        started=started,
        channels=tuple(
            runs.ChannelInfo(channel.name, channel.unit, channel.standard_name)
            for channel in method.channels
        ),
        phases=tuple(phase.name for phase in method.declared_phases()),
        attributes=attributes,
    )


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
