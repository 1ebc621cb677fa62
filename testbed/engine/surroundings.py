"""Under which conditions the instruments of a run measure: days since calibration, and the room.

The room's temperature comes from the bench's role "room" (a thermometer), else from the bench
file's ``ambient``, else it is assumed. What was taken is on record.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from instruments.accuracy import NOMINAL, Conditions
from instruments.errors import InstrumentError
from instruments.roles import Thermometer
from testbed.engine.bench import Bench, ConnectionFailed, close, connect
from testbed.engine.safety import bounded

__all__ = ["ROOM", "Room", "conditions", "facts", "room_of"]

ROOM = "room"
_WITHIN = 5.0  # [s]


@dataclass(frozen=True, slots=True)
class Room:
    """The room that a bench stands in.

    Attributes
    ----------
    temperature
        Of its air [degC].
    source
        "measured", "bench file" or "assumed".
    failure
        Why the bench's thermometer did not tell it, "" where it did or there is none.
    """

    temperature: float
    source: str
    failure: str = ""


def room_of(bench: Bench) -> Room:
    """Find out how warm the room is; a thermometer that fails is named, not waited for."""
    failure = ""
    if ROOM in bench.roles:
        try:
            return Room(_measured(bench), "measured")
        except (ConnectionFailed, InstrumentError, TimeoutError, TypeError) as error:
            failure = str(error)
    if bench.ambient is not None:
        return Room(bench.ambient, "bench file", failure)
    return Room(NOMINAL.ambient, "assumed", failure)


def _measured(bench: Bench) -> float:
    connected = connect(bench, (ROOM,))
    try:
        thermometer = connected[ROOM]
        if not isinstance(thermometer, Thermometer):
            raise TypeError(f"the instrument of role {ROOM} is no thermometer")
        return bounded(thermometer.temperature, _WITHIN).value
    finally:
        close(connected.values())


def conditions(
    roles: Iterable[str], calibrated: Mapping[str, date], room: Room, day: date
) -> dict[str, Conditions]:
    """State the conditions of each role.

    A role whose calibration the register does not know is taken as calibrated a year ago, the
    longest time that makers specify.
    """
    found = {}
    for role in roles:
        since = NOMINAL.since_calibration
        if role in calibrated:
            since = float(max((day - calibrated[role]).days, 0))
        found[role] = Conditions(since_calibration=since, ambient=room.temperature)
    return found


def facts(stated: Mapping[str, Conditions], room: Room) -> dict[str, str | float]:
    """Put the conditions on record: flat names to values."""
    found: dict[str, str | float] = {
        "room_temperature": room.temperature,
        "room_temperature_source": room.source,
        "room_temperature_failure": room.failure,
    }
    for role, each in stated.items():
        found[f"{role}_days_since_calibration"] = each.since_calibration
    return found
