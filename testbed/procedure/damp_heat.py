"""Damp heat: a chamber that holds a humidity as well, and a hygrometer at the specimen."""

from collections.abc import Mapping
from typing import ClassVar

from instruments.readings import Reading
from instruments.roles import HumidityChamber
from testbed.procedure.channels import Channel, Plot
from testbed.procedure.climate import CLIMATE_CHANNELS, PLACES, ClimaticTest
from testbed.procedure.declare import Needs, Param

__all__ = ["DampHeatTest"]


class DampHeatTest(ClimaticTest):
    """A climatic test with humidity.

    The hygrometer's voltage is on the logger's input behind those of the working space. It is
    not the control sensor: that one alone proves nothing.
    """

    channels: ClassVar[tuple[Channel, ...]] = (
        *CLIMATE_CHANNELS,
        # From the hygrometer's voltage and its span.
        Channel("humidity", "%", "relative_humidity"),
        Channel("control_humidity", "%", "relative_humidity", roles=("chamber",)),
        Channel("humidity_set_point", "%"),
        Channel("hygrometer_voltage", "V", roles=("logger",)),
    )
    plots: ClassVar[tuple[Plot, ...]] = (
        Plot("time", "monitor_temperature"),
        Plot("time", "humidity"),
    )

    hygrometer_span = Param("V", low=0.01, high=100.0, default=1.0)

    chamber = Needs(HumidityChamber)  # type: ignore[type-abstract]

    @property
    def climate(self) -> HumidityChamber:
        """The chamber that is led."""
        return self.chamber

    def enter(self, index: int) -> None:
        """Set the humidity of segment `index`, where it controls one."""
        humidity = self.segments[index].humidity
        if humidity is not None:
            self.chamber.set_humidity(humidity)

    def further(self, index: int) -> tuple[Mapping[str, float | Reading], float | None]:
        """Measure the humidity at the specimen and at the control sensor [%]."""
        (sensed,) = self.logger.dc_voltages(int(self.first_input) + PLACES + 1)
        # Of the hygrometer's own uncertainty nothing is known here: this is a plain number.
        humidity = 100.0 * sensed.value / self.hygrometer_span
        asked = self.segments[index].humidity
        row: dict[str, float | Reading] = {
            "humidity": humidity,
            "control_humidity": self.chamber.humidity(),
            "humidity_set_point": float("nan") if asked is None else asked,
            "hygrometer_voltage": sensed,
        }
        return row, humidity
