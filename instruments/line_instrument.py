"""An instrument that is spoken to in lines of text; what every such driver has in common."""

from collections.abc import Mapping
from typing import ClassVar, Self

from instruments.accuracy import NOMINAL, SQRT_3, Bound, Conditions, admitted
from instruments.errors import BadAnswer, InstrumentFault, SettingRefused
from instruments.link import Link, open_link
from instruments.model import Model
from instruments.ranges import Range, tightened
from instruments.readings import Identity, Reading

__all__ = ["LineInstrument"]


class LineInstrument:
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

    about: ClassVar[Model]
    sentinel: ClassVar[str] = "*IDN?"
    line_end: ClassVar[str] = "\n"

    def __init__(
        self, link: Link, ranges: Mapping[str, Range], conditions: Conditions, serial: str = ""
    ) -> None:
        self._link = link
        self._ranges = ranges
        self._conditions = conditions
        self._serial = serial
        self._specified: dict[str, tuple[str, tuple[Bound, ...]]] = {}
        self._closed = False

    @classmethod
    def ranges_of(cls) -> tuple[Range, ...]:
        """Give what the instrument accepts; drivers with options of their own take them here."""
        return cls.about.ranges

    @classmethod
    def identified(cls, reply: str) -> Identity:
        """Read the answer to the sentinel."""
        raise NotImplementedError

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
        try:
            ranges = tightened(cls.ranges_of(**options), limits)
        except TypeError as error:
            raise SettingRefused("option", ", ".join(sorted(options)), str(error)) from error
        link = open_link(
            address,
            sentinel=cls.sentinel,
            visa_library=visa_library,
            timeout=timeout,
            baud=baud or cls.about.baud or 9600,
            end=cls.line_end,
        )
        try:
            reply = link.ask_known(lambda reply: cls._expect(reply, serial))
            link.announce(cls.identified(reply))
            instrument = cls(link, ranges, conditions, serial or "", **options)
            instrument.begin()
        except BaseException:
            link.close()
            raise
        return instrument

    @classmethod
    def _expect(cls, reply: str, serial: str | None) -> None:
        found, about = cls.identified(reply), cls.about
        models = (about.name, *about.also)
        if about.maker.lower() not in found.maker.lower() or found.model not in models:
            raise BadAnswer(
                f"another instrument answers: {found.maker} {found.model}, expected {about.name}",
                reply=reply,
            )
        if serial and found.serial and found.serial != serial:
            raise BadAnswer(
                f"another {about.name} answers: serial {found.serial}, expected {serial}",
                reply=reply,
            )

    def begin(self) -> None:
        """Do what has to be done once, right after connecting; no setting may be sent."""

    def accepted(self, quantity: str, value: float) -> float:
        """Check a setting against the instrument's and the bench's range.

        Raises
        ------
        SettingRefused
            It lies outside; nothing was sent.
        """
        return self._ranges[quantity].check(value)

    def reading(
        self, value: float, function: str, *, span: float | None = None, frequency: float = 0.0
    ) -> Reading:
        """Give a value of a measuring function with its standard uncertainty.

        Parameters
        ----------
        span
            Full scale of the range in use, where it is known.
        frequency
            Frequency of the quantity [Hz]; 0 for direct.
        """
        if function not in self._specified:
            accuracy = self.about.accuracy[function]
            self._specified[function] = accuracy.unit, accuracy.bounds(self._conditions)
        unit, bounds = self._specified[function]
        limit = admitted(bounds, value, span=span, frequency=frequency)
        uncertainty = None if limit is None else limit / SQRT_3
        return Reading(value=value, unit=unit, standard_uncertainty=uncertainty)

    def fault(
        self, what: str, *, doing: str, command: str = "", reply: str = ""
    ) -> InstrumentFault:
        """Make the error of an instrument that did not do as it was told."""
        return InstrumentFault(
            what, doing=doing, command=command, reply=reply, address=self._link.address
        )

    def nonsense(self, what: str, *, doing: str, command: str = "", reply: str = "") -> BadAnswer:
        """Make the error of an answer that makes no sense; the link has to prove itself."""
        self._link.distrust()
        return BadAnswer(
            what, doing=doing, command=command, reply=reply, address=self._link.address
        )

    @property
    def link(self) -> Link:
        """The link, for who records or watches it."""
        return self._link

    def make_safe(self) -> None:
        """Do nothing: drivers of instruments with an output say how it goes off."""

    def close(self) -> None:
        """Give the link back; the instrument keeps its state. May be called twice."""
        if not self._closed:
            self._closed = True
            self._link.close()
