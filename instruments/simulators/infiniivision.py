"""What simulated Keysight InfiniiVision oscilloscopes do before anybody fetches a record.

Source: Keysight InfiniiVision DSOX1204A/G Oscilloscopes Programmer's Guide.
"""

from dataclasses import dataclass

import numpy as np

from instruments.simulators.built_in_generator import BuiltInGenerator
from instruments.simulators.digitiser import Acquisition, Digitiser, Edge
from instruments.simulators.scpi_device import Call, DataError, ScpiDevice, Value
from instruments.simulators.site import Site
from instruments.simulators.waveform_items import worked_out

__all__ = ["INPUTS", "SOURCES", "InfiniiVision", "Record", "View"]

INPUTS = (1, 2, 3, 4)
_ACROSS, _UP, _PER_DIVISION = 10, 8, 25  # divisions, divisions, codes
_FASTEST, _DEEPEST = 2e9, 200_000  # [1/s], and points of a record
_SLOPES = {"POS": "rise", "NEG": "fall", "EITH": "either", "ALT": "either"}
_REFERENCES = {"LEFT": 0.1, "CENT": 0.5, "RIGH": 0.9}
_RANGES = (4e-3, 80.0)  # [V] of the whole screen, without a probe
_LOOKED, _LOOKED_POINTS = 0.05, 100_001  # [s] and points over which autoscaling looks
_STILL = 5e-3  # [V], without a probe: smaller signals are not shown
_PERIODS = 4
_PROBE = 10.0  # attenuation of the probes that lie in its box
_RUNNING, _WAITING = 8, 32  # bits of the operation status
SOURCES = "|".join([*(f"CHANnel{n}" for n in INPUTS), "EXTernal", "LINE", "WGEN"])


@dataclass(frozen=True, slots=True)
class View:
    """How an input was looked at when the record was taken.

    Attributes
    ----------
    step, offset
        Voltage of one code and of the middle of the screen, as displayed [V].
    """

    step: float
    offset: float
    coupling: str
    factor: float


@dataclass(frozen=True, slots=True)
class Record:
    """One record of all inputs, and the first instant [s] and the step [s] of its points."""

    taken: Acquisition
    start: float
    step: float
    points: int
    views: dict[int, View]


