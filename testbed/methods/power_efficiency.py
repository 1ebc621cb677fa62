"""Efficiency of power supplies, converters and inverters, with CEC and Euro weights.

A house method. The device is loaded in steps at each input voltage; a step ends once the powers on
both sides have settled. The weights are those of the California Energy Commission and of EN 50530.
"""

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from instruments.readings import Reading
from instruments.roles import ElectronicLoad, PowerAnalyser, PowerSupply
from testbed.domain.conformity import Limit
from testbed.evaluation.efficiency import drift, evaluate_efficiency
from testbed.procedure import (
    Channel,
    Evaluation,
    Measurement,
    Needs,
    OptionalParam,
    Param,
    Plot,
    Procedure,
    RunContext,
    method_data,
    phase,
)

if TYPE_CHECKING:
    import xarray

__all__ = ["PowerEfficiency"]

Parameters = Mapping[str, float | str | None]

_HOUR = 3600.0
_WHOLE = 100.0  # [%]


class PowerEfficiency(Procedure):
    """Input and output power at load points, at one to three input voltages."""

    id = "tb-efficiency"
    version = "1"
    standard = "TB-E-01:2026"
    channels = (
        # What was set: a row belongs to the point of its level and load.
        Channel("input_level", "V"),
        Channel("load_level", "%"),
        Channel("input_voltage", "V", roles=("before",)),
        Channel("input_power", "W", roles=("before",)),
        Channel("output_voltage", "V", roles=("behind",)),
        Channel("output_power", "W", roles=("behind",)),
        # By the range of the moment: the largest of a run would say little of a small load.
        Channel("input_power_uncertainty", "W"),
        Channel("output_power_uncertainty", "W"),
    )
    plots = (Plot("output_power", "input_power"), Plot("time", "input_power"))

    nominal_voltage = Param("V", low=0.1, high=1500.0)
    lowest_voltage = OptionalParam("V", low=0.1, high=1500.0)
    highest_voltage = OptionalParam("V", low=0.1, high=1500.0)
    rated_voltage = Param("V", low=0.1, high=1500.0)
    rated_current = Param("A", low=0.001, high=1000.0)
    input_limit = Param("A", low=0.001, high=1000.0)
    least = OptionalParam("%", low=0.0, high=100.0)

    supply = Needs(PowerSupply)  # type: ignore[type-abstract]
    load = Needs(ElectronicLoad)  # type: ignore[type-abstract]
    before = Needs(PowerAnalyser)  # type: ignore[type-abstract]
    behind = Needs(PowerAnalyser)  # type: ignore[type-abstract]

    cec = Measurement("%", symbol="ηCEC", resolution=0.01)
    euro = Measurement("%", symbol="ηEU", clause="EN 50530:2010", resolution=0.01)
    full_load = Measurement("%", symbol="η100", resolution=0.01)
    peak = Measurement("%", symbol="ηmax", resolution=0.01)
    cec_low = Measurement("%", symbol="ηCEC,min", resolution=0.01, required=False)
    euro_low = Measurement("%", symbol="ηEU,min", resolution=0.01, required=False)
    cec_high = Measurement("%", symbol="ηCEC,max", resolution=0.01, required=False)
    euro_high = Measurement("%", symbol="ηEU,max", resolution=0.01, required=False)

    @phase(limit=24 * _HOUR)
    def connect(self, run: RunContext) -> None:
        """Make everything safe and let the operator connect the device."""
        run.on_exit("supply", self.supply.make_safe)
        run.on_exit("load", self.load.make_safe)
        self.load.switch_input(False)
        self.supply.switch_output(False)
        run.ask(
            "prompt.tb-efficiency.connect",
            "option.done",
            voltage=max(self._levels),
            current=self.rated_current,
        )

    @phase(limit=240 * _HOUR)
    def load_points(self, run: RunContext) -> None:
        """Load the device in steps, from the largest to the smallest, at each input voltage."""
        points = sorted(self._data["load"]["points"], reverse=True)
        steps = [(level, share) for level in self._levels for share in points]
        set_level = None
        for number, (level, share) in enumerate(steps):
            if level != set_level:
                self.supply.set_voltage(level)
                self.supply.set_current_limit(self.input_limit)
                self.supply.switch_output(True)
                set_level = level
            self.load.set_sink_current(share / _WHOLE * self.rated_current)
            self.load.switch_input(True)
            self._hold(run, level, share)
            run.progress((number + 1) / len(steps))
        self.load.switch_input(False)
        self.supply.switch_output(False)

    @staticmethod
    def evaluate(
        dataset: "xarray.Dataset", parameters: Parameters, data: Mapping[str, Any]
    ) -> Evaluation:
        """Weigh the efficiencies: see `testbed.evaluation.efficiency`."""
        return evaluate_efficiency(dataset, parameters, data)

    @classmethod
    def limits(cls, parameters: Parameters, data: Mapping[str, Any]) -> tuple[Limit, ...]:
        """Ask for the least CEC efficiency where one was given."""
        least = parameters["least"]
        if least is None:
            return ()
        return (Limit(measurand="cec", low=float(least), source=cls.standard),)

    def forecast(self) -> float:
        """Add up the windows of all points [s]; a device that settles slowly takes longer."""
        points = len(self._levels) * len(self._data["load"]["points"])
        return points * float(self._data["settling"]["window"])

    @property
    def _levels(self) -> tuple[float, ...]:
        given = (self.nominal_voltage, self.lowest_voltage, self.highest_voltage)
        return tuple(dict.fromkeys(level for level in given if level is not None))

    @property
    def _data(self) -> Mapping[str, Any]:
        return method_data("testbed.methods", self.id, self.version)

    def _hold(self, run: RunContext, level: float, share: float) -> None:
        """Sample one point until both powers have settled, or for the longest time."""
        rules = self._data["settling"]
        began = run.elapsed()
        taken: list[tuple[float, float, float]] = []
        for _ in run.every(self._data["sampling"]["period"]):
            into, out = self._sample(run, level, share)
            taken.append((run.elapsed(), into, out))
            if _settled(taken, rules):
                return
            if run.elapsed() - began > rules["longest"]:
                run.note("note.tb-efficiency.not-settled", voltage=level, load=share)
                return

    def _sample(self, run: RunContext, level: float, share: float) -> tuple[float, float]:
        at = run.elapsed()
        into, out = self.before.active_power(), self.behind.active_power()
        run.record(
            at=at,
            input_level=level,
            load_level=share,
            input_voltage=self.before.voltage(),
            input_power=into,
            output_voltage=self.behind.voltage(),
            output_power=out,
            input_power_uncertainty=_uncertainty(into),
            output_power_uncertainty=_uncertainty(out),
        )
        return into.value, out.value


def _uncertainty(reading: Reading) -> float:
    known = reading.standard_uncertainty
    return math.nan if known is None else known


def _settled(taken: list[tuple[float, float, float]], rules: Mapping[str, Any]) -> bool:
    time, into, out = (np.array(column) for column in zip(*taken, strict=True))
    drifts = [drift(time, power, float(rules["window"])) for power in (into, out)]
    return all(each is not None and abs(each) <= float(rules["drift"]) for each in drifts)
