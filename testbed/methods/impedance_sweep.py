"""Impedance of a two-pole over frequency: capacitance, loss, and an equivalent circuit.

A house method. Where the fixture counts, it is measured open and shorted first. The circuit that
is asked for is fitted to the spectrum, which is tested for being that of a linear, steady two-pole.
"""

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from instruments.readings import Impedance
from instruments.roles import LcrMeter
from testbed.evaluation.impedance import evaluate_impedance
from testbed.procedure import (
    Channel,
    Choice,
    Evaluation,
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

__all__ = ["ImpedanceSweep"]

Parameters = Mapping[str, float | str | None]

_HOUR = 3600.0


class ImpedanceSweep(Procedure):
    """Impedance from the lowest to the highest frequency, evenly in its logarithm."""

    id = "tb-impedance"
    version = "1"
    standard = "TB-Z-01:2026"
    channels = (
        Channel("frequency", "Hz", roles=("lcr",), function="frequency"),
        Channel("resistance", "ohm", roles=("lcr",), function="impedance"),
        Channel("reactance", "ohm", roles=("lcr",), function="impedance"),
        # Of each part. It grows with the impedance, so that one for all rows would say nothing.
        Channel("impedance_uncertainty", "ohm"),
    )
    plots = (Plot("resistance", "reactance"), Plot("frequency", "reactance"))

    lowest = Param("Hz", low=1e-6, high=1e9, default=100.0)
    highest = Param("Hz", low=1e-6, high=1e9, default=1e6)
    count = Param("1", low=2.0, high=1000.0, default=41.0)
    level = Param("V", low=0.001, high=20.0, default=0.5)
    reference_frequency = Param("Hz", low=1e-6, high=1e9, default=1e3)
    fixture = Choice("as-it-is", "open", "open-short")
    # What evaluations read is any circuit; these are the ones that people choose from.
    circuit = Choice(
        "none",
        "R0-C1",
        "L0-R0-C1",
        "L0-R0-p(R1,C1)",
        "R0-p(R1,C1)",
        "R0-p(R1,CPE1)",
        "R0-p(R1,C1)-p(R2,C2)",
        "R0-p(R1-W1,C1)",
        "R0-p(R1,C1)-W1",
        "R0-p(R1,C1)-p(R2,C2)-Wo1",
        "p(L1-R1,C1)",
    )
    weighting = Choice("modulus", "unit")
    inductive = Choice("kept", "dropped")

    lcr = Needs(LcrMeter)  # type: ignore[type-abstract]

    magnitude = Measurement("ohm", symbol="|Z|", resolution=1e-4)
    angle = Measurement("degree", symbol="θ", resolution=0.01)
    series_resistance = Measurement("ohm", symbol="Rs", resolution=1e-4)
    dissipation = Measurement("1", symbol="D", resolution=1e-5, required=False)
    quality = Measurement("1", symbol="Q", resolution=0.01, required=False)
    series_capacitance = Measurement("F", symbol="Cs", resolution=1e-15, required=False)
    series_inductance = Measurement("H", symbol="Ls", resolution=1e-12, required=False)
    plausibility = Measurement("%", symbol="ΔKK", resolution=0.01, required=False)
    fit_residual = Measurement("%", symbol="s", resolution=0.01, required=False)

    @phase(limit=24 * _HOUR)
    def prepare(self, run: RunContext) -> None:
        """Set the level of the test signal."""
        run.on_exit("lcr", self.lcr.make_safe)
        self.lcr.set_level(self.level)

    @phase(limit=24 * _HOUR)
    def sweep_open(self, run: RunContext) -> None:
        """Measure the empty fixture, where it is to be corrected for."""
        if self.fixture != "as-it-is":
            run.ask("prompt.tb-impedance.open", "option.done")
            self._sweep(run, 0.0)

    @phase(limit=24 * _HOUR)
    def sweep_short(self, run: RunContext) -> None:
        """Measure the shorted fixture, where it is to be corrected for."""
        if self.fixture == "open-short":
            run.ask("prompt.tb-impedance.short", "option.done")
            self._sweep(run, 0.3)

    @phase(limit=240 * _HOUR)
    def sweep(self, run: RunContext) -> None:
        """Measure the two-pole."""
        run.ask("prompt.tb-impedance.connect", "option.done", level=self.level)
        self._sweep(run, 0.6)

    @staticmethod
    def evaluate(
        dataset: "xarray.Dataset", parameters: Parameters, data: Mapping[str, Any]
    ) -> Evaluation:
        """Correct, read, fit and test: see `testbed.evaluation.impedance`."""
        phases = tuple(each.name for each in ImpedanceSweep.declared_phases())
        return evaluate_impedance(dataset, parameters, data, phases)

    def forecast(self) -> float:
        """Add up the settling of all frequencies [s]."""
        sweeps = {"as-it-is": 1, "open": 2, "open-short": 3}[self.fixture]
        return sweeps * len(self._frequencies()) * float(self._data["sweep"]["settling"])

    @property
    def _data(self) -> Mapping[str, Any]:
        return method_data("testbed.methods", self.id, self.version)

    def _sweep(self, run: RunContext, begun: float) -> None:
        frequencies = self._frequencies()
        for number, hertz in enumerate(frequencies, start=1):
            self.lcr.set_frequency(hertz)
            run.sleep(self._data["sweep"]["settling"])
            found = self.lcr.impedance()
            run.record(
                frequency=found.frequency,
                resistance=found.resistance,
                reactance=found.reactance,
                impedance_uncertainty=_uncertainty(found),
            )
            run.progress(begun + (1.0 - begun) * number / len(frequencies))

    def _frequencies(self) -> list[float]:
        """Give the frequencies in ascending order [Hz], the reference frequency among them."""
        even = np.geomspace(self.lowest, self.highest, round(self.count)).tolist()
        inside = self.lowest <= self.reference_frequency <= self.highest
        known = any(abs(each / self.reference_frequency - 1.0) < 1e-6 for each in even)
        return sorted([*even, self.reference_frequency] if inside and not known else even)


def _uncertainty(found: Impedance) -> float:
    """Give the larger standard uncertainty of both parts [ohm]; NaN where one states none."""
    parts = (found.resistance.standard_uncertainty, found.reactance.standard_uncertainty)
    known = [each for each in parts if each is not None]
    return max(known) if len(known) == len(parts) else math.nan
