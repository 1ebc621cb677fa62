"""Asks an instrument everything that can be asked without switching anything on."""

import inspect
import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

from instruments.errors import InstrumentError, OverRange
from instruments.readings import Identity, Impedance, Reading
from instruments.roles import Instrument

__all__ = ["Finding", "self_check"]

_HARMLESS = (Reading, Impedance, bool, float)


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What one question brought.

    Attributes
    ----------
    question
        Name of the driver's method, or of the setting.
    answer
        In words, with unit and standard uncertainty.
    failed
        Whether it failed.
    """

    question: str
    answer: str
    failed: bool = False


def self_check(instrument: Instrument) -> Iterator[Finding]:
    """Identify an instrument, read its settings back and take one reading of each function.

    Nothing is set and nothing is switched on; only what a driver declares as a question without
    arguments is asked, and at the end the instrument is driven safe.
    """
    yield _asked("identity", instrument.identity)
    yield from _settings(instrument)
    for name, question in _questions(instrument):
        yield _asked(name, question)
    yield _asked("make_safe", instrument.make_safe)


def _settings(instrument: Instrument) -> Iterator[Finding]:
    try:
        settings = instrument.settings()
    except InstrumentError as error:
        yield Finding(question="settings", answer=str(error), failed=True)
        return
    for name in settings:
        yield _asked(f"setting {name}", partial(settings.__getitem__, name))


def _questions(instrument: Instrument) -> Iterator[tuple[str, Any]]:
    for name, method in sorted(inspect.getmembers(instrument, inspect.ismethod)):
        if name.startswith("_") or name in ("identity", "settings", "make_safe", "close"):
            continue
        # Some questions have an answer only during or after a test.
        if name in getattr(instrument, "unasked", ()):
            continue
        signature = inspect.signature(method, eval_str=True)
        needed = [p for p in signature.parameters.values() if p.default is p.empty]
        if not needed and signature.return_annotation in _HARMLESS:
            yield name, method


def _asked(name: str, question: Any) -> Finding:  # noqa: ANN401 (any question of any driver)
    try:
        return Finding(question=name, answer=_words(question()))
    except OverRange:
        # With nothing, or something else, at its terminals a meter is right to say so.
        return Finding(question=name, answer="over-range")
    except InstrumentError as error:
        return Finding(question=name, answer=str(error), failed=True)


def _words(answer: object) -> str:
    match answer:
        case Identity():
            return f"{answer.maker} {answer.model} {answer.serial} {answer.firmware}".strip()
        case Reading(standard_uncertainty=None):
            return f"{answer.value:.9g} {answer.unit}"
        case Reading():
            return f"{answer.value:.9g} {answer.unit}  u = {answer.standard_uncertainty:.2g}"
        case Impedance():
            size = math.hypot(answer.resistance.value, answer.reactance.value)
            return f"{size:.6g} ohm at {answer.frequency:g} Hz"
        case None:
            return "done"
    return str(answer)
