"""How the instruments of a run stand while it has no booking, and how they go on.

Outputs of supplies, loads and generators go off unless the method keeps them on; a chamber keeps
its climate. What moves or is under high voltage can be held by the phase alone (`on_pause`).
"""

from collections.abc import Callable, Collection, Mapping

from instruments.roles import (
    ClimaticChamber,
    ElectronicLoad,
    FunctionGenerator,
    Instrument,
    LoadFrame,
    PowerSupply,
    SourceMeasureUnit,
    VibrationController,
    WithstandTester,
)

__all__ = ["Standstill"]

_Switch = Callable[[bool], None]


class Standstill:
    """What was switched off, and what was left as it is.

    Parameters
    ----------
    keeps
        Roles whose output stays as it is.
    """

    def __init__(self, connected: Mapping[str, Instrument], keeps: Collection[str] = ()) -> None:
        self._connected = connected
        self._keeps = keeps
        self._off: list[tuple[str, _Switch]] = []

    def begin(self) -> dict[str, str]:
        """Switch outputs off; tells by role "off", "kept" or "moving".

        Raises
        ------
        InstrumentError
            An output could not be switched off.
        """
        found: dict[str, str] = {}
        for role, instrument in self._connected.items():
            switch, is_on = _output(instrument)
            if switch is None:
                if _moving(instrument):
                    found[role] = "moving"
                elif isinstance(instrument, ClimaticChamber) and instrument.is_running():
                    found[role] = "kept"
            elif is_on():
                if role in self._keeps:
                    found[role] = "kept"
                    continue
                switch(False)
                self._off.append((role, switch))
                found[role] = "off"
        return found

    def end(self) -> None:
        """Switch on again what was switched off, the last first.

        Raises
        ------
        InstrumentError
            An output could not be switched on.
        """
        while self._off:
            _, switch = self._off.pop()
            switch(True)


def _output(instrument: Instrument) -> tuple[_Switch | None, Callable[[], bool]]:
    if isinstance(instrument, (PowerSupply, SourceMeasureUnit, FunctionGenerator)):
        return instrument.switch_output, instrument.output_is_on
    if isinstance(instrument, ElectronicLoad):
        return instrument.switch_input, instrument.input_is_on
    return None, lambda: False


def _moving(instrument: Instrument) -> bool:
    match instrument:
        case LoadFrame():
            return instrument.is_moving()
        case VibrationController():
            return instrument.is_running()
        case WithstandTester():
            return instrument.is_on()
    return False
