"""Keysight DAQ970A data acquisition system with DAQM901A multiplexers, over LAN socket 5025.

Source: Keysight DAQ970A/DAQ973A Programming Guide, DAQ970-90012; accuracy from the DAQ970A data
sheet, 5992-3168EN, page 10 (direct voltage) and "Thermocouple", whose lines are those of the
34970A (data sheet 5965-5290EN).
"""

from collections.abc import Mapping, Sequence

from instruments import scpi
from instruments.accuracy import NOMINAL, Accuracy, Conditions, Span
from instruments.errors import BadAnswer, SettingRefused
from instruments.link import Link
from instruments.model import Model
from instruments.ranges import Range
from instruments.readings import Reading
from instruments.roles import DataLogger, Thermometer
from instruments.scpi_instrument import ScpiInstrument
from instruments.settings import Settings

__all__ = ["KeysightDAQ970A"]

_SHEET = "DAQ970A data sheet 5992-3168EN"
# Range [V] to the shares of reading and range [%] within 90 days, one and two years.
_VOLTAGE = {
    0.1: ((0.0040, 0.0060), (0.0050, 0.0060), (0.0065, 0.0060)),
    1.0: ((0.0025, 0.0006), (0.0035, 0.0006), (0.0050, 0.0006)),
    10.0: ((0.0021, 0.0004), (0.0030, 0.0004), (0.0045, 0.0004)),
    100.0: ((0.0035, 0.0006), (0.0040, 0.0006), (0.0055, 0.0006)),
    300.0: ((0.0035, 0.0020), (0.0040, 0.0020), (0.0055, 0.0020)),
}
_DAYS = (90, 365, 730)
# Kind of thermocouple to where its best range begins and ends [degC] and the largest error there
# [K], where its extended range begins below and the largest error in that; the error of the
# reference junction is in it, that of the wire is not.
_THERMOCOUPLES = {
    "B": (1100.0, 1820.0, 1.2, 400.0, 1.8),
    "E": (-150.0, 1000.0, 1.0, -200.0, 1.5),
    "J": (-150.0, 1200.0, 1.0, -210.0, 1.2),
    "K": (-100.0, 1200.0, 1.0, -200.0, 1.5),
    "N": (-100.0, 1300.0, 1.0, -200.0, 1.5),
    "R": (300.0, 1760.0, 1.2, -50.0, 1.8),
    "S": (400.0, 1760.0, 1.2, -50.0, 1.8),
    "T": (-100.0, 400.0, 1.0, -200.0, 1.5),
}
_PER_KELVIN = 0.03  # [K/K] outside of 18 degC to 28 degC
_SLOTS = (1, 2, 3)
_CHANNELS = frozenset(100 * slot + number for slot in _SLOTS for number in range(1, 21))


def _thermocouple(top: float, error: float) -> Accuracy:
    line = Span(top=top, reading=0.0, floor=error, scale_per_kelvin=100.0 * _PER_KELVIN / top)
    return Accuracy(unit="degC", page=f"{_SHEET}, thermocouple", spans={365: (line,)})


def _accuracy() -> dict[str, Accuracy]:
    found = {
        "voltage": Accuracy(
            unit="V",
            page=f"{_SHEET}, page 10",
            beyond=1.2,
            spans={
                days: tuple(
                    Span(
                        top=top, reading=shares[which][0], scale=shares[which][1],
                        reading_per_kelvin=0.0005,
                        scale_per_kelvin=0.0005 if top == 0.1 else 0.0001,
                    )
                    for top, shares in _VOLTAGE.items()
                )
                for which, days in enumerate(_DAYS)
            },
        )
    }  # fmt: skip
    for kind, (_, high, best, _, extended) in _THERMOCOUPLES.items():
        found[f"thermocouple {kind}"] = _thermocouple(high, best)
        found[f"thermocouple {kind}, extended"] = _thermocouple(high, extended)
    return found


