"""Rigol DG1062Z function generator, two outputs, over LAN socket 5555.

Source: Rigol DG1000Z Series Programming Guide, PGB09106-1110 (OUTPut, SOURce:APPLy,
SOURce:VOLTage); limits from the DG1000Z data sheet, DSB09100, output characteristics; accuracy
from the DG1000Z Performance Verification Guide, tables 2-1 and 2-2.
"""

import math
from collections.abc import Mapping

from instruments import scpi
from instruments.accuracy import NOMINAL, Accuracy, Conditions, Span
from instruments.errors import BadAnswer, SettingRefused
from instruments.link import Link
from instruments.model import Model
from instruments.ranges import Range
from instruments.roles import FunctionGenerator
from instruments.scpi_instrument import ScpiInstrument
from instruments.settings import Settings

__all__ = ["RigolDG1062Z"]

_SOURCE = 50.0  # [ohm], resistance of the output
_LOADS = Range("load", 1.0, 10_000.0, "ohm")
_HIGH = 9.9e37  # stands for a load of high impedance
_SHEET = "DG1000Z data sheet DSB09100, output characteristics"
_VERIFICATION = "DG1000Z Performance Verification Guide, "
# Highest frequency [Hz] to the largest peak-to-peak amplitude [V] without load (data sheet).
_LARGEST = ((10e6, 20.0), (30e6, 10.0), (60e6, 5.0))
_FASTEST_SQUARE = 25e6  # [Hz]
# Relative differences between what was set and what is read back: replies have seven digits,
# amplitudes and offsets a resolution of four (data sheet).
_DIGITS, _RESOLUTION = 1e-6, 1e-3


