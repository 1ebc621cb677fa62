"""Decision rules: how a statement of conformity takes account of measurement uncertainty.

A rule is agreed with the customer before the test and is kept with the order as plain data or as
its text (ISO/IEC 17025:2017, 3.7, 7.1.3 and 7.8.6; ILAC-G8:09/2019).
"""

import math
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from enum import StrEnum
from types import MappingProxyType
from typing import Any, Self

__all__ = [
    "FOUR_OUTCOMES",
    "ILAC_G8",
    "ISO_14253_1",
    "NAMED_RULES",
    "SIMPLE",
    "SIX_SIGMA",
    "THREE_SIGMA",
    "UNCRITICAL",
    "DecisionRule",
    "RuleKind",
    "read_rule",
]


class RuleKind(StrEnum):
    """How a rule decides."""

    SIMPLE = "simple"
    GUARDED = "guarded"
    NON_BINARY = "non-binary"
    PROBABILITY = "by probability"


_BANDED = (RuleKind.GUARDED, RuleKind.NON_BINARY)


@dataclass(frozen=True, slots=True, kw_only=True)
class DecisionRule:
    """What turns a value with its uncertainty and its tolerance limits into a verdict.

    Attributes
    ----------
    kind
        Simple acceptance (ILAC-G8 4.2.1), binary with guard band (4.2.2), non-binary with guard
        band (4.2.3), or by the probability of conformity (JCGM 106:2012, 8.3.3 and 9.3).
    guard
        Length of the guard band as a multiple r of the expanded uncertainty U; above 0 it lies
        inside the tolerance, below 0 outside. 0 unless the kind has a band.
    risk
        For the kind by probability: largest accepted probability that the true value lies
        outside the tolerance, between 0 and 1, ends excluded; None otherwise.
    u_max
        Largest expanded uncertainty U that still allows a decision [unit of the value]; None
        asks nothing.
    tur_min
        Least test uncertainty ratio, the tolerance over 2 U, that still allows a decision; None
        asks nothing.

    Raises
    ------
    ValueError
        The parts do not make a rule together, or a number is out of its range.
    """

    kind: RuleKind
    guard: float = 0.0
    risk: float | None = None
    u_max: float | None = None
    tur_min: float | None = None

    def __post_init__(self) -> None:
        if not math.isfinite(self.guard):
            raise ValueError(f"guard band of {self.guard} U: must be a finite multiple")
        if self.kind not in _BANDED and self.guard != 0.0:
            raise ValueError(f"a rule '{self.kind}' has no guard band, but got {self.guard} U")
        if self.kind is RuleKind.NON_BINARY and not self.guard > 0.0:
            raise ValueError(f"non-binary with {self.guard} U: the guard band must be above 0")
        if (self.kind is RuleKind.PROBABILITY) is (self.risk is None):
            raise ValueError("a risk belongs to a rule by probability, and to no other")
        if self.risk is not None and not 0.0 < self.risk < 1.0:
            raise ValueError(f"risk {self.risk}: must lie between 0 and 1")
        for name, least in (("U", self.u_max), ("TUR", self.tur_min)):
            if least is not None and not 0.0 < least < math.inf:
                raise ValueError(f"condition on {name} of {least}: must be above 0 and finite")

    @classmethod
    def from_plain(cls, plain: Mapping[str, Any]) -> Self:
        """Build a rule from what `plain` gave, or what JSON made of it.

        Raises
        ------
        ValueError
            A part is unknown or of another type, or the parts make no rule.
        """
        unknown = set(plain) - {field.name for field in fields(cls)}
        if unknown or "kind" not in plain:
            raise ValueError(f"a decision rule has a kind, and no {sorted(unknown)}")
        numbers = {name: plain[name] for name in plain if name != "kind"}
        for name, number in numbers.items():
            absent = number is None and name != "guard"
            if not absent and (isinstance(number, bool) or not isinstance(number, int | float)):
                raise ValueError(f"{name} of a decision rule is {number!r}, not a number")
        floats: dict[str, Any] = {
            name: None if number is None else float(number) for name, number in numbers.items()
        }
        return cls(kind=RuleKind(plain["kind"]), **floats)

    def plain(self) -> dict[str, str | float | None]:
        """Give the rule as plain data for JSON."""
        return {**asdict(self), "kind": str(self.kind)}

    def __str__(self) -> str:
        """Write the rule for a report; `read_rule` reads it back without loss."""
        parts = [str(self.kind)]
        if self.kind in _BANDED:
            parts = [f"{self.kind} {_two_decimals(self.guard)} U"]
        if self.risk is not None:
            parts = [f"{self.kind} {self.risk!r}"]
        if self.u_max is not None:
            parts.append(f"U <= {self.u_max!r}")
        if self.tur_min is not None:
            parts.append(f"TUR >= {self.tur_min!r}")
        return ", ".join(parts)


