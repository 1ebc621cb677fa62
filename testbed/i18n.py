"""Words for people: catalogues in Korean and English, chosen per request.

Message ids are of two kinds. Sentences of a door are their own English text and need only a
Korean translation. Codes from below ("objection.slot-taken", "phase.iso-6892-1.pull") need both.
A catalogue file is ``locale/<language>/<room>.po``; they are read as they stand, so that a
checkout needs no compile step.
"""

import math
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from io import BytesIO

from babel.messages.pofile import read_po

from testbed.domain.decision import Decision
from testbed.domain.decision_rule import NAMED_RULES, DecisionRule, RuleKind
from testbed.domain.objections import Objection

__all__ = ["LOCALES", "Words", "percent_text", "words"]

LOCALES = ("ko", "en")


class Words:
    """One language's words.

    Parameters
    ----------
    locale
        "ko" or "en".
    catalogue
        Message id to text.
    """

    def __init__(self, locale: str, catalogue: Mapping[str, str]) -> None:
        self.locale = locale
        self._catalogue = catalogue

    def __call__(self, message: str, **values: object) -> str:
        """Translate a message id and fill in its values; an unknown id stands for itself."""
        text = self._catalogue.get(message) or message
        return text.format(**values) if values else text

    def knows(self, message: str) -> bool:
        """Tell whether there is a translation."""
        return bool(self._catalogue.get(message))

    def objection(self, objection: Objection) -> str:
        """Put an objection into words."""
        return self(f"objection.{objection.code}", **objection.values)

    def rule(self, rule: DecisionRule) -> str:
        """Put a decision rule into words: "guarded by 1.00 U (ILAC-G8)"."""
        risk = "" if rule.risk is None else percent_text(rule.risk)
        guard = f"{rule.guard:.2f}" if round(rule.guard, 2) == rule.guard else f"{rule.guard:g}"
        head = self(f"rule.{rule.kind.name.lower()}", guard=guard, risk=risk)
        for name, named in NAMED_RULES.items():
            if (named.kind, named.guard) == (rule.kind, rule.guard):
                head += f" ({name.upper() if '-' in name else self(f'rule.named.{name}')})"
        if rule.kind is RuleKind.SIMPLE:
            head += " (ILAC-G8)"
        largest = [] if rule.u_max is None else [f"U ≤ {rule.u_max:g}"]
        least = [] if rule.tur_min is None else [f"TUR ≥ {rule.tur_min:g}"]
        return ", ".join((head, *largest, *least))

    def risk(self, decision: Decision) -> str:
        """Name what a decision risks and how much: "PFA 1.3 %"; "" where nothing was decided."""
        if decision.false_acceptance is not None:
            return f"PFA {percent_text(decision.false_acceptance)}"
        if decision.false_rejection is not None:
            return f"PFR {percent_text(decision.false_rejection)}"
        return ""


def percent_text(probability: float) -> str:
    """Write a probability (0..1) in percent with two digits; what is next to 0 or 1 as a bound."""
    percent = 100.0 * probability
    if percent < 0.01:
        return "< 0.01 %"
    if percent >= 99.5:
        return "> 99 %"
    return f"{percent:.{max(0, 1 - math.floor(math.log10(percent)))}f} %"


@cache
def words(locale: str) -> Words:
    """Load a language, once per process; unknown languages give English.

    Raises
    ------
    ValueError
        Two catalogues of one language translate the same id differently.
    """
    locale = locale if locale in LOCALES else "en"
    catalogue: dict[str, str] = {}
    for source in files("testbed.locale").joinpath(locale).iterdir():
        if not source.name.endswith(".po"):
            continue
        for message in read_po(BytesIO(source.read_bytes()), locale=locale):
            if message.id and message.string:
                known = catalogue.setdefault(str(message.id), str(message.string))
                if known != message.string:
                    raise ValueError(f"{source.name}: second translation of {message.id!r}")
    return Words(locale, catalogue)
