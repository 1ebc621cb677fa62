"""The registers of a simulated Modbus instrument, by parameter."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from instruments.simulators.modbus_server import RegisterRefused

__all__ = ["RegisterMap", "Show", "Take"]

_ILLEGAL_REGISTER, _ILLEGAL_VALUE = 2, 3

Show = Callable[[], Sequence[int]]
Take = Callable[[Sequence[int]], None]


@dataclass(frozen=True, slots=True)
class _Parameter:
    """Registers that hold one value.

    Attributes
    ----------
    width
        Number of registers.
    least
        How many of them have to be written together, the first ones.
    """

    width: int
    least: int
    show: Show
    take: Take | None


class RegisterMap:
    """Parameters by their first register; what lies between two of them is refused."""

    def __init__(self) -> None:
        self._parameters: dict[int, _Parameter] = {}
        self._starts: dict[int, int] = {}

    def add(
        self, register: int, width: int, show: Show, take: Take | None = None, *, least: int = 0
    ) -> None:
        """Add a parameter; without `take` it is read only."""
        self._parameters[register] = _Parameter(width, least or width, show, take)
        for each in range(register, register + width):
            self._starts[each] = register

    def read(self, register: int, count: int) -> Sequence[int]:
        """Give `count` registers; every parameter is asked once.

        Raises
        ------
        RegisterRefused
            One of them does not exist.
        """
        shown: dict[int, Sequence[int]] = {}
        found = []
        for each in range(register, register + count):
            if each not in self._starts:
                raise RegisterRefused(_ILLEGAL_REGISTER)
            start = self._starts[each]
            if start not in shown:
                shown[start] = self._parameters[start].show()
            found.append(shown[start][each - start])
        return found

    def write(self, register: int, values: Sequence[int]) -> None:
        """Take registers, whole parameters at a time.

        Raises
        ------
        RegisterRefused
            One of them does not exist or cannot be written, or a value is not accepted.
        """
        while values:
            parameter = self._parameters.get(register)
            if parameter is None or parameter.take is None:
                raise RegisterRefused(_ILLEGAL_REGISTER)
            if len(values) < parameter.least:
                raise RegisterRefused(_ILLEGAL_VALUE)
            parameter.take(values[: parameter.width])
            register += parameter.width
            values = values[parameter.width :]
