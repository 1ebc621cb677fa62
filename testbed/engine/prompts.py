"""Questions to the operator: what each kind accepts, the same at every door."""

import math
from dataclasses import dataclass

from testbed.engine.ports import Prompt, PromptKind
from testbed.procedure.parameters import ParameterError, convert, number_and_unit

__all__ = ["DONE", "FAIL", "PASS", "Answer", "accepted_range", "read_answer"]

DONE, PASS, FAIL = "option.done", "option.pass", "option.fail"
_LONGEST = 2000  # letters


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What the operator answered.

    Attributes
    ----------
    text
        As typed, or the message id of the option.
    value
        A number in the unit of the question, else the text.
    by
        Login of who answered, "" where a procedure of the bench itself did.
    """

    text: str
    value: str | float
    by: str = ""


def read_answer(prompt: Prompt, text: str) -> str | float:
    """Read an answer as typed.

    Parameters
    ----------
    text
        One of the options, words, or a number; a bare number is in the unit of the question.

    Raises
    ------
    ParameterError
        Names what was given and what would be accepted.
    """
    if prompt.kind is PromptKind.NUMBER:
        return _number(prompt, text)
    if prompt.kind is PromptKind.TEXT:
        words = text.strip()
        if not words or len(words) > _LONGEST:
            raise ParameterError("answer-length", letters=len(words), accepted=f"1…{_LONGEST}")
        return words
    if text not in prompt.options:
        raise ParameterError("answer-not-offered", value=text, accepted=", ".join(prompt.options))
    return text


def _number(prompt: Prompt, text: str) -> float:
    accepted = accepted_range(prompt)
    found = number_and_unit(text)
    if found is None:
        raise ParameterError("answer-not-a-number", value=text, accepted=accepted)
    number, unit = found
    try:
        value = convert(number, unit, prompt.unit) if unit else number
    except ParameterError as error:
        raise ParameterError("answer-unit", value=text, unit=unit, accepted=accepted) from error
    too_low = prompt.low is not None and value < prompt.low
    too_high = prompt.high is not None and value > prompt.high
    if too_low or too_high or not math.isfinite(value):
        raise ParameterError("answer-out-of-range", value=text, accepted=accepted)
    return value


def accepted_range(prompt: Prompt) -> str:
    """Write what a number must be: "10…50 mm", "mm" where any is accepted."""
    unit = "" if prompt.unit == "1" else f" {prompt.unit}"
    if prompt.low is None and prompt.high is None:
        return prompt.unit
    if prompt.low is None:
        return f"≤ {prompt.high:g}{unit}"
    if prompt.high is None:
        return f"≥ {prompt.low:g}{unit}"
    return f"{prompt.low:g}…{prompt.high:g}{unit}"
