"""Roles of chambers and thermometers."""

from typing import Protocol, runtime_checkable

from instruments.readings import Reading
from instruments.roles.instrument import Instrument

__all__ = ["ClimaticChamber", "HumidityChamber", "Thermometer"]


@runtime_checkable
class ClimaticChamber(Instrument, Protocol):
    """Holds a temperature around the specimen."""

    def start(self, temperature: float) -> None:
        """Run at a constant set-point [degC]; may be called again to change it."""
        ...

    def stop(self) -> None:
        """Stop conditioning and read back that it stopped."""
        ...

    def is_running(self) -> bool:
        """Tell whether the chamber is conditioning."""
        ...

    def temperature(self) -> Reading:
        """Measure the air temperature at the control sensor [degC]."""
        ...

    def set_point(self) -> float:
        """Read back the temperature set-point [degC]."""
        ...


@runtime_checkable
class HumidityChamber(ClimaticChamber, Protocol):
    """A climatic chamber that holds a relative humidity as well."""

    def set_humidity(self, percent: float) -> None:
        """Set the relative humidity [%]."""
        ...

    def humidity(self) -> Reading:
        """Measure the relative humidity at the control sensor [%]."""
        ...


@runtime_checkable
class Thermometer(Instrument, Protocol):
    """Measures temperature by one or more probes, numbered from 1."""

    def temperature(self, probe: int = 1) -> Reading:
        """Measure the temperature of a probe [degC]."""
        ...
