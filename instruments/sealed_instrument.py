"""An instrument that speaks in sealed lines: what the drivers of Testbed's own protocols share."""

import math
from collections.abc import Collection

from instruments import sealed_line
from instruments.errors import InstrumentError
from instruments.line_instrument import LineInstrument
from instruments.readings import Identity

__all__ = ["SealedInstrument"]

_WAIT = 0.2  # [s] that a machine may take for one answer; any link waits longer


class SealedInstrument(LineInstrument):
    """Asks in sealed lines, and waits in short questions that are each answered in time."""

    sentinel = sealed_line.sealed("ID?")

    @classmethod
    def identified(cls, reply: str) -> Identity:
        """Read ``ID maker,model,serial,firmware``."""
        return sealed_line.identity(sealed_line.opened(reply))

    def ask(self, question: str, head: str, *, doing: str) -> str:
        """Ask; gives what follows the word `head` of the reply."""
        with self._link.exchange(doing) as line:
            try:
                return sealed_line.answer(line, question, head)
            except InstrumentError as error:
                error.command = error.command or question
                raise

    def fields(self, question: str, head: str, count: int, *, doing: str) -> list[str]:
        """Ask for `count` values between semicolons."""
        found = self.ask(question, head, doing=doing).split(";")
        if len(found) != count:
            raise self.nonsense(
                f"{count} values were expected",
                doing=doing,
                command=question,
                reply=";".join(found),
            )
        return found

    def await_rest(self, moving: Collection[str], *, within: float, doing: str) -> str:
        """Wait until the state is none of `moving`, by the machine's own time; gives the state.

        Raises
        ------
        InstrumentFault
            It still moves after `within` [s].
        """
        state = ""
        for _ in range(math.ceil(within / _WAIT)):
            state = self.ask(f"WT? {_WAIT:g}", "WT", doing=doing)
            if state.partition(" ")[0] not in moving:
                return state
        raise self.fault(f"still {state} after {within:g} s", doing=doing, command="WT?")

    def identity(self) -> Identity:
        """Ask the machine who it is."""
        return sealed_line.identity("ID " + self.ask("ID?", "ID", doing="identify the machine"))
