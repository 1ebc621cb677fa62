"""The role of testers that apply high voltage."""

from typing import Protocol, runtime_checkable

from instruments.readings import Reading
from instruments.roles.instrument import Instrument

__all__ = ["WithstandTester"]


@runtime_checkable
class WithstandTester(Instrument, Protocol):
    """Applies high voltage to insulation and measures what leaks."""

    def set_withstand(
        self, volts: float, *, alternating: bool, limit: float, seconds: float
    ) -> None:
        """Prepare a withstand test: voltage [V], leakage limit [A], duration [s]."""
        ...

    def set_insulation(self, volts: float, *, seconds: float) -> None:
        """Prepare an insulation-resistance test: voltage [V], duration [s]."""
        ...

    def interlock_closed(self) -> bool:
        """Tell whether the interlock of the cage is closed."""
        ...

    def start(self) -> None:
        """Switch the high voltage on; refused while the interlock is open."""
        ...

    def stop(self) -> None:
        """Switch the high voltage off and read back that it is."""
        ...

    def is_on(self) -> bool:
        """Tell whether high voltage is on."""
        ...

    def voltage(self) -> Reading:
        """Measure the test voltage [V]."""
        ...

    def leakage(self) -> Reading:
        """Measure the leakage current [A]."""
        ...

    def insulation(self) -> Reading:
        """Measure the insulation resistance [ohm]."""
        ...

    def passed(self) -> bool:
        """Tell whether the last test ended without break-down."""
        ...
