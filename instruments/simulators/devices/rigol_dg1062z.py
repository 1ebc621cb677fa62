"""Simulated Rigol DG1062Z: two outputs on the signal lines of the bench.

Source: Rigol DG1000Z Series Programming Guide, PGB09106-1110. Modulation, sweep and burst are
settings without effect on the line, and arbitrary waveforms and harmonics leave the line at their
offset: the bench's lines know sine, square, ramp, pulse, noise and direct voltage.
"""

import math
from collections.abc import Callable
from functools import partial

from instruments.simulators.dg1000z_commands import CHOICES, NUMBERS, SWITCHES
from instruments.simulators.scpi_device import Call, DataError, ScpiDevice, Value
from instruments.simulators.scpi_text import pattern, plain_number
from instruments.simulators.site import Site

__all__ = ["make"]

_OUTPUTS = (1, 2)
_SOURCE = 50.0  # [ohm]
_HIGH = 9.9e37  # stands for a load of high impedance
# Shape to its highest frequency [Hz] (data sheet DSB09100, DG1062Z).
_FASTEST = {"SIN": 60e6, "SQU": 25e6, "RAMP": 1e6, "PULSE": 25e6, "NOISE": 60e6, "USER": 20e6,
            "HARM": 20e6, "DC": 60e6}  # fmt: skip
_NAMES = {"SINusoid": "SIN", "SQUare": "SQU", "RAMP": "RAMP", "TRIangle": "RAMP", "PULSe": "PULSE",
          "NOISe": "NOISE", "USER": "USER", "ARB": "USER", "ARBitrary": "USER",
          "HARMonic": "HARM", "DC": "DC"}  # fmt: skip
_ON_THE_LINE = {"SIN": "sine", "SQU": "square", "RAMP": "ramp", "PULSE": "pulse", "NOISE": "noise"}
# Shape to its effective value, as a share of peak to peak; others are taken as a sine.
_EFFECTIVE = {"SQU": 1 / 2, "PULSE": 1 / 2, "RAMP": 1 / math.sqrt(12)}
_LARGEST = ((10e6, 20.0), (30e6, 10.0), (60e6, 5.0))  # [Hz], [V] without load
_WHOLE = {"NORM": "NORMAL", "INV": "INVERTED", "POS": "POSITIVE", "NEG": "NEGATIVE"}
_MODULATIONS = ("AM", "FM", "PM", "PWM", "ASKey", "FSKey", "PSKey")