class KeysightDAQ970A(ScpiInstrument):
    """A scanner whose channels are configured and read by one line each time.

    Channels are numbered by slot and place, 101 to 120, 201 to 220 and 301 to 320; probes of a
    thermometer from 1 on, through the slots. Every value comes with its unit and channel, so
    that none is taken for another.

    Parameters
    ----------
    kind
        Of the thermocouples that are read as probes.
    """

    about = Model(
        maker="keysight",
        name="DAQ970A",
        also=("DAQ973A",),
        manual="DAQ970A/DAQ973A Programming Guide, DAQ970-90012",
        plays=(DataLogger, Thermometer),
        outputs=0,
        accuracy=_accuracy(),
        port=5025,
    )

    def __init__(
        self,
        link: Link,
        ranges: Mapping[str, Range],
        conditions: Conditions = NOMINAL,
        serial: str = "",
        kind: str = "K",
    ) -> None:
        super().__init__(link, ranges, conditions, serial)
        self._kind = kind

    @classmethod
    def ranges_of(cls, kind: str = "K") -> tuple[Range, ...]:
        """Refuse a kind of thermocouple that there is not; nothing can be set."""
        _known(kind)
        return ()

    def thermocouples(self, *channels: int, kind: str = "K") -> tuple[Reading, ...]:
        """Measure temperatures [degC] by thermocouples, cold junction inside; a broken one faults.

        Raises
        ------
        SettingRefused
            A channel or a kind that there is not; nothing was sent.
        InstrumentFault
            A thermocouple is open, or a channel has no module.
        """
        _known(kind)
        where = _list(channels)
        values = self._scan(
            f":CONF:TEMP TC,{kind},{where};:UNIT:TEMP C,{where};"
            f":TEMP:TRAN:TC:RJUN:TYPE INT,{where};:TEMP:TRAN:TC:CHEC ON,{where}",
            channels, "C", doing=f"measure by thermocouples of kind {kind}",
        )  # fmt: skip
        return tuple(self.reading(value, _range_of(kind, value)) for value in values)

    def dc_voltages(self, *channels: int) -> tuple[Reading, ...]:
        """Measure direct voltages [V], autoranging."""
        values = self._scan(
            f":CONF:VOLT:DC AUTO,DEF,{_list(channels)}", channels, "VDC",
            doing="measure direct voltages",
        )  # fmt: skip
        return tuple(self.reading(value, "voltage") for value in values)

    def temperature(self, probe: int = 1) -> Reading:
        """Measure the temperature of a probe [degC]."""
        if not 1 <= probe <= len(_CHANNELS):
            raise SettingRefused("probe", probe, f"1 to {len(_CHANNELS)}")
        slot, place = divmod(probe - 1, 20)
        return self.thermocouples(100 * (slot + 1) + place + 1, kind=self._kind)[0]

    def cold_junction(self, channel: int = 101) -> Reading:
        """Measure the temperature [degC] of the terminals of a channel."""
        doing = "measure the cold junction"
        # It follows the unit of its channel.
        question = f":UNIT:TEMP C,{_list((channel,))};:TEMP:RJUN? {_list((channel,))}"
        return Reading(value=self.ask(question, scpi.number, doing=doing), unit="degC")

    def _scan(
        self, configuration: str, channels: Sequence[int], unit: str, *, doing: str
    ) -> tuple[float, ...]:
        """Configure channels, read them once, and put the values into the order asked for."""
        question = (
            f"{configuration};:TRIG:SOUR IMM;:TRIG:COUN 1;:FORM:READ:UNIT ON;"
            ":FORM:READ:CHAN ON;:FORM:READ:TIME OFF;:FORM:READ:ALAR OFF;:READ?"
        )
        found = self.ask(question, lambda reply: _values(reply, channels, unit), doing=doing)
        return tuple(found[channel] for channel in channels)

    def settings(self) -> Mapping[str, str | float | bool]:
        """Read back which module each slot holds, and the channels of the scan list."""
        slots = {
            f"slot_{slot}": lambda slot=slot: self.ask(
                f":SYST:CTYP? {slot}", _module, doing="read the module"
            )
            for slot in _SLOTS
        }
        return Settings(
            **slots,
            scan_size=lambda: self.ask(":ROUT:SCAN:SIZE?", scpi.number, doing="read the scan list"),
        )


def _known(kind: str) -> None:
    if kind not in _THERMOCOUPLES:
        raise SettingRefused("kind", kind, ", ".join(_THERMOCOUPLES))


def _range_of(kind: str, celsius: float) -> str:
    """Name the measuring function whose specification holds at a temperature."""
    low = _THERMOCOUPLES[kind][0]
    return f"thermocouple {kind}" if celsius >= low else f"thermocouple {kind}, extended"


def _list(channels: Sequence[int]) -> str:
    """Write a channel list; the instrument scans in ascending order, and each channel once."""
    for channel in channels:
        if channel not in _CHANNELS:
            raise SettingRefused("channel", channel, "101 to 120, 201 to 220, 301 to 320")
    if not channels:
        raise SettingRefused("channels", "none", "at least one")
    return f"(@{','.join(map(str, sorted(set(channels))))})"


def _values(reply: str, channels: Sequence[int], unit: str) -> dict[int, float]:
    """Read values with unit and channel ("+2.315E+01 C,101,…")."""
    fields = reply.split(",")
    found = {}
    for text, channel in zip(fields[::2], [*fields[1::2], ""], strict=False):
        number, _, said = text.strip().partition(" ")
        value = scpi.number(number)
        if said != unit:
            raise BadAnswer(f"a value in {unit} was expected")
        if not channel.isdigit():
            raise BadAnswer("a channel was expected behind each value")
        found[int(channel)] = value
    if set(found) != set(channels):
        raise BadAnswer("values of other channels came than were asked for")
    return found


def _module(reply: str) -> str:
    """Read the model of a module; "" where the slot is empty."""
    fields = reply.split(",")
    if len(fields) != 4:
        raise BadAnswer("maker, model, serial and firmware were expected")
    return "" if fields[1].strip() == "0" else fields[1].strip()
