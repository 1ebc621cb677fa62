"""What simulated bench supplies with several outputs have in common."""

from collections.abc import Iterable, Mapping

from instruments.simulators.scpi_device import Call, DataError, ScpiDevice, Value
from instruments.simulators.site import Site

__all__ = ["BenchSupply"]


class BenchSupply(ScpiDevice):
    """A supply whose channels are selected before they are set; one is wired to the circuit.

    Parameters
    ----------
    rating
        Channel to its highest voltage [V] and current [A].
    """

    def __init__(
        self,
        site: Site,
        identity: str,
        rating: Mapping[int, tuple[float, float]],
        *,
        no_error: str,
        form: str,
    ) -> None:
        super().__init__(identity, no_error=no_error, form=form)
        self._site = site
        self._rating = rating
        self._wired = int(site.options.get("channel", 1))
        if self._wired not in rating:
            accepted = ", ".join(map(str, rating))
            raise ValueError(f"channel {self._wired} is refused; accepted: {accepted}")
        self._source = site.world.circuit.source(site.role)
        self._was_on = False
        self.selected = 1
        site.world.watch(site.role, self._any_on)
        level = "[:LEVel][:IMMediate][:AMPLitude]"
        highest = [max(each[which] for each in rating.values()) for which in (0, 1)]
        self.number("voltage", f"[SOURce#:]VOLTage{level}", 0.0, 0.0, highest[0])
        self.number("current", f"[SOURce#:]CURRent{level}", 0.1, 0.0, highest[1])
        self.flag("output", "OUTPut[:STATe]")
        self.on("INSTrument:NSELect", lambda call: self.select(call.text))
        self.on("INSTrument:NSELect?", lambda _: str(self.selected))

    def select(self, text: str) -> None:
        """Select a channel by its number."""
        if not text.isdigit() or int(text) not in self._rating:
            raise DataError
        self.selected = int(text)

    def _any_on(self) -> bool:
        return any(self.delivers(channel) for channel in self._rating)

    def delivers(self, channel: int) -> bool:
        """Tell whether a channel is switched to its terminals."""
        return bool(self.value("output", channel))

    def places(self, call: Call) -> tuple[list[str], Iterable[int]]:
        """Take CHn off the parameters; without it the selected channel is meant."""
        given = call.words
        if given and given[0][:2].upper() == "CH" and given[0][2:].isdigit():
            return given[1:], [self._channel(int(given[0][2:]))]
        if call.suffixes and call.suffixes[-1] > 1:
            return given, [self._channel(call.suffixes[-1])]
        return given, [self.selected]

    def _channel(self, number: int) -> int:
        if number not in self._rating:
            raise DataError
        return number

    def check(self, name: str, value: Value, place: int) -> None:
        """Refuse what is beyond the rating of one output."""
        if name not in ("voltage", "current"):
            return
        if float(value) > self._rating[place][("voltage", "current").index(name)]:
            raise DataError

    def changed(self, name: str, place: int) -> None:
        """Wire what was set to the circuit."""
        self._was_on = self._site.switched(self._any_on(), self._was_on, channel=place)
        self._source.voltage = self.amount("voltage", self._wired)
        self._source.limit = self.amount("current", self._wired)
        self._source.on = self.delivers(self._wired)
        self._site.world.circuit.settle()

    def volts(self, channel: int) -> float:
        """Measure at the terminals of a channel [V]."""
        if channel == self._wired:
            return self._site.world.circuit.voltage("in")
        return self.amount("voltage", channel) if self.delivers(channel) else 0.0

    def amperes(self, channel: int) -> float:
        """Measure what a channel delivers [A]."""
        return self._source.delivered if channel == self._wired else 0.0
