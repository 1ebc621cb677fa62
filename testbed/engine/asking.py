"""What a run asks its operator: five kinds of questions, one way to have them answered."""

from abc import ABC, abstractmethod

from testbed.engine.ports import Prompt, PromptKind
from testbed.engine.prompts import DONE, FAIL, PASS, Answer

__all__ = ["Asking"]


class Asking(ABC):
    """The questions of a run context; whoever inherits says how one is answered."""

    @abstractmethod
    def _answer(self, prompt: Prompt) -> Answer:
        """Open a prompt and wait for its answer."""

    def ask(self, prompt: str, *options: str, picture: str = "", **values: str | float) -> str:
        """Ask for one of `options`, or for text if none."""
        if options:
            return self.ask_choice(prompt, *options, picture=picture, **values)
        return self.ask_text(prompt, picture=picture, **values)

    def ask_text(self, prompt: str, *, picture: str = "", **values: str | float) -> str:
        """Ask for words."""
        kind = PromptKind.TEXT
        asked = Prompt(number=0, code=prompt, kind=kind, picture=picture, values=values)
        return str(self._answer(asked).value)

    def ask_name(self, prompt: str, *, picture: str = "", **values: str | float) -> tuple[str, str]:
        """Ask a person for the name; gives it, and the login under which it was answered."""
        kind = PromptKind.TEXT
        asked = Prompt(number=0, code=prompt, kind=kind, picture=picture, values=values)
        answer = self._answer(asked)
        return str(answer.value), answer.by

    def ask_number(
        self,
        prompt: str,
        unit: str,
        *,
        low: float | None = None,
        high: float | None = None,
        picture: str = "",
        **values: str | float,
    ) -> float:
        """Ask for a number in a range; gives it in `unit`."""
        asked = Prompt(
            number=0,
            code=prompt,
            kind=PromptKind.NUMBER,
            unit=unit,
            low=low,
            high=high,
            picture=picture,
            values=values,
        )
        return float(self._answer(asked).value)

    def ask_choice(
        self, prompt: str, *options: str, picture: str = "", **values: str | float
    ) -> str:
        """Ask for one of `options`."""
        return self._choose(PromptKind.CHOICE, prompt, options, picture, values)

    def ask_pass(self, prompt: str, *, picture: str = "", **values: str | float) -> bool:
        """Ask whether something is in order."""
        return self._choose(PromptKind.PASS_FAIL, prompt, (PASS, FAIL), picture, values) == PASS

    def show(self, prompt: str, picture: str, **values: str | float) -> None:
        """Show a picture until the operator has done what it shows."""
        self._choose(PromptKind.PICTURE, prompt, (DONE,), picture, values)

    def _choose(
        self,
        kind: PromptKind,
        prompt: str,
        options: tuple[str, ...],
        picture: str,
        values: dict[str, str | float],
    ) -> str:
        asked = Prompt(
            number=0, code=prompt, kind=kind, options=options, picture=picture, values=values
        )
        return str(self._answer(asked).value)
