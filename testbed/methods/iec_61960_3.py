"""Discharge capacity of secondary lithium cells, IEC 61960-3:2017, 7.3.1.

The cell is charged by its maker's method (constant current, then constant voltage), rests, and is
discharged with 0.2 It A to its end voltage. Capacity is the integral of the recorded current.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from instruments.readings import Reading
from instruments.roles import ElectronicLoad, Multimeter, PowerSupply
from testbed.domain.conformity import Limit
from testbed.evaluation.discharge import evaluate_discharge
from testbed.procedure import (
    Channel,
    Evaluation,
    Guide,
    Measurement,
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

__all__ = ["BatteryCapacity"]

_HOUR = 3600.0


class BatteryCapacity(Procedure):
    """Capacity, energy and mean voltage of one cell or battery."""

    id = "iec-61960-3"
    version = "2"
    standard = "IEC 61960-3:2017"
    # The current is positive where it leaves the cell: discharging.
    channels = (
        Channel("voltage", "V", roles=("meter",)),
        Channel("current", "A", roles=("supply", "load")),
    )
    plots = (Plot("time", "voltage"), Plot("time", "current"))

    rated_capacity = Param("A h", low=0.001, high=1000.0)
    charge_voltage = Param("V", low=0.1, high=1000.0, default=4.2)
    charge_rate = Param("1", low=0.01, high=5.0, default=0.5)
    cut_off_rate = Param("1", low=0.001, high=0.5, default=0.05)
    rest = Param("h", low=0.0, high=24.0, default=1.0)
    end_voltage = Param("V", low=0.1, high=1000.0, default=2.75)

    supply = Needs(PowerSupply)  # type: ignore[type-abstract]
    load = Needs(ElectronicLoad)  # type: ignore[type-abstract]
    meter = Needs(Multimeter)  # type: ignore[type-abstract]

    capacity = Measurement("A h", symbol="C", clause="IEC 61960-3:2017, 7.3.1", resolution=0.001)
    energy = Measurement("W h", symbol="E", clause="IEC 61960-3:2017, 7.3.1", resolution=0.01)
    mean_voltage = Measurement("V", symbol="Um", resolution=0.001)
    duration = Measurement("h", symbol="t", clause="IEC 61960-3:2017, 7.3.1", resolution=0.01)

    @phase(limit=24 * _HOUR)
    def connect(self, run: RunContext) -> None:
        """Make everything safe and let the operator connect the cell."""
        run.on_exit("supply", self.supply.make_safe)
        run.on_exit("load", self.load.make_safe)
        self.supply.switch_output(False)
        self.load.switch_input(False)
        run.ask(
            "prompt.iec-61960-3.connect",
            "option.done",
            rated=self.rated_capacity,
            voltage=self.charge_voltage,
        )
        self._sample(run, 0.0)

    @phase(limit=96 * _HOUR)
    def charge(self, run: RunContext) -> None:
        """Charge with constant current, then constant voltage, down to the cut-off current."""
        cut_off = self.cut_off_rate * self.rated_capacity
        ideal = _HOUR / self.charge_rate
        longest = ideal * self._data["charge"]["longest"]
        self.supply.set_voltage(self.charge_voltage)
        self.supply.set_current_limit(self.charge_rate * self.rated_capacity)
        self._sample(run, 0.0)
        self.supply.switch_output(True)
        began = run.elapsed()
        for _ in run.every(self._data["sampling"]["charge"]):
            flowing = self.supply.current()
            current = flowing.value
            self._sample(run, replace(flowing, value=-current))
            passed = run.elapsed() - began
            run.progress(0.4 * min(passed / (1.5 * ideal), 1.0))
            if current <= cut_off:
                break
            if passed > longest:
                raise TimeoutError(f"charging current still {current:g} A after {passed:g} s")
        self.supply.switch_output(False)
        self._sample(run, 0.0)

    @phase(limit=48 * _HOUR)
    def settle(self, run: RunContext) -> None:
        """Let the cell rest between charge and discharge."""
        seconds = self.rest * _HOUR
        if seconds <= 0.0:
            return
        for _ in run.every(self._data["sampling"]["rest"], during=seconds):
            self._sample(run, 0.0)
        run.progress(0.5)

    @phase(limit=96 * _HOUR)
    def discharge(self, run: RunContext) -> None:
        """Discharge with 0.2 It A down to the end voltage, sampling both switching instants."""
        current = self._data["discharge"]["rate"] * self.rated_capacity
        self.load.set_sink_current(current)
        self._sample(run, 0.0)
        self.load.switch_input(True)
        expected = self.rated_capacity / current * _HOUR
        began = run.elapsed()
        for _ in run.every(self._data["sampling"]["discharge"]):
            volts = self._sample(run, self.load.current())
            passed = run.elapsed() - began
            run.progress(
                0.5 + 0.5 * min(passed / expected, 1.0), remaining=max(expected - passed, 0.0)
            )
            if volts <= self.end_voltage:
                break
        self.load.switch_input(False)
        self._sample(run, 0.0)

    @staticmethod
    def evaluate(
        dataset: "xarray.Dataset",
        parameters: Mapping[str, float | str | None],
        data: Mapping[str, Any],
    ) -> Evaluation:
        """Integrate the recorded discharge: see `testbed.evaluation.discharge`."""
        return evaluate_discharge(dataset, parameters, data)

    @classmethod
    def limits(
        cls, parameters: Mapping[str, float | str | None], data: Mapping[str, Any]
    ) -> tuple[Limit, ...]:
        """Ask for at least the rated capacity (IEC 61960-3:2017, 7.3.1)."""
        rated = float(parameters["rated_capacity"] or 0.0)
        share = float(data["discharge"]["acceptance"])
        return (Limit(measurand="capacity", low=share * rated, source="IEC 61960-3:2017, 7.3.1"),)

    @classmethod
    def guides(cls, parameters: Mapping[str, float | str | None]) -> tuple[Guide, ...]:
        """Show where charging holds the voltage and where the discharge ends."""
        return tuple(
            Guide("voltage", float(value), code)
            for code, value in (
                ("charge-voltage", parameters["charge_voltage"]),
                ("end-voltage", parameters["end_voltage"]),
            )
            if value is not None
        )

    def forecast(self) -> float:
        """Add up charge, rest and discharge [s]."""
        charge = 1.5 / self.charge_rate
        return (charge + self.rest + 1.0 / float(self._data["discharge"]["rate"])) * _HOUR

    @property
    def _data(self) -> Mapping[str, Any]:
        return method_data("testbed.methods", self.id, self.version)

    def _sample(self, run: RunContext, current: float | Reading) -> float:
        volts = self.meter.dc_voltage()
        run.record(voltage=volts, current=current)
        return volts.value
