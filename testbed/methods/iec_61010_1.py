"""Insulation resistance and withstand voltage, IEC 61010-1:2010, 6.8, and IEC 60335-1:2020, 13, 16.

High voltage comes on only after two persons have released it by name and somebody has opened and
closed the interlock of the cage with his own hands, which nobody can do from afar; it goes off
where the interlock is not read as closed.
"""

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from instruments.errors import InstrumentFault
from instruments.readings import Reading
from instruments.roles import WithstandTester
from testbed.domain.conformity import Limit
from testbed.evaluation.withstand import evaluate_withstand, sampling_period
from testbed.procedure import (
    Action,
    Channel,
    Choice,
    Evaluation,
    Guide,
    Measurement,
    Monitor,
    Needs,
    Param,
    Plot,
    Procedure,
    RunContext,
    method_data,
    phase,
)

if TYPE_CHECKING:
    import xarray

__all__ = ["NotReleased", "Withstand"]

Parameters = Mapping[str, float | str | None]
_HOUR = 3600.0
_VOLTAGE = "IEC 61010-1:2010, 6.8"
_RESISTANCE = "IEC 60335-1:2020, 13"


class NotReleased(Exception):
    """The high voltage was not released as it has to be."""


class Withstand(Procedure):
    """Insulation resistance at direct voltage, then a voltage test with the current watched."""

    id = "iec-61010-1"
    version = "1"
    standard = "IEC 61010-1:2010"
    channels = (
        Channel("voltage", "V", roles=("withstand",), function="voltage"),
        Channel("leakage", "A", roles=("withstand",), function="leakage"),
        Channel("resistance", "ohm", roles=("withstand",), function="insulation"),
        Channel("on", "1"),
        Channel("interlock", "1"),
        Channel("releases", "1"),
        Channel("passed", "1"),
    )
    plots = (Plot("time", "voltage"), Plot("time", "leakage"), Plot("time", "resistance"))

    waveform = Choice("ac", "dc")
    voltage = Param("V", low=50.0, high=6000.0, default=1500.0)
    hold = Param("s", low=1.0, high=900.0, default=60.0)
    trip = Param("A", low=1e-6, high=0.1, default=0.005)
    insulation_time = Param("s", low=60.0, high=990.0, default=61.0)
    least_resistance = Param("ohm", low=1e3, high=1e12, default=2e6)

    withstand = Needs(WithstandTester)  # type: ignore[type-abstract]

    interlock_open = Monitor(
        "1",
        lambda p: float(p.withstand.interlock_closed()),
        low=1.0,
        action=Action.END,
        every=1.0,
        channel="interlock",
        phases=("insulate", "apply"),
    )

    r_ins = Measurement("ohm", symbol="Rins", clause=_RESISTANCE, resolution=1e4)
    u_ins = Measurement("V", symbol="Uins", clause=_RESISTANCE, resolution=1.0)
    dar = Measurement("1", symbol="DAR", resolution=0.01, required=False)
    pi = Measurement("1", symbol="PI", resolution=0.01, required=False)
    u_rms = Measurement("V", symbol="Urms", clause=_VOLTAGE, resolution=1.0)
    i_max = Measurement("A", symbol="Imax", clause=_VOLTAGE, resolution=1e-6)
    t_hold = Measurement("s", symbol="thold", clause=_VOLTAGE, resolution=0.1)
    ramp_time = Measurement("s", symbol="tramp", clause=_VOLTAGE, resolution=0.1)
    breakdowns = Measurement("1", symbol="nb", clause=_VOLTAGE, resolution=1.0)
    discharge_time = Measurement("s", symbol="toff", resolution=0.1)

    _persons: tuple[str, ...] = ()
    _released_at = -math.inf

    @phase(limit=24 * _HOUR)
    def prepare(self, run: RunContext) -> None:
        """Let the operator connect the specimen, with the voltage read back as off."""
        run.on_exit("withstand", self.withstand.make_safe)
        self.withstand.stop()
        run.ask("prompt.iec-61010-1.connect", "option.done", voltage=self.voltage)

    @phase(limit=24 * _HOUR)
    def release(self, run: RunContext) -> None:
        """Have two persons release the voltage, and somebody prove to stand at the cage."""
        self._release(run)

    @phase(limit=24 * _HOUR)
    def insulate(self, run: RunContext) -> None:
        """Measure the insulation resistance at direct voltage."""
        settling = self._data["sampling"]["settling"]
        seconds = self.insulation_time + 4.0 * self._usual
        self.withstand.set_insulation(self._data["insulation"]["voltage"], seconds=seconds)
        began = self._switch_on(run)
        for _ in run.every(self._usual):
            since = run.elapsed() - began
            run.progress(0.5 * min(since / seconds, 1.0))
            # While the voltage rises, the current is that of charging.
            if not self._sample(run, resistance=since >= settling):
                break
        self.withstand.stop()
        # As long as the voltage was on, the interlock was watched.
        self._released_at = run.elapsed()

    @phase(limit=24 * _HOUR)
    def apply(self, run: RunContext) -> None:
        """Apply the test voltage, and watch the current until it has been held long enough."""
        seconds = self.hold + 4.0 * self._period + 0.1
        self.withstand.set_withstand(
            self.voltage,
            alternating=self.waveform == "ac",
            limit=self.trip,
            seconds=round(seconds, 1),
        )
        began = self._switch_on(run)
        for _ in run.every(self._period):
            run.progress(0.5 + 0.4 * min((run.elapsed() - began) / seconds, 1.0))
            if not self._sample(run, leakage=True):
                break
        self.withstand.stop()

    @phase(limit=24 * _HOUR)
    def discharge(self, run: RunContext) -> None:
        """Read back that the output stays off, then have the specimen earthed."""
        rules = self._data["discharge"]
        for _ in run.every(self._usual, during=rules["seconds"] + 2.0 * self._usual):
            run.record(
                voltage=math.nan,
                leakage=math.nan,
                resistance=math.nan,
                on=float(self.withstand.is_on()),
                interlock=float(self.withstand.interlock_closed()),
                releases=float(len(self._persons)),
                passed=math.nan,
            )
        run.ask("prompt.iec-61010-1.earth", "option.done")

    @staticmethod
    def evaluate(
        dataset: "xarray.Dataset", parameters: Parameters, data: Mapping[str, Any]
    ) -> Evaluation:
        """Obtain every value from the record: see `testbed.evaluation.withstand`."""
        phases = [each.name for each in Withstand.declared_phases()]
        return evaluate_withstand(dataset, parameters, data, phases)

    @classmethod
    def limits(cls, parameters: Parameters, data: Mapping[str, Any]) -> tuple[Limit, ...]:
        """Ask for the voltages, the duration, little leakage, no flashover and a discharge."""
        volts, trip, hold, least = (
            float(parameters[name] or 0.0)
            for name in ("voltage", "trip", "hold", "least_resistance")
        )
        rules, direct = data["withstand"], data["insulation"]
        share, part = (0.01 * float(each["tolerance"]) for each in (rules, direct))
        asked = float(direct["voltage"])
        off = float(data["discharge"]["seconds"])
        return (
            Limit(measurand="r_ins", low=least, source=_RESISTANCE),
            Limit(
                measurand="u_ins", low=asked * (1 - part), high=asked * (1 + part),
                source=_RESISTANCE,
            ),
            Limit(
                measurand="u_rms", low=volts * (1 - share), high=volts * (1 + share),
                source=_VOLTAGE,
            ),
            Limit(measurand="i_max", high=trip, source=_VOLTAGE),
            Limit(measurand="t_hold", low=hold, source=_VOLTAGE),
            Limit(measurand="ramp_time", high=float(rules["ramp"]), source=_VOLTAGE),
            Limit(measurand="breakdowns", high=0.0, source=_VOLTAGE),
            Limit(measurand="discharge_time", low=off, source=f"{cls.id}, {cls.version}"),
        )  # fmt: skip

    @classmethod
    def guides(cls, parameters: Parameters) -> tuple[Guide, ...]:
        """Show the leakage at which the voltage is cut off."""
        return (Guide("leakage", float(parameters["trip"] or 0.0), "trip"),)

    def forecast(self) -> float:
        """Add up both tests and the discharge [s]."""
        off = float(self._data["discharge"]["seconds"])
        return self.insulation_time + self.hold + off + 10.0 * self._usual

    @property
    def _data(self) -> Mapping[str, Any]:
        return method_data("testbed.methods", self.id, self.version)

    @property
    def _usual(self) -> float:
        return float(self._data["sampling"]["period"])

    @property
    def _period(self) -> float:
        return sampling_period(self.parameters, self._data)

    def _release(self, run: RunContext) -> None:
        self._persons = ()
        first = self._named(run, "prompt.iec-61010-1.release-first", ())
        second = self._named(run, "prompt.iec-61010-1.release-second", first)
        self._prove_presence(run)
        self._persons = (first[0], second[0])
        self._released_at = run.elapsed()
        run.note("note.iec-61010-1.released", first=first[0], second=second[0])

    def _named(self, run: RunContext, prompt: str, other: tuple[str, ...]) -> tuple[str, str]:
        """Ask one of the two for the name; it must not be the other's, nor the login."""
        rules = self._data["release"]
        for _ in range(rules["tries"]):
            name, login = run.ask_name(prompt, voltage=self.voltage, trip=self.trip)
            if not other:
                return name, login
            alike = " ".join(name.split()).casefold() == " ".join(other[0].split()).casefold()
            if not alike and (login != other[1] or login in rules["doors"]):
                return name, login
            run.note("note.iec-61010-1.same-person", name=name)
        raise NotReleased("two persons have to release the voltage")

    def _prove_presence(self, run: RunContext) -> None:
        """Have the interlock opened and closed by hand."""
        for wanted, prompt in (
            (False, "prompt.iec-61010-1.open-interlock"),
            (True, "prompt.iec-61010-1.close-interlock"),
        ):
            for _ in range(self._data["release"]["tries"]):
                run.ask(prompt, "option.done")
                if self.withstand.interlock_closed() is wanted:
                    break
            else:
                raise NotReleased(f"the interlock is not {'closed' if wanted else 'open'}")

    def _switch_on(self, run: RunContext) -> float:
        """Switch the voltage on under a fresh release; gives when [s]."""
        if run.elapsed() - self._released_at > self._data["release"]["valid"]:
            self._release(run)
        if not self.withstand.interlock_closed():
            raise NotReleased("the interlock is open")
        run.on_pause(self.withstand.stop, self._broken_off)
        began = run.elapsed()
        self.withstand.start()
        return began

    @staticmethod
    def _broken_off() -> None:
        # It cannot be made up for: the voltage has to stand without a break.
        raise NotReleased("the run stood while the voltage was on")

    def _sample(self, run: RunContext, *, leakage: bool = False, resistance: bool = False) -> bool:
        """Record a row; tells whether the voltage is on."""
        closed, on = self.withstand.interlock_closed(), self.withstand.is_on()
        tester = self.withstand
        run.record(
            voltage=tester.voltage() if closed else math.nan,
            leakage=self._leakage(run, on=on) if closed and leakage else math.nan,
            resistance=tester.insulation() if closed and resistance else math.nan,
            on=float(on),
            interlock=float(closed),
            releases=float(len(self._persons)),
            passed=float(tester.passed()) if closed and not on else math.nan,
        )
        return on

    def _leakage(self, run: RunContext, *, on: bool) -> Reading | float:
        if on:
            return self.withstand.leakage()
        try:
            return self.withstand.leakage()
        except InstrumentFault as fault:
            # Testers show no number for the current of a flashover; their verdict is on record.
            run.note("note.iec-61010-1.no-current", cause=str(fault))
            return math.nan
