"""An instrument that is spoken to in lines of text; what every such driver has in common."""

from abc import abstractmethod
from collections.abc import Mapping
from typing import ClassVar, Self

from instruments.accuracy import NOMINAL, Conditions
from instruments.errors import BadAnswer
from instruments.link import Link, open_link
from instruments.ranges import Range
from instruments.readings import Identity
from instruments.specified_instrument import SpecifiedInstrument

__all__ = ["LineInstrument"]


class LineInstrument(SpecifiedInstrument):
    """Holds the link, the accepted settings and the conditions of one connected instrument.

    Parameters
    ----------
    link
        Open link.
    ranges
        Accepted settings by quantity, tightened by the bench.
    conditions
        Under which the readings' uncertainty is stated.
    serial
        Serial number of the bench file, for instruments that do not tell theirs.
    """

    sentinel: ClassVar[str] = "*IDN?"
    line_end: ClassVar[str] = "\n"

    def __init__(
        self, link: Link, ranges: Mapping[str, Range], conditions: Conditions, serial: str = ""
    ) -> None:
        super().__init__(ranges, conditions, serial)
        self._link = link
        self._closed = False

    @classmethod
    @abstractmethod
    def identified(cls, reply: str) -> Identity:
        """Read the answer to the sentinel."""

    @classmethod
    def connect(
        cls,
        address: str,
        *,
        serial: str | None,
        limits: Mapping[str, float],
        visa_library: str = "@py",
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
        link = open_link(
            address,
            sentinel=cls.sentinel,
            visa_library=visa_library,
            timeout=timeout,
            baud=baud or cls.about.baud or 9600,
            end=cls.line_end,
        )
        try:
            reply = link.ask_known(lambda reply: cls.expect(cls.identified(reply), serial, reply))
            link.announce(cls.identified(reply))
            instrument = cls(link, ranges, conditions, serial or "", **options)
            instrument.begin()
        except BaseException:
            link.close()
            raise
        return instrument

    @property
    def address(self) -> str:
        """Resource name or port."""
        return self._link.address

    def nonsense(self, what: str, *, doing: str, command: str = "", reply: str = "") -> BadAnswer:
        """Make the error of an answer that makes no sense; the link has to prove itself."""
        self._link.distrust()
        return BadAnswer(what, doing=doing, command=command, reply=reply, address=self.address)

    @property
    def link(self) -> Link:
        """The link, for who records or watches it."""
        return self._link

    def close(self) -> None:
        """Give the link back; the instrument keeps its state. May be called twice."""
        if not self._closed:
            self._closed = True
            self._link.close()