class _Generator(ScpiDevice):
    def __init__(self, site: Site) -> None:
        identity = f"Rigol Technologies,DG1062Z,{site.serial},03.01.12"
        super().__init__(identity, no_error='0,"No error"', form=".6E")
        self._site = site
        self._shapes = [(pattern(form), shape) for form, shape in _NAMES.items()]
        self._lines = {each: site.world.signals.output(site.role, each) for each in _OUTPUTS}
        self._was_on = dict.fromkeys(_OUTPUTS, False)
        self._points: dict[tuple[int, int], int] = {}
        site.world.watch(site.role, lambda: any(self.value("output", each) for each in _OUTPUTS))
        self._declare_all()
        self._declare_modulation()
        self._declare_signal()
        self.changed("output", 0)

    # Declarations.

    def _declare_all(self) -> None:
        for name, header, default, low, high in NUMBERS:
            self.number(name, header, default, low, high)
        for name, header, on in SWITCHES:
            self.flag(name, header, on)
            # Rigol answers switches by words.
            self.on(f"{header}?", self._answer(partial(self._switch, name)))
        for name, header, options, usual in CHOICES:
            self.choice(name, header, options, usual)
        for name, header, *_ in CHOICES[:2]:
            self.on(f"{header}?", self._answer(partial(self._whole, name)))

    def _switch(self, name: str, place: int) -> str:
        return "ON" if self.value(name, place) else "OFF"

    def _whole(self, name: str, place: int) -> str:
        return _WHOLE[str(self.value(name, place))]

    def _declare_modulation(self) -> None:
        for kind in _MODULATIONS:
            stem = f"[SOURce#:][MOD:]{kind}"
            self.choice(f"{kind} source", f"{stem}:SOURce", "INTernal|EXTernal", "INT")
            short = "".join(letter for letter in kind if letter.isupper())
            self.on(f"{stem}:STATe", self._command(partial(self._modulate, short)))
            self.on(f"{stem}:STATe?", self._answer(partial(self._modulates, short)))
            if kind[-1].islower():
                continue
            shapes = "SINusoid|SQUare|TRIangle|RAMP|NRAMp|NOISe|USER"
            self.choice(f"{kind} shape", f"{stem}:INTernal:FUNCtion", shapes, "SIN")
            self.number(f"{kind} rate", f"{stem}:INTernal:FREQuency", 100.0, 2e-3, 1e6)
        for header in ("[SOURce#:]BURSt:TRIGger[:IMMediate]", "[SOURce#:]SWEep:TRIGger[:IMMediate]",
                       "[SOURce#:]PHASe:INITiate", "[SOURce#:]PHASe:SYNChronize"):  # fmt: skip
            self.on(header, lambda _: None)
        self.number("points", "[SOURce#:][TRACe:]DATA:POINts", 8.0, 8.0, 16_384.0, form="d")
        self.on("[SOURce#:][TRACe:]DATA:POINts", self._size)
        self.on("[SOURce#:][TRACe:]DATA:VALue", self._point)
        self.on("[SOURce#:][TRACe:]DATA:VALue?", self._point_asked)

    def _modulate(self, kind: str, place: int, word: str) -> None:
        on = self._settings["modulation"].read(word)
        self.values["modulation", place] = on
        if on:
            self.values["modulation type", place] = kind

    def _modulates(self, kind: str, place: int) -> str:
        on = self.value("modulation", place) and self.value("modulation type", place) == kind
        return "ON" if on else "OFF"

    def _declare_signal(self) -> None:
        source, level = "[SOURce#:]", "[:LEVel][:IMMediate]"
        # Kept peak to peak and for the load, as the screen shows them.
        self.text("shape", f"{source}FUNCtion[:SHAPe]", "SIN")
        self.number("frequency", f"{source}FREQuency[:FIXed]", 1e3, 1e-6, 60e6)
        self.number("amplitude", f"{source}VOLTage{level}[:AMPLitude]", 5.0, 0.0, 20.0)
        self.number("offset", f"{source}VOLTage{level}:OFFSet", 0.0, -10.0, 10.0)
        self.number("load", "OUTPut#:LOAD", _HIGH, 1.0, _HIGH)
        self.choice("unit", f"{source}VOLTage:UNIT", "VPP|VRMS|DBM", "VPP")
        told: tuple[tuple[str, Callable[[int, str], None], Callable[[int], str]], ...] = (
            (f"{source}FUNCtion[:SHAPe]", self._choose, lambda at: self._shape(at)),
            (f"{source}VOLTage{level}[:AMPLitude]", self._amplify, self._shown),
            (f"{source}VOLTage{level}:HIGH", self._raise_top, lambda at: self._edge(at, 0.5)),
            (f"{source}VOLTage{level}:LOW", self._raise_bottom, lambda at: self._edge(at, -0.5)),
            (f"{source}PERiod[:FIXed]", self._repeat, self._period),
            (f"{source}[FUNCtion:]PULSe:WIDTh", self._widen, self._width),
            ("OUTPut#:LOAD", self._terminate, lambda at: self._form_of(self.amount("load", at))),
            ("OUTPut#:IMPedance", self._terminate,
             lambda at: self._form_of(self.amount("load", at))),
        )  # fmt: skip
        for header, write, read in told:
            self.on(header, self._command(write))
            self.on(f"{header}?", self._answer(read))
        self.on(f"{source}APPLy?", self._answer(self._applied))
        for name, shape in _NAMES.items():
            self.on(f"{source}APPLy:{name}", partial(self._apply, shape))

    def _command(self, write: Callable[[int, str], None]) -> Callable[[Call], None]:
        def carry_out(call: Call) -> None:
            if not call.words:
                raise DataError(-109, "Missing parameter")
            write(self._place(call), call.words[0])

        return carry_out

    def _answer(self, read: Callable[[int], str]) -> Callable[[Call], str]:
        return lambda call: read(self._place(call))

    def _place(self, call: Call) -> int:
        place = call.suffixes[0] if call.suffixes else 1
        if place not in _OUTPUTS:
            raise DataError(-114, "Header suffix out of range")
        return place

    def _form_of(self, value: float) -> str:
        return format(value, self._form)

    # What stands at an output.

    def _shape(self, place: int) -> str:
        return str(self.value("shape", place))

    def _hertz(self, place: int) -> float:
        return self.amount("frequency", place)

    def _share(self, place: int) -> float:
        load = self.amount("load", place)
        return 1.0 if load >= _HIGH else load / (load + _SOURCE)

    def check(self, name: str, value: Value, place: int) -> None:
        """Refuse what does not go together with the other settings of an output."""
        if place not in _OUTPUTS:
            raise DataError(-114, "Header suffix out of range")
        if name in ("frequency", "offset"):
            present = {key: self.amount(key, place) for key in ("frequency", "amplitude", "offset")}
            self._fit(place, self._shape(place), **{**present, name: float(value)})

    def _fit(
        self, place: int, shape: str, *, frequency: float, amplitude: float, offset: float
    ) -> None:
        share = self._share(place)
        largest = next((top for until, top in _LARGEST if frequency <= until), 0.0)
        if not 1e-6 <= frequency <= _FASTEST[shape] and shape not in ("DC", "NOISE"):
            raise DataError
        if not 2e-3 * share * 0.999 <= amplitude <= largest * share * 1.001 and shape != "DC":
            raise DataError
        half = 0.0 if shape == "DC" else amplitude / 2
        if abs(offset) + half > 10.0 * share * 1.001:
            raise DataError

    def _put_out(self, place: int, shape: str, **given: float) -> None:
        names = ("frequency", "amplitude", "offset")
        wanted = {name: given.get(name, self.amount(name, place)) for name in names}
        self._fit(place, shape, **wanted)
        self.values["shape", place] = shape
        for name, value in wanted.items():
            self.values[name, place] = value
        self.changed("frequency", place)

    def changed(self, name: str, place: int) -> None:
        """Carry what stands at the outputs onto the lines of the bench."""
        for each, line in self._lines.items():
            on = bool(self.value("output", each))
            self._was_on[each] = self._site.switched(on, self._was_on[each], channel=each)
            line.on = on
            shape, share = self._shape(each), self._share(each)
            upright = 1.0 if self.value("polarity", each) == "NORM" else -1.0
            duty = {"SQU": "square duty", "PULSE": "pulse duty", "RAMP": "symmetry"}
            line.set(
                at=self._site.world.clock.now(),
                kind=_ON_THE_LINE.get(shape, "dc"),
                frequency=self._hertz(each),
                amplitude=upright * self.amount("amplitude", each) / share,
                offset=self.amount("offset", each) / share,
                phase=self.amount("phase", each),
                duty=self.amount(duty.get(shape, "square duty"), each) / 100.0,
            )

    # Commands that change several settings, or show them in another way.

    def _choose(self, place: int, word: str) -> None:
        shape = next((found for form, found in self._shapes if form.fullmatch(word)), None)
        if shape is None:
            raise DataError(-224, "Illegal parameter value")
        slower = min(self._hertz(place), _FASTEST[shape])
        self._put_out(place, shape, frequency=slower)

    def _apply(self, shape: str, call: Call) -> None:
        place, given = self._place(call), call.words
        names = ["frequency", "amplitude", "offset", "phase"]
        if shape == "NOISE" and len(given) < 3:
            names = names[1:]
        if shape == "DC":
            # The first two stand there for the sake of form.
            given, names = given[2:], names[2:]
        wanted = {}
        for name, text in zip(names, given, strict=False):
            if name == "amplitude":
                wanted[name] = self._volts(place, shape, text)
            elif not text.upper().startswith("DEF"):
                wanted[name] = float(self._settings[name].read(text))
        if shape == "USER" and (rate := wanted.pop("frequency", None)) is not None:
            self.values["arb rate", place] = rate
        self.values["phase", place] = wanted.pop("phase", 0.0)
        self._put_out(place, shape, **wanted)

    def _applied(self, place: int) -> str:
        shape = self._shape(place)
        shown = [self._form_of(self._hertz(place)), self._shown(place),
                 self._form_of(self.amount("offset", place)),
                 self._form_of(self.amount("phase", place))]  # fmt: skip
        if shape in ("NOISE", "DC"):
            shown[0] = "DEF"
        if shape == "NOISE":
            shown[3] = "DEF"
        if shape == "DC":
            shown[1] = "DEF"
            shown.pop()
        return f'"{",".join((shape, *shown))}"'

    def _terminate(self, place: int, text: str) -> None:
        load = float(self._settings["load"].read(text))
        if 10_000.0 < load < _HIGH:
            raise DataError
        before = self._share(place)
        self.values["load", place] = load
        # The voltage without load stays; what is shown for the load changes with it.
        for name in ("amplitude", "offset"):
            shown = self.amount(name, place) / before * self._share(place)
            self.values[name, place] = shown
        self.changed("load", place)

    def _volts(self, place: int, shape: str, text: str) -> float:
        """Read an amplitude [V], peak to peak, in the unit that was chosen or is given."""
        word = text.upper()
        if word.startswith("DEF"):
            return 5.0 * self._share(place)
        if word[:3] in ("MIN", "MAX"):
            return (2e-3 if word.startswith("MIN") else 20.0) * self._share(place)
        unit = next((each for each in ("VPP", "VRMS", "DBM") if word.endswith(each)),
                    str(self.value("unit", place)))  # fmt: skip
        value = plain_number(word.removesuffix("DBM"))
        if unit == "VPP":
            return value
        if unit == "DBM":
            value = math.sqrt(10 ** (value / 10) * 1e-3 * self._ohms(place))
        return value / _EFFECTIVE.get(shape, 1 / math.sqrt(8))

    def _ohms(self, place: int) -> float:
        load = self.amount("load", place)
        if load >= _HIGH:
            raise DataError(-221, "Settings conflict")
        return load

    def _amplify(self, place: int, text: str) -> None:
        shape = self._shape(place)
        self._put_out(place, shape, amplitude=self._volts(place, shape, text))

    def _shown(self, place: int) -> str:
        volts, unit = self.amount("amplitude", place), self.value("unit", place)
        effective = volts * _EFFECTIVE.get(self._shape(place), 1 / math.sqrt(8))
        if unit == "VPP":
            return self._form_of(volts)
        if unit == "VRMS":
            return self._form_of(effective)
        return self._form_of(10 * math.log10(effective**2 / self._ohms(place) / 1e-3))

    def _edge(self, place: int, share: float) -> str:
        return self._form_of(self.amount("offset", place) + share * self.amount("amplitude", place))

    def _raise_top(self, place: int, text: str) -> None:
        self._between(place, float(self._edge(place, -0.5)), plain_number(text))

    def _raise_bottom(self, place: int, text: str) -> None:
        self._between(place, plain_number(text), float(self._edge(place, 0.5)))

    def _between(self, place: int, low: float, high: float) -> None:
        self._put_out(place, self._shape(place), amplitude=high - low, offset=(high + low) / 2)

    def _period(self, place: int) -> str:
        return self._form_of(1 / self._hertz(place))

    def _repeat(self, place: int, text: str) -> None:
        seconds = plain_number(text)
        if seconds <= 0:
            raise DataError
        self._put_out(place, self._shape(place), frequency=1 / seconds)

    def _width(self, place: int) -> str:
        return self._form_of(self.amount("pulse duty", place) / 100 / self._hertz(place))

    def _widen(self, place: int, text: str) -> None:
        percent = 100 * plain_number(text) * self._hertz(place)
        self.put("pulse duty", self._settings["pulse duty"].read(f"{percent:.9g}"), place)

    # Arbitrary waveforms: kept, so that what was downloaded can be read back.

    def _size(self, call: Call) -> None:
        place = self._place(call)
        size = plain_number(call.words[-1]) if len(call.words) == 2 else 0.0
        if not 8 <= size <= 16_384:
            raise DataError
        self.values["points", place] = size

    def _point(self, call: Call) -> None:
        place, given = self._place(call), call.words
        if len(given) != 3:
            raise DataError(-109, "Missing parameter")
        point, value = plain_number(given[1]), plain_number(given[2])
        if not 1 <= point <= self.amount("points", place) or not 0 <= value <= 16_383:
            raise DataError
        self._points[place, int(point)] = int(value)

    def _point_asked(self, call: Call) -> str:
        if len(call.words) != 2:
            raise DataError(-109, "Missing parameter")
        return str(self._points.get((self._place(call), int(plain_number(call.words[1]))), 8191))


def make(site: Site) -> ScpiDevice:
    """Put a generator on the bench."""
    return _Generator(site)
