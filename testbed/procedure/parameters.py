"""Parameters as people type them: a number with its unit, checked against the declaration."""

import re
from collections.abc import Mapping
from functools import cache
from tokenize import TokenError
from unicodedata import normalize

import pint

from testbed.procedure.declare import Choice, OptionalParam, Param, Procedure

__all__ = [
    "ParameterError",
    "ParameterValue",
    "complete_parameters",
    "convert",
    "number_and_unit",
    "read_parameter",
]

ParameterValue = float | str | None

_NUMBER_AND_UNIT = re.compile(r"\s*([-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?)\s*(.*?)\s*$")
# Names with at most one digit of an exponent: pint would work out 9**9**9 before it complains.
_UNIT = re.compile(r"(?:[*/·()\s]|(?:[^\W\d_]\w*|°\s?\w+|%)(?:(?:\^|\*\*)-?\d)?)*")
_LONGEST_UNIT = 40


class ParameterError(ValueError):
    """A parameter that cannot be accepted: ``objection.<code>`` with the values it names."""

    def __init__(self, code: str, **values: str | float) -> None:
        self.code = code
        self.values = values
        super().__init__(f"{code}: " + ", ".join(f"{k}={v}" for k, v in values.items()))


@cache
def _units() -> "pint.UnitRegistry[float]":
    # UDUNITS and everyday spelling put the exponent right behind the unit: mm2, m3.
    exponent = re.compile(r"(?<=[A-Za-zµ°])([23])\b")
    return pint.UnitRegistry(
        preprocessors=[lambda text: exponent.sub(r"**\1", text).replace("%", "percent")],
        autoconvert_offset_to_baseunit=True,
        cache_folder=None,
    )


def convert(value: float, unit: str, into: str) -> float:
    """Convert `value` from `unit` into another unit.

    Raises
    ------
    ParameterError
        One of the units is unknown, or they measure different things.
    """
    if unit == into:
        return value
    if len(unit) > _LONGEST_UNIT or not _UNIT.fullmatch(unit):
        raise ParameterError("unit-unfit", unit=unit[:_LONGEST_UNIT], accepted=into)
    registry = _units()
    try:
        return float(registry.Quantity(value, unit or "dimensionless").to(into).magnitude)
    except (
        pint.errors.PintError,
        ValueError,
        AttributeError,
        TypeError,
        AssertionError,
        TokenError,
        OverflowError,
    ) as error:
        raise ParameterError("unit-unfit", unit=unit, accepted=into) from error


def number_and_unit(text: str) -> tuple[float, str] | None:
    """Take "33.93mm2" apart; None where it does not begin with a number."""
    # Korean keyboards give ㎜ and ℃ as one letter, and digits of full width.
    match = _NUMBER_AND_UNIT.match(normalize("NFKC", text))
    return None if match is None else (float(match[1]), match[2])


def read_parameter(declared: Param | OptionalParam | Choice, text: str) -> ParameterValue:
    """Read one parameter as typed, "33.93mm2" or "0.2 kN"; a bare number is in the declared unit.

    Raises
    ------
    ParameterError
        Not a number, a unit that does not fit, or outside the declared range.
    """
    if isinstance(declared, Choice):
        if text not in declared.options:
            raise ParameterError(
                "parameter-not-offered",
                name=declared.name,
                value=text,
                accepted=", ".join(declared.options),
            )
        return text
    found = number_and_unit(text)
    if found is None:
        raise ParameterError(
            "parameter-not-a-number", name=declared.name, value=text, accepted=declared.unit
        )
    number, unit = found
    return _in_range(declared, convert(number, unit, declared.unit) if unit else number)


def complete_parameters(
    method: type[Procedure], given: Mapping[str, ParameterValue]
) -> dict[str, ParameterValue]:
    """Fill in defaults and refuse what is unknown, missing or out of range.

    Raises
    ------
    ParameterError
        Names the parameter, the value and what would be accepted.
    """
    declared = method.declared_params()
    for name in given:
        if name not in declared:
            raise ParameterError("parameter-unknown", name=name, accepted=", ".join(declared))
    complete: dict[str, ParameterValue] = {}
    for name, param in declared.items():
        value = given.get(name)
        value = param.default if value is None else value
        if isinstance(param, Choice):
            complete[name] = read_parameter(param, str(value))
        elif value is None and isinstance(param, Param):
            raise ParameterError("parameter-missing", name=name, accepted=_range(param))
        elif value is None:
            complete[name] = None
        else:
            complete[name] = _in_range(param, float(value))
    return complete


def _in_range(declared: Param | OptionalParam, value: float) -> float:
    too_low = declared.low is not None and not value >= declared.low
    too_high = declared.high is not None and not value <= declared.high
    if too_low or too_high or value != value:
        raise ParameterError(
            "parameter-out-of-range", name=declared.name, value=value, accepted=_range(declared)
        )
    return value


def _range(declared: Param | OptionalParam) -> str:
    low = "" if declared.low is None else f"{declared.low:g}"
    high = "" if declared.high is None else f"{declared.high:g}"
    return f"{low}…{high} {declared.unit}"