class InfiniiVision(ScpiDevice):
    """Inputs, time base, trigger and acquisition; the models add how records are fetched."""

    # A signal that is too large shows as clipped codes, not as a number.
    overload = ""

    def __init__(self, site: Site, identity: str) -> None:
        super().__init__(identity, form="+.5E")
        self._site = site
        self.digitiser = Digitiser(site)
        self._probes = float(site.options.get("probe", _PROBE))
        self.record: Record | None = None
        self._running, self._single, self._owed, self._triggered = True, False, False, False
        self._declare_inputs()
        self._declare_times()
        self._declare_acquisition()
        self._generator = BuiltInGenerator(self, site)

    def _declare_inputs(self) -> None:
        at = "CHANnel#"
        self.number("range", f"{at}:RANGe", _UP * 5.0, 0.0, 1e6)
        self.number("scale", f"{at}:SCALe", 5.0, 0.0, 1e6)
        self.number("offset", f"{at}:OFFSet", 0.0, -1e6, 1e6)
        self.number("probe", f"{at}:PROBe", _PROBE, 0.1, 1e4)
        self.number("skew", f"{at}:PROBe:SKEW", 0.0, -1e-7, 1e-7)
        self.choice("coupling", f"{at}:COUPling", "AC|DC", "DC")
        self.choice("impedance", f"{at}:IMPedance", "ONEMeg", "ONEM")
        self.choice("unit", f"{at}:UNITs", "VOLT|AMPere", "VOLT")
        self.choice("probe type", f"{at}:PROBe:STYPe", "SINGle", "SING")
        self.flag("display", f"{at}:DISPlay")
        self.flag("band", f"{at}:BWLimit")
        self.flag("inverted", f"{at}:INVert")
        self.flag("vernier", f"{at}:VERNier")
        self.text("label", f"{at}:LABel")
        self.on(f"{at}?", self._input)

    def _input(self, call: Call) -> str:
        place = self._place(call)
        return (
            f":CHAN{place}:RANG {self.amount('range', place):+.3E};"
            f"OFFS {self.amount('offset', place):+.5E};COUP {self.value('coupling', place)};"
            f"IMP ONEM;DISP {self._bit('display', place)};BWL {self._bit('band', place)};"
            f'INV {self._bit("inverted", place)};LAB "{self.value("label", place)}";'
            f"UNIT {self.value('unit', place)};PROB {self.amount('probe', place):+.3E};"
            f"PROB:SKEW {self.amount('skew', place):+.2E};STYP SING"
        )

    def _bit(self, name: str, place: int) -> int:
        return int(bool(self.value(name, place)))

    def _declare_times(self) -> None:
        self.number("span", "TIMebase[:MAIN]:RANGe", 1e-3, 50e-9, 500.0)
        self.number("per division", "TIMebase[:MAIN]:SCALe", 1e-4, 5e-9, 50.0)
        self.number("position", "TIMebase[:MAIN]:POSition", 0.0, -500.0, 500.0)
        self.choice("reference", "TIMebase:REFerence", "LEFT|CENTer|RIGHt", "CENT")
        self.choice("time mode", "TIMebase:MODE", "MAIN|WINDow|XY|ROLL", "MAIN")
        self.on("TIMebase?", lambda _: (
            f":TIM:MODE {self.value('time mode')};REF {self.value('reference')};"
            f"MAIN:RANG {self.amount('span'):+.5E};POS {self.amount('position'):+.5E}"
        ))  # fmt: skip
        self.choice("trigger", "TRIGger:MODE", "EDGE|GLITch|PATTern|TV|SBUS1", "EDGE")
        self.choice("sweep", "TRIGger:SWEep", "AUTO|NORMal", "AUTO")
        self.choice("source", "TRIGger[:EDGE]:SOURce", SOURCES, "CHAN1")
        self.choice("slope", "TRIGger[:EDGE]:SLOPe", "POSitive|NEGative|EITHer|ALTernate", "POS")
        self.choice("trigger coupling", "TRIGger[:EDGE]:COUPling", "AC|DC|LFReject", "DC")
        self.number("holdoff", "TRIGger:HOLDoff", 60e-9, 60e-9, 10.0)
        self.flag("noise reject", "TRIGger:NREJect")
        self.number("level", "TRIGger[:EDGE]:LEVel", 0.0, -1e6, 1e6)
        self.on("TRIGger:FORCe", lambda _: self._force())

    def _declare_acquisition(self) -> None:
        self.choice("type", "ACQuire:TYPE", "NORMal|AVERage|HRESolution|PEAK", "NORM")
        self.choice("mode", "ACQuire:MODE", "RTIMe|SEGMented", "RTIM")
        self.number("averages", "ACQuire:COUNt", 8, 2, 65536, form="d")
        self.on("ACQuire:SRATe?", lambda _: f"{1 / self._step:+.5E}")
        self.on("ACQuire:POINts?", lambda _: str(self._points))
        self.on("RUN", lambda _: self._start(single=False))
        self.on("SINGle", lambda _: self._start(single=True))
        self.on("STOP", lambda _: self._stop())
        self.on("DIGitize", self._digitise)
        self.on("AUToscale", lambda _: self._autoscale())
        self.on("OPERegister:CONDition?", lambda _: str(self._status()))
        self.on("OPERegister[:EVENt]?", lambda _: str(self._status()))
        self.on("TER?", lambda _: self._trigger_event())
        self.on("AER?", lambda _: str(int(bool(self._status() & _WAITING))))
        self.on("*OPC?", lambda _: self._complete())

    # Settings.

    @staticmethod
    def _place(call: Call) -> int:
        place = call.suffixes[-1] if call.suffixes else 1
        if place not in INPUTS:
            raise DataError(-114, "Header suffix out of range")
        return place

    def places(self, call: Call) -> tuple[list[str], tuple[int, ...]]:
        """Take channels by their number, and the source off a trigger level."""
        given = call.words
        if len(given) == 2 and given[1].upper().startswith("CHAN"):
            given = given[:1]
        return given, (self._place(call),)

    def check(self, name: str, value: Value, place: int) -> None:
        """Refuse ranges that the inputs do not have behind their probes."""
        probe = self.amount("probe", place)
        least, most = (limit * probe for limit in _RANGES)
        divided = {"range": 1, "scale": _UP}.get(name)
        if divided and not least * 0.999 <= float(value) * divided <= most * 1.001:
            raise DataError
        if name.startswith("wgen"):
            self._generator.check(name, value)

    def changed(self, name: str, place: int) -> None:
        """Keep ranges and scales in step, and the generator's line as it is set."""
        pairs = {"range": ("scale", _UP), "span": ("per division", _ACROSS)}
        for whole, (part, count) in pairs.items():
            if name == whole and place:
                self.values[part, place] = self.amount(whole, place) / count
            if name == part and place:
                self.values[whole, place] = self.amount(part, place) * count
        if name.startswith("wgen") and place:
            self._generator.follow()

    def put(self, name: str, value: Value, place: int = 1) -> None:
        """Change a setting; another probe scales what is displayed."""
        if name == "probe":
            ratio = float(value) / self.amount("probe", place)
            for scaled in ("range", "scale", "offset"):
                self.values[scaled, place] = self.amount(scaled, place) * ratio
        super().put(name, value, place)

    def reset(self) -> None:
        """Go to the state of ``*RST``: running, the first input displayed, the generator off."""
        super().reset()
        self.values["display", 1] = True
        self.record, self._owed, self._triggered = None, False, False
        self._running, self._single = True, False
        self._generator.follow()

    # Acquisition.

    @property
    def _step(self) -> float:
        """Time between the points of a record [s]."""
        return max(1.0 / _FASTEST, self.amount("span") / _DEEPEST)

    @property
    def _points(self) -> int:
        return max(round(self.amount("span") / self._step), 1)

    def _start(self, *, single: bool) -> None:
        self._running, self._single, self.record = True, single, None

    def _stop(self) -> None:
        self._running, self._owed = False, False

    def _digitise(self, call: Call) -> None:
        for number in INPUTS if call.words else ():
            self.values["display", number] = any(
                word.upper() in (f"CHAN{number}", f"CHANNEL{number}") for word in call.words
            )
        self._start(single=True)
        self._owed = True

    def _complete(self) -> str | None:
        """Answer ``*OPC?``; behind ``DIGitize`` not before a trigger has come."""
        if self._owed and not self.acquired():
            return None
        self._owed = False
        return "1"

    def _status(self) -> int:
        if self._running and self._single and self.acquired():
            self._stop()
        waiting = self._running and self.record is None and not self.acquired()
        return (_RUNNING if self._running else 0) | (_WAITING if waiting else 0)

    def _trigger_event(self) -> str:
        self._status()
        found, self._triggered = self._triggered, False
        return f"{int(found):+d}"

    def acquired(self) -> bool:
        """Take the record that is due, where its trigger is there; tell whether there is one."""
        if self.record is not None and (self._single or not self._running):
            return True
        source = str(self.value("source"))
        edge = None
        if source.startswith("CHAN"):
            number = int(source[4:])
            edge = Edge(
                source=number,
                level=self.amount("level") / self._factor(number),
                slope=_SLOPES[str(self.value("slope"))],
            )
        taken = self.digitiser.take(edge, self.amount("span"))
        if taken is None and self.value("sweep") == "AUTO":
            taken = self.digitiser.take(None, self.amount("span"))
        if taken is None:
            return False
        self._keep(taken)
        return True

    def _force(self) -> None:
        taken = self.digitiser.take(None, self.amount("span"))
        if taken is not None:
            self._keep(taken)

    def _keep(self, taken: Acquisition) -> None:
        before = self.amount("span") * _REFERENCES[str(self.value("reference"))]
        self._triggered = self._triggered or taken.triggered
        self.record = Record(
            taken=taken,
            start=self.amount("position") - before,
            step=self._step,
            points=self._points,
            views={number: self._view(number) for number in INPUTS},
        )

    def _factor(self, number: int) -> float:
        """Tell how many volts are displayed per volt at the tip of the probe."""
        sign = -1.0 if self.value("inverted", number) else 1.0
        return sign * self.amount("probe", number) / self._probes

    def _view(self, number: int) -> View:
        return View(
            step=self.amount("range", number) / (_UP * _PER_DIVISION),
            offset=self.amount("offset", number),
            coupling=str(self.value("coupling", number)),
            factor=self._factor(number),
        )

    def fresh(self) -> Record:
        """Give the record on the screen; a scope that runs has a new one each time."""
        if not self.acquired() and self.record is None:
            raise DataError(-230, "Data corrupt or stale")
        assert self.record is not None
        return self.record

    def _autoscale(self) -> None:
        """Show what moves: each such input on three quarters of the screen, a few periods wide."""
        self.put("span", _LOOKED)
        self._start(single=False)
        taken = self.digitiser.take(None, _LOOKED)
        assert taken is not None
        times = np.linspace(0.0, _LOOKED, _LOOKED_POINTS)
        periods = []
        for number in INPUTS:
            seen = self.digitiser.volts(taken, number, times) * self._factor(number)
            height = float(np.ptp(seen))
            if height < _STILL * self.amount("probe", number):
                continue
            self.values["display", number] = True
            self.put("offset", float(seen.min() + seen.max()) / 2, number)
            least, most = (limit * self.amount("probe", number) for limit in _RANGES)
            self.put("range", min(max(height / 0.75, least), most), number)
            period = worked_out("period", seen, float(times[1]))
            periods += [period] if period else []
        if periods:
            self.put("span", _PERIODS * max(periods))