class RigolDG1062Z(ScpiInstrument):
    """One output of the generator; `make_safe` switches both off.

    Parameters
    ----------
    channel
        Output that the bench uses: 1 or 2.
    load
        Resistance [ohm] behind the output, for which amplitude and offset hold; infinite for an
        input of high impedance.
    """

    about = Model(
        maker="rigol",
        name="DG1062Z",
        manual="DG1000Z Series Programming Guide, PGB09106-1110",
        plays=(FunctionGenerator,),
        ranges=(
            Range("frequency", 1e-6, 60e6, "Hz"),
            Range("amplitude", 2e-3, 20.0, "V"),
            Range("peak", 0.0, 10.0, "V"),
            Range("duty", 0.01, 99.99, "%"),
        ),
        accuracy={
            "amplitude": Accuracy(
                unit="V",
                page=_VERIFICATION + "table 2-1: sine of 1 kHz, without offset",
                spans={365: (Span(top=20.0, reading=1.0, floor=1e-3, low=1e3, high=1.0001e3),)},
            ),
            "frequency": Accuracy(
                unit="Hz", page=_SHEET, spans={365: (Span(top=60e6, reading=1e-4),)}
            ),
        },
        outputs=2,
        port=5555,
    )

    def __init__(
        self,
        link: Link,
        ranges: Mapping[str, Range],
        conditions: Conditions = NOMINAL,
        serial: str = "",
        channel: int = 1,
        load: float = math.inf,
    ) -> None:
        super().__init__(link, ranges, conditions, serial)
        self._source = f":SOUR{channel}"
        self._output = f":OUTP{channel}"
        self._load = load
        self._wanted: tuple[str, float, float, float] | None = None

    @classmethod
    def ranges_of(cls, channel: int = 1, load: float = math.inf) -> tuple[Range, ...]:
        """Give what an output accepts; a lower load divides amplitude and peak."""
        if channel not in (1, 2):
            raise SettingRefused("channel", channel, "1 or 2")
        if load != math.inf:
            _LOADS.check(load)
        share = _share(load)
        frequency, _, _, duty = cls.about.ranges
        return (
            frequency,
            Range("amplitude", 2e-3 * share, 20.0 * share, "V"),
            Range("peak", 0.0, 10.0 * share, "V"),
            duty,
        )

    def set_sine(self, hertz: float, *, amplitude: float, offset: float = 0.0) -> None:
        """Choose a sine of a frequency [Hz], peak-to-peak amplitude [V] and offset [V]."""
        doing = f"put out a sine of {hertz:g} Hz, {amplitude:g} V peak to peak"
        self._apply("SIN", hertz, amplitude, offset, "", doing)

    def set_square(
        self, hertz: float, *, amplitude: float, offset: float = 0.0, duty: float = 50.0
    ) -> None:
        """Choose a square wave; `duty` is the share at the high level [%]."""
        if hertz > _FASTEST_SQUARE:
            raise SettingRefused("frequency", hertz, f"up to {_FASTEST_SQUARE:g} Hz as a square")
        share = self.accepted("duty", duty)
        doing = f"put out a square wave of {hertz:g} Hz, {amplitude:g} V peak to peak"
        self._apply(
            "SQU", hertz, amplitude, offset, f";{self._source}:FUNC:SQU:DCYC {share:.6g}", doing
        )
        asked = f"{self._source}:FUNC:SQU:DCYC?"
        if abs(self.ask(asked, scpi.number, doing=doing) - share) > _RESOLUTION * share:
            raise self.fault("the generator did not take the duty cycle", doing=doing)

    def _apply(
        self, shape: str, hertz: float, volts: float, offset: float, further: str, doing: str
    ) -> None:
        self._check(hertz, volts, offset)
        self._wanted = None
        source, output = self._source, self._output
        load = "INF" if self._load == math.inf else f"{self._load:.6g}"
        # Whatever was chosen at the front panel would change the meaning of the three numbers.
        self.tell(
            f"{source}:MOD OFF;{source}:SWE OFF;{source}:BURS OFF;{output}:POL NORM;"
            f"{output}:LOAD {load};{source}:VOLT:UNIT VPP;"
            f"{source}:APPL:{shape} {hertz:.9g},{volts:.6g},{offset:.6g},0{further}",
            doing=doing,
        )
        self._wanted = (shape, hertz, volts, offset)
        self._compare(doing)

    def _check(self, hertz: float, volts: float, offset: float) -> None:
        self.accepted("frequency", hertz)
        self.accepted("amplitude", volts)
        self.accepted("peak", abs(offset) + volts / 2)
        largest = next(top for until, top in _LARGEST if hertz <= until) * _share(self._load)
        if volts > largest:
            raise SettingRefused("amplitude", volts, f"up to {largest:g} V at {hertz:g} Hz")

    def _compare(self, doing: str) -> None:
        if self._wanted is None:
            return
        shape, hertz, volts, offset = self._wanted
        present = self.ask(f"{self._source}:APPL?", _applied, doing=doing)
        allowed = _RESOLUTION * max(volts, abs(offset))
        if (
            present[0] == shape
            and abs(present[1] - hertz) <= _DIGITS * hertz
            and abs(present[2] - volts) <= allowed
            and abs(present[3] - offset) <= allowed
        ):
            return
        told = "{} of {:g} Hz, {:g} V, offset {:g} V".format(*present)
        raise self.fault(f"the generator is set to {told}", doing=doing)

    def switch_output(self, on: bool) -> None:
        """Switch the output and read back that it switched.

        Before it is switched on, the signal last chosen is compared with the generator's: a power
        cut in between would have replaced it.
        """
        wanted, doing = "on" if on else "off", f"switch the output {'on' if on else 'off'}"
        if on:
            self._compare(doing)
        self.tell(f"{self._output} {wanted.upper()}", doing=doing)
        if self.output_is_on() is not on:
            raise self.fault(f"the output did not switch {wanted}", doing=doing)

    def output_is_on(self) -> bool:
        """Tell whether the output is on."""
        return self.ask(f"{self._output}?", scpi.boolean, doing="read the output switch")

    def settings(self) -> Mapping[str, str | float | bool]:
        """Read back frequency [Hz], amplitude and offset [V], shape, load [ohm] and switch."""
        source = self._source
        units = scpi.word("VPP", "VRMS", "DBM")
        return Settings(
            frequency=lambda: self.ask(f"{source}:FREQ?", scpi.number, doing="read the frequency"),
            amplitude=lambda: self.ask(f"{source}:VOLT?", scpi.number, doing="read the amplitude"),
            amplitude_unit=lambda: self.ask(f"{source}:VOLT:UNIT?", units, doing="read the unit"),
            offset=lambda: self.ask(f"{source}:VOLT:OFFS?", scpi.number, doing="read the offset"),
            shape=lambda: self.ask(f"{source}:FUNC?", str, doing="read the shape"),
            load=lambda: self.ask(f"{self._output}:LOAD?", _load, doing="read the load"),
            output=self.output_is_on,
        )

    def make_safe(self) -> None:
        """Switch both outputs off and read each one back."""
        doing = "switch all outputs off"
        for channel in (1, 2):
            self.tell(f":OUTP{channel} OFF", doing=doing)
            if self.ask(f":OUTP{channel}?", scpi.boolean, doing=doing):
                raise self.fault(f"output {channel} is still on", doing=doing)


def _share(load: float) -> float:
    """Give the share of the open-circuit voltage [1] that a load [ohm] leaves."""
    return 1.0 if load == math.inf else load / (load + _SOURCE)


def _load(reply: str) -> float:
    """Read a load [ohm]; high impedance is written as 9.9E37."""
    try:
        value = float(reply)
    except ValueError:
        raise BadAnswer("the reply is not a load", reply=reply) from None
    return math.inf if value >= _HIGH else value


def _applied(reply: str) -> tuple[str, float, float, float]:
    """Read shape, frequency [Hz], amplitude [V] and offset [V] of an output."""
    shape, *fields = reply.strip('"').split(",")
    if len(fields) < 3:
        raise BadAnswer("shape, frequency, amplitude and offset were expected", reply=reply)
    frequency, amplitude, offset = (
        math.nan if field == "DEF" else scpi.number(field) for field in fields[:3]
    )
    return shape, frequency, amplitude, offset
