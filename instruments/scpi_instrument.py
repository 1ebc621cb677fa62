"""An instrument that speaks SCPI; its drivers add the command set of their model."""

from collections.abc import Callable
from typing import ClassVar, TypeVar

from instruments import scpi
from instruments.errors import BadAnswer, InstrumentError, InstrumentFault, NoAnswer
from instruments.line_instrument import LineInstrument
from instruments.readings import Identity, Reading

__all__ = ["ScpiInstrument"]

Value = TypeVar("Value")
_QUEUE = 50  # entries; a longer error queue does not empty


class ScpiInstrument(LineInstrument):
    """Asks, sets and checks the error queue in the same line."""

    error_query: ClassVar[str] = ":SYST:ERR?"

    @classmethod
    def identified(cls, reply: str) -> Identity:
        """Read the four fields of ``*IDN?``."""
        return scpi.identity(reply)

    def begin(self) -> None:
        """Empty the error queue of what happened before us."""
        doing = "clear the error queue"
        with self._link.exchange(doing):
            for _ in range(_QUEUE):
                if self._next_error(doing).code == 0:
                    return
        raise self.fault("the error queue does not empty", doing=doing)

    def identity(self) -> Identity:
        """Ask the instrument who it is."""
        return self.ask("*IDN?", scpi.identity, doing="identify the instrument")

    def ask(self, question: str, read: Callable[[str], Value], *, doing: str) -> Value:
        """Ask and read the reply; where none comes, tell what the error queue says about it."""
        try:
            reply = self._link.query(question, doing=doing)
        except NoAnswer as silence:
            raise self._explained(silence, question, doing) from silence
        try:
            return read(reply)
        except InstrumentError as error:
            raise self._completed(error, question, reply, doing) from None

    def _completed(
        self, error: InstrumentError, command: str, reply: str, doing: str
    ) -> InstrumentError:
        if isinstance(error, BadAnswer):
            self._link.distrust()
        error.command, error.reply = command, error.reply or reply
        error.doing, error.address = doing, self._link.address
        return error

    def measure(
        self,
        question: str,
        function: str,
        *,
        doing: str,
        span: float | None = None,
        frequency: float = 0.0,
    ) -> Reading:
        """Ask for one value of a measuring function; gives it with its standard uncertainty."""
        value = self.ask(question, scpi.number, doing=doing)
        return self.reading(value, function, span=span, frequency=frequency)

    def _explained(self, silence: NoAnswer, question: str, doing: str) -> InstrumentError:
        try:
            entry = self._next_error(doing)
        except InstrumentError:
            return silence
        if entry.code == 0:
            return silence
        return self.fault(f"the instrument reports {entry}", doing=doing, command=question)

    def tell(self, setting: str, *, doing: str) -> None:
        """Send a setting and read the error queue in the same line.

        Raises
        ------
        InstrumentFault
            The instrument refused it; every queued error is named.
        """
        reply = self._link.query(f"{setting};{self.error_query}", doing=doing)
        try:
            entry = scpi.queued_error(reply)
        except BadAnswer as error:
            raise self._completed(error, setting, reply, doing) from None
        if entry.code == 0:
            return
        entries = [entry]
        while (entry := self._next_error(doing)).code != 0 and len(entries) < _QUEUE:
            entries.append(entry)
        raise InstrumentFault(
            "the instrument reports " + "; ".join(map(str, entries)),
            command=setting,
            doing=doing,
            address=self._link.address,
        )

    def _next_error(self, doing: str) -> scpi.QueuedError:
        return scpi.queued_error(self._link.query(self.error_query, doing=doing))