def _two_decimals(number: float) -> str:
    text = f"{number + 0.0:.2f}"
    return text if float(text) == number else repr(number)


SIMPLE = DecisionRule(kind=RuleKind.SIMPLE)
SIX_SIGMA = DecisionRule(kind=RuleKind.GUARDED, guard=3.0)
THREE_SIGMA = DecisionRule(kind=RuleKind.GUARDED, guard=1.5)
ILAC_G8 = DecisionRule(kind=RuleKind.GUARDED, guard=1.0)
ISO_14253_1 = DecisionRule(kind=RuleKind.GUARDED, guard=0.83)
UNCRITICAL = DecisionRule(kind=RuleKind.GUARDED, guard=-1.0)
FOUR_OUTCOMES = DecisionRule(kind=RuleKind.NON_BINARY, guard=1.0)

# Names of ILAC-G8:09/2019, Table 1.
NAMED_RULES: Mapping[str, DecisionRule] = MappingProxyType(
    {
        "6 sigma": SIX_SIGMA,
        "3 sigma": THREE_SIGMA,
        "ilac-g8": ILAC_G8,
        "iso 14253-1": ISO_14253_1,
        "uncritical": UNCRITICAL,
    }
)

_NUMBER = r"([-+]?(?:\d+\.?\d*|\.\d+)(?:e[-+]?\d+)?)"
_FORMS: Mapping[RuleKind, re.Pattern[str]] = MappingProxyType(
    {
        RuleKind.SIMPLE: re.compile(r"simple()"),
        RuleKind.GUARDED: re.compile(rf"guarded {_NUMBER} u"),
        RuleKind.NON_BINARY: re.compile(rf"non-binary {_NUMBER} u"),
        RuleKind.PROBABILITY: re.compile(rf"by probability {_NUMBER}"),
    }
)
_CONDITIONS = {"u_max": re.compile(rf"u <= {_NUMBER}"), "tur_min": re.compile(rf"tur >= {_NUMBER}")}


def read_rule(text: str) -> DecisionRule:
    """Read a rule from the text that it was written as, or from its name in ILAC-G8.

    Parameters
    ----------
    text
        "simple", "guarded 1.00 U", "non-binary 1.00 U", "by probability 0.05" or a name of
        `NAMED_RULES`, each with conditions after commas: "U <= 0.5", "TUR >= 3". Case and the
        number of blanks do not matter.

    Raises
    ------
    ValueError
        The text is no rule.
    """
    head, *conditions = [" ".join(part.split()).casefold() for part in text.split(",")]
    found: dict[str, Any] = _read_head(head, text)
    for condition in conditions:
        for name, form in _CONDITIONS.items():
            match = form.fullmatch(condition)
            if match is not None and name not in found:
                found[name] = float(match[1])
                break
        else:
            raise ValueError(f"{condition!r} in {text!r} is no condition, or is there twice")
    return DecisionRule(**found)


def _read_head(head: str, text: str) -> dict[str, Any]:
    if head in NAMED_RULES:
        rule = NAMED_RULES[head]
        return {"kind": rule.kind, "guard": rule.guard}
    for kind, form in _FORMS.items():
        match = form.fullmatch(head)
        if match is not None:
            number = {"guard": float(match[1])} if kind in _BANDED else {}
            risk = {"risk": float(match[1])} if kind is RuleKind.PROBABILITY else {}
            return {"kind": kind, **number, **risk}
    raise ValueError(f"{text!r} is no decision rule; one is 'guarded 1.00 U'")
