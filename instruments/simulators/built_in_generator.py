"""The generator inside a Keysight oscilloscope, whose connector is a line of the bench.

Source: Keysight InfiniiVision DSOX1204A/G Oscilloscopes Programmer's Guide, ":WGEN Commands".
"""

from instruments.simulators.scpi_device import DataError, ScpiDevice, Value
from instruments.simulators.site import Site

__all__ = ["BuiltInGenerator"]

_KINDS = {
    "SIN": "sine", "SQU": "square", "RAMP": "ramp", "PULS": "pulse", "NOIS": "noise", "DC": "dc",
}  # fmt: skip
# Function to its highest frequency [Hz].
_FASTEST = {"SIN": 20e6, "SQU": 10e6, "RAMP": 200e3, "PULS": 10e6}
_LARGEST = 10.0  # [V] peak to peak, at high resistance
_RISE = 18e-9  # [s]
_NAMES = (
    "wgen on", "wgen function", "wgen frequency", "wgen amplitude", "wgen offset", "wgen duty",
    "wgen symmetry", "wgen width", "wgen load", "wgen polarity",
)  # fmt: skip


class BuiltInGenerator:
    """Declares the commands of the generator on its oscilloscope, and drives its line."""

    def __init__(self, scope: ScpiDevice, site: Site) -> None:
        self._scope = scope
        self._site = site
        self._output = site.world.signals.output(site.role)
        self._was_on = False
        site.world.watch(site.role, lambda: bool(scope.value("wgen on")))
        scope.flag("wgen on", "WGEN#:OUTPut")
        scope.choice("wgen function", "WGEN#:FUNCtion",
                     "SINusoid|SQUare|RAMP|PULSe|NOISe|DC", "SIN")  # fmt: skip
        scope.number("wgen frequency", "WGEN#:FREQuency", 1e3, 0.1, 20e6, form="+.6E")
        scope.number("wgen amplitude", "WGEN#:VOLTage", 0.5, 0.002, _LARGEST, form="+.5E")
        scope.number("wgen offset", "WGEN#:VOLTage:OFFSet", 0.0, -5.0, 5.0, form="+.5E")
        scope.number("wgen duty", "WGEN#:FUNCtion:SQUare:DCYCle", 50.0, 20.0, 80.0, form="+.3E")
        scope.number("wgen symmetry", "WGEN#:FUNCtion:RAMP:SYMMetry", 100.0, 0.0, 100.0)
        scope.number("wgen width", "WGEN#:FUNCtion:PULSe:WIDTh", 1e-4, 20e-9, 10.0, form="+.5E")
        scope.choice("wgen load", "WGEN#:OUTPut:LOAD", "ONEMeg|FIFTy", "ONEM")
        scope.choice("wgen polarity", "WGEN#:OUTPut:POLarity", "NORMal|INVerted", "NORM")
        scope.flag("wgen modulated", "WGEN#:MODulation:STATe")
        scope.on("WGEN#:PERiod?", lambda _: f"{1 / scope.amount('wgen frequency'):+.6E}")
        scope.on("WGEN#:RST", lambda _: self._forget())

    def _forget(self) -> None:
        for name in _NAMES:
            self._scope.values.pop((name, 1), None)
        self.follow()

    def check(self, name: str, value: Value) -> None:
        """Refuse what the function does not reach, or what would leave the range of levels."""
        scope = self._scope
        if name == "wgen frequency":
            fastest = _FASTEST.get(str(scope.value("wgen function")))
            if fastest is not None and float(value) > fastest:
                raise DataError
        if name == "wgen offset" and abs(float(value)) > _LARGEST / 2:
            raise DataError

    def follow(self) -> None:
        """Put onto the line what is set."""
        scope, output = self._scope, self._output
        function = str(scope.value("wgen function"))
        frequency = min(scope.amount("wgen frequency"), _FASTEST.get(function, 20e6))
        duty = {
            "SQU": scope.amount("wgen duty") / 100.0,
            "RAMP": scope.amount("wgen symmetry") / 100.0,
            "PULS": min(scope.amount("wgen width") * frequency, 1.0),
        }.get(function, 0.5)
        # What is set holds at its load; the line ends at inputs of high resistance.
        doubled = 2.0 if scope.value("wgen load") == "FIFT" else 1.0
        sign = -1.0 if scope.value("wgen polarity") == "INV" else 1.0
        output.set(
            at=self._site.world.clock.now(), kind=_KINDS[function], frequency=frequency,
            amplitude=sign * doubled * scope.amount("wgen amplitude"),
            offset=doubled * scope.amount("wgen offset"), duty=duty, rise_time=_RISE,
        )  # fmt: skip
        self._was_on = self._site.switched(bool(scope.value("wgen on")), self._was_on)
        output.on = self._was_on
