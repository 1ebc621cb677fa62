"""Simulated Keysight E36312A: one output is wired to the bench's circuit, the others are open.

Source: Keysight E36300 Series Programming Guide, E36311-90008.
"""

from collections.abc import Callable, Iterable

from instruments.simulators.scpi_device import Call, DataError, ScpiDevice, Value
from instruments.simulators.scpi_text import channel_list
from instruments.simulators.site import Site

__all__ = ["make"]

_RATING = {1: (6.18, 5.15), 2: (25.75, 1.03), 3: (25.75, 1.03)}


class _Supply(ScpiDevice):
    def __init__(self, site: Site, channel: int) -> None:
        super().__init__(f"Keysight Technologies,E36312A,{site.serial},1.0.4-1.0.0-1.05")
        self._site = site
        self._wired = channel
        self._source = site.world.circuit.source(site.role)
        site.world.watch(site.role, self._any_on)
        self._selected = 1
        self._was_on = False
        level = "[:LEVel][:IMMediate][:AMPLitude]"
        self.number("voltage", f"[SOURce#:]VOLTage{level}", 0.0, 0.0, 25.75)
        self.number("current", f"[SOURce#:]CURRent{level}", 0.1, 0.0, 5.15)
        self.flag("output", "OUTPut#[:STATe]")
        self.number("ovp", "[SOURce#:]VOLTage:PROTection[:LEVel]", 27.5, 0.0, 27.5)
        self.flag("ocp", "[SOURce#:]CURRent:PROTection:STATe")
        self.flag("remote sense", "[SOURce#:]VOLTage:SENSe:EXTernal")
        self.choice("sense", "[SOURce#:]VOLTage:SENSe[:SOURce]", "INTernal|EXTernal", "INT")
        self.on("OUTPut:PROTection:CLEar", lambda _: None)
        self.on("[SOURce#:]VOLTage:PROTection:TRIPped?", lambda _: "0")
        self.on("[SOURce#:]CURRent:PROTection:TRIPped?", lambda _: "0")
        self.on("INSTrument:NSELect", lambda call: self._select(call.text))
        self.on("INSTrument:NSELect?", lambda _: str(self._selected))
        self.on("INSTrument[:SELect]", lambda call: self._select(call.text[-1:]))
        self.on("INSTrument[:SELect]?", lambda _: f"CH{self._selected}")
        self.on("MEASure#[:SCALar]:VOLTage[:DC]?", lambda c: self._measured(c, self._volts))
        self.on("MEASure#[:SCALar]:CURRent[:DC]?", lambda c: self._measured(c, self._amperes))
        self.on("APPLy", self._apply)

    def _any_on(self) -> bool:
        return any(self.value("output", channel) for channel in _RATING)

    def _select(self, text: str) -> None:
        if text not in ("1", "2", "3"):
            raise DataError
        self._selected = int(text)

    def places(self, call: Call) -> tuple[list[str], Iterable[int]]:
        """Take the channel list, or CH1, off the parameters."""
        given = call.words
        if given and given[-1].startswith("("):
            return given[:-1], channel_list(given[-1], _RATING)
        # A blank may stand where the comma belongs: "VOLT? (@1)".
        if given and given[-1][:2].upper() == "CH" and given[-1][2:] in ("1", "2", "3"):
            return given[:-1], [int(given[-1][2:])]
        if call.suffixes and call.suffixes[-1] > 1:
            return given, [call.suffixes[-1]]
        return given, [self._selected]

    def check(self, name: str, value: Value, place: int) -> None:
        """Refuse what is beyond the rating of one output."""
        if name in ("voltage", "current"):
            highest = _RATING[place][("voltage", "current").index(name)]
            if float(value) > highest:
                raise DataError

    def changed(self, name: str, place: int) -> None:
        """Wire what was set to the circuit."""
        if name == "output":
            on = self._any_on()
            self._was_on = self._site.switched(on, self._was_on, channel=place)
        self._source.voltage = self.amount("voltage", self._wired)
        self._source.limit = self.amount("current", self._wired)
        self._source.on = bool(self.value("output", self._wired))
        self._site.world.circuit.settle()

    def _apply(self, call: Call) -> None:
        given = call.words
        channel = int(given[0][-1]) if given[0][:2].upper() == "CH" else self._selected
        for name, text in zip(("voltage", "current"), given[-2:], strict=True):
            self.put(name, self._settings[name].read(text), channel)

    def _measured(self, call: Call, what: Callable[[int], float]) -> str:
        _, channels = self.places(call)
        return ",".join(f"{what(each):+.8E}" for each in channels)

    def _volts(self, channel: int) -> float:
        if channel == self._wired:
            return self._site.world.circuit.voltage("in")
        return self.amount("voltage", channel) if self.value("output", channel) else 0.0

    def _amperes(self, channel: int) -> float:
        return round(self._source.delivered, 5) if channel == self._wired else 0.0


def make(site: Site) -> ScpiDevice:
    """Put a supply on the bench, wired at the channel that the bench file names."""
    channel = int(site.options.get("channel", 1))
    if channel not in _RATING:
        raise ValueError(f"channel {channel} is refused; accepted: 1, 2, 3")
    return _Supply(site, channel)
