"""An instrument that speaks SCPI over a link; drivers hold one and add their own command set."""

from collections.abc import Callable
from typing import Self, TypeVar

from instruments import scpi
from instruments.errors import BadAnswer, InstrumentError, InstrumentFault, NoAnswer
from instruments.link import Link, open_link
from instruments.readings import Identity

__all__ = ["ScpiInstrument"]

Value = TypeVar("Value")


class ScpiInstrument:
    """Asks, sets and checks the error queue in the same line.

    Parameters
    ----------
    link
        Open link, whose sentinel is ``*IDN?``.
    error_query
        Question for the oldest entry of the error queue.
    """

    def __init__(self, link: Link, *, error_query: str = ":SYST:ERR?") -> None:
        self._link = link
        self._error_query = error_query

    @classmethod
    def connect(
        cls,
        address: str,
        *,
        maker: str,
        model: str,
        serial: str | None,
        visa_library: str = "@py",
        timeout: float = 2.0,
    ) -> Self:
        """Open the link and make sure that the right instrument answers, before any setting.

        Parameters
        ----------
        maker
            A part of the maker's name, any case ("keysight").
        model
            The model field of ``*IDN?``.
        serial
            The serial number from the bench file; None where any will do.

        Raises
        ------
        BadAnswer
            Another model, or another instrument of the model.
        """
        link = open_link(address, sentinel="*IDN?", visa_library=visa_library, timeout=timeout)
        try:
            link.ask_known(lambda reply: _expect(reply, address, maker, model, serial))
        except BaseException:
            link.close()
            raise
        instrument = cls(link)
        instrument.clear_errors()
        return instrument

    def identity(self) -> Identity:
        """Ask ``*IDN?``."""
        return self.ask("*IDN?", scpi.identity, doing="identify the instrument")

    def ask(self, question: str, read: Callable[[str], Value], *, doing: str) -> Value:
        """Ask and read the reply; where none comes, tell what the error queue says about it."""
        with self._link.exchange(doing):
            try:
                reply = self._link.query(question, doing=doing)
            except NoAnswer as silence:
                raise self._explained(silence, question, doing) from silence
            try:
                return read(reply)
            except InstrumentError as error:
                error.command, error.reply = question, error.reply or reply
                raise

    def _explained(self, silence: NoAnswer, question: str, doing: str) -> InstrumentError:
        try:
            entry = self._next_error(doing)
        except InstrumentError:
            return silence
        if entry.code == 0:
            return silence
        return InstrumentFault(
            f"the instrument reports {entry}", address=self._link.address, command=question
        )

    def tell(self, setting: str, *, doing: str) -> None:
        """Send a setting and read the error queue in the same line.

        Raises
        ------
        InstrumentFault
            The instrument refused it; every queued error is named.
        """
        with self._link.exchange(doing):
            reply = self._link.query(f"{setting};{self._error_query}", doing=doing)
            entry = scpi.queued_error(reply)
            if entry.code == 0:
                return
            entries = [entry]
            while (entry := self._next_error(doing)).code != 0 and len(entries) < 50:
                entries.append(entry)
            raise InstrumentFault(
                "the instrument reports " + "; ".join(map(str, entries)), command=setting
            )

    def _next_error(self, doing: str) -> scpi.QueuedError:
        return scpi.queued_error(self._link.query(self._error_query, doing=doing))

    def clear_errors(self) -> None:
        """Empty the error queue of what happened before us."""
        with self._link.exchange("clear the error queue"):
            for _ in range(50):
                if self._next_error("clear the error queue").code == 0:
                    return
        raise InstrumentFault("the error queue does not empty", address=self._link.address)

    def close(self) -> None:
        """Give the link back. The instrument keeps its state."""
        self._link.close()


def _expect(reply: str, address: str, maker: str, model: str, serial: str | None) -> None:
    found = scpi.identity(reply)
    if maker.lower() not in found.maker.lower() or found.model != model:
        raise BadAnswer(
            f"another instrument answers: {found.maker} {found.model}, expected {model}",
            reply=reply,
            address=address,
        )
    if serial is not None and found.serial != serial:
        raise BadAnswer(
            f"another {model} answers: serial {found.serial}, expected {serial}",
            reply=reply,
            address=address,
        )
