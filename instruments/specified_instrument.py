"""What every driver has in common, however its instrument is spoken to."""

from abc import ABC, abstractmethod
from collections.abc import Collection, Mapping
from typing import ClassVar

from instruments.accuracy import SQRT_3, Bound, Conditions, admitted
from instruments.errors import BadAnswer, InstrumentFault, SettingRefused
from instruments.model import Model
from instruments.ranges import Range, tightened
from instruments.readings import Identity, Reading

__all__ = ["SpecifiedInstrument"]


class SpecifiedInstrument(ABC):
    """Holds the accepted settings, the specification and the conditions of one instrument.

    Parameters
    ----------
    ranges
        Accepted settings by quantity, tightened by the bench.
    conditions
        Under which the readings' uncertainty is stated.
    serial
        Serial number of the bench file, for instruments that do not tell theirs.

    Attributes
    ----------
    unasked
        Questions that have an answer only during or after a test; the self-check leaves them out.
    """

    about: ClassVar[Model]
    unasked: ClassVar[Collection[str]] = ()

    def __init__(
        self, ranges: Mapping[str, Range], conditions: Conditions, serial: str = ""
    ) -> None:
        self._ranges = ranges
        self._conditions = conditions
        self._serial = serial
        self._specified: dict[str, tuple[str, tuple[Bound, ...]]] = {}

    @classmethod
    def ranges_of(cls) -> tuple[Range, ...]:
        """Give what the instrument accepts; drivers with options of their own take them here."""
        return cls.about.ranges

    @classmethod
    def allowed(
        cls, limits: Mapping[str, float], options: Mapping[str, str | float]
    ) -> dict[str, Range]:
        """Give what instrument and bench accept together, by quantity.

        Raises
        ------
        SettingRefused
            A limit or an option that this model does not have.
        """
        try:
            return tightened(cls.ranges_of(**options), limits)
        except TypeError as error:
            raise SettingRefused("option", ", ".join(sorted(options)), str(error)) from error

    @classmethod
    def expect(cls, found: Identity, serial: str | None, reply: str) -> None:
        """Compare who answered with whom the driver and the bench file name.

        Raises
        ------
        BadAnswer
            Another model, or another instrument of the model.
        """
        about = cls.about
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

    @property
    @abstractmethod
    def address(self) -> str:
        """Resource name, port or Modbus address."""

    def begin(self) -> None:  # noqa: B027  # many instruments need nothing
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
            what, doing=doing, command=command, reply=reply, address=self.address
        )

    def make_safe(self) -> None:  # noqa: B027  # what measures only has no output
        """Do nothing: drivers of instruments with an output say how it goes off."""
