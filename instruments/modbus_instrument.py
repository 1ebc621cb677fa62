"""An instrument that is spoken to by registers; its drivers add the register map of their model."""

from abc import abstractmethod
from collections.abc import Mapping
from typing import ClassVar, Self

from instruments.accuracy import NOMINAL, Conditions
from instruments.errors import BadAnswer
from instruments.modbus_link import Known, ModbusLink, open_modbus
from instruments.modbus_request import shown
from instruments.ranges import Range
from instruments.readings import Identity
from instruments.specified_instrument import SpecifiedInstrument

__all__ = ["ModbusInstrument"]


class ModbusInstrument(SpecifiedInstrument):
    """Holds the link to one unit.

    Parameters
    ----------
    link
        Open link.
    """

    known: ClassVar[Known]

    def __init__(
        self,
        link: ModbusLink,
        ranges: Mapping[str, Range],
        conditions: Conditions = NOMINAL,
        serial: str = "",
    ) -> None:
        super().__init__(ranges, conditions, serial)
        self._link = link
        self._closed = False

    @classmethod
    @abstractmethod
    def identified(cls, registers: tuple[int, ...], **options: str | float) -> Identity:
        """Read the registers that never change.

        Raises
        ------
        BadAnswer
            They are those of another instrument.
        """

    @classmethod
    def connect(
        cls,
        address: str,
        *,
        serial: str | None,
        limits: Mapping[str, float],
        timeout: float = 2.0,
        baud: int = 0,
        conditions: Conditions = NOMINAL,
        **options: str | float,
    ) -> Self:
        """Open the link and make sure that the right instrument answers, before any setting.

        Parameters
        ----------
        serial
            The serial number from the bench file; None where any will do.
        limits
            Upper limits of the bench, by quantity of `Model.ranges`.
        options
            What the driver's `ranges_of` takes.

        Raises
        ------
        BadAnswer
            Another model, or another instrument of the model.
        SettingRefused
            A limit or an option that this model does not have.
        """
        ranges = cls.allowed(limits, options)
        link = open_modbus(
            address, known=cls.known, baud=baud or cls.about.baud or 9600, timeout=timeout
        )
        try:
            cls._make_sure(link, serial, options)
            instrument = cls(link, ranges, conditions, serial or "", **options)
            instrument.begin()
        except BaseException:
            link.close()
            raise
        return instrument

    @classmethod
    def _make_sure(
        cls, link: ModbusLink, serial: str | None, options: Mapping[str, str | float]
    ) -> None:
        def accept(registers: tuple[int, ...]) -> None:
            cls.expect(cls.identified(registers, **options), serial, shown(registers))

        link.announce(cls.identified(link.ask_known(accept), **options))

    @property
    def address(self) -> str:
        """Modbus address."""
        return self._link.address

    @property
    def link(self) -> ModbusLink:
        """The link, for who records or watches it."""
        return self._link

    def nonsense(self, what: str, *, doing: str, command: str = "", reply: str = "") -> BadAnswer:
        """Make the error of an answer that makes no sense; the link has to prove itself."""
        self._link.distrust()
        return BadAnswer(what, doing=doing, command=command, reply=reply, address=self.address)

    def write_checked(self, register: int, values: tuple[int, ...], *, doing: str) -> None:
        """Write registers and read them back.

        Raises
        ------
        InstrumentFault
            The instrument took something else.
        """
        self._link.write(register, values, doing=doing)
        found = self._link.read(register, len(values), doing=doing)
        if found != values:
            raise self.fault(
                f"the instrument took {shown(found)} instead of {shown(values)}",
                doing=doing,
                command=f"write {register} {shown(values)}",
            )

    def close(self) -> None:
        """Give the link back; the instrument keeps its state. May be called twice."""
        if not self._closed:
            self._closed = True
            self._link.close()
