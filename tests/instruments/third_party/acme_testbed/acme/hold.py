"""Watches a voltage for a while and gives its mean."""

from collections.abc import Mapping
from typing import Any

import xarray

from instruments.roles import Multimeter
from testbed.procedure import (
    Channel,
    Evaluation,
    Measurement,
    Needs,
    Obtained,
    Param,
    Procedure,
    RunContext,
    method_data,
    phase,
)


class Hold(Procedure):
    """A voltage over time."""

    id = "acme-hold"
    version = "1"
    standard = "ACME 1:2026"
    channels = (Channel("voltage", "V"),)

    duration = Param("s", low=1.0, high=3600.0, default=10.0)
    meter = Needs(Multimeter)
    mean = Measurement("V", symbol="U", resolution=0.001)

    @phase(limit=7200.0)
    def watch(self, run: RunContext) -> None:
        """Record the voltage."""
        period = method_data("acme", self.id, self.version)["sampling"]["period"]
        for _ in run.every(period, during=self.duration):
            run.record(voltage=self.meter.dc_voltage().value)

    @staticmethod
    def evaluate(
        dataset: xarray.Dataset,
        parameters: Mapping[str, float | str | None],
        data: Mapping[str, Any],
    ) -> Evaluation:
        """Take the mean."""
        return Evaluation(values={"mean": Obtained(float(dataset["voltage"].mean()))})

    def forecast(self) -> float:
        """As long as asked for [s]."""
        return self.duration
