"""Units of foreign files: how they are spelled there, and the straight line into a channel's."""

from dataclasses import dataclass

from testbed.procedure.parameters import ParameterError, convert
from testbed.services.import_rules import Amount

__all__ = ["Straight", "difference_in", "in_unit", "same_size", "spelled", "straight"]

_TEMPERATURES = ("degC", "degF", "K", "kelvin")
_SPELLED = {
    "°C": "degC", "℃": "degC", "oC": "degC", "deg C": "degC", "deg. C": "degC", "Celsius": "degC",
    "celsius": "degC", "°F": "degF", "℉": "degF", "deg F": "degF", "mm^2": "mm2", "mm²": "mm2",
    "m²": "m2", "cm²": "cm2", "sec": "s", "Sec": "s", "초": "s", "분": "min", "시간": "h",
    "㎜": "mm", "㎟": "mm2", "㎫": "MPa", "㎪": "kPa", "㎬": "GPa", "㎸": "kV", "㎃": "mA",
    "Ohm": "ohm", "\u03a9": "ohm", "\u2126": "ohm", "inch": "in", "kgF": "kgf", "KN": "kN",
    "Mpa": "MPa", "MPA": "MPa", "Gpa": "GPa", "Ah": "A*h", "mAh": "mA*h", "Wh": "W*h",
    "mWh": "mW*h", "kWh": "kW*h",
}  # fmt: skip
# In a table of temperatures these are no coulomb and no farad.
_SHORT = {"C": "degC", "F": "degF"}
_DIFFERENCES = {"degC": "K", "degF": "degR"}


@dataclass(frozen=True, slots=True)
class Straight:
    """``scale * x + offset``."""

    scale: float = 1.0
    offset: float = 0.0


def spelled(unit: str, target: str) -> str:
    """Spell a unit as it can be worked with; "C" is a temperature where one is asked for."""
    unit = unit.strip()
    if target in _TEMPERATURES and unit in _SHORT:
        return _SHORT[unit]
    return _SPELLED.get(unit, unit)


def straight(unit: str, target: str, scale: Amount, offset: Amount) -> Straight:
    """Work out the line from a column in `unit` to a channel in `target`.

    Parameters
    ----------
    scale
        What the column is multiplied with; its unit goes into that of the product.
    offset
        What is added then; a difference, in the unit of the channel where it says none.

    Raises
    ------
    ParameterError
        A unit is unknown, or the product measures something else than the channel.
    """
    product = spelled(unit, target)
    if scale.unit:
        product = f"({product})*({spelled(scale.unit, '')})"
    slope, zero = 1.0, 0.0
    if product != target:
        slope = convert(1.0, _DIFFERENCES.get(product, product), _DIFFERENCES.get(target, target))
        zero = convert(0.0, product, target)
    return Straight(slope * scale.value, zero + difference_in(offset, target))


def in_unit(amount: Amount, unit: str) -> float:
    """Convert an amount; one without a unit is in `unit`.

    Raises
    ------
    ParameterError
        It measures something else.
    """
    return convert(amount.value, spelled(amount.unit, unit) or unit, unit)


def difference_in(amount: Amount, unit: str) -> float:
    """Convert a difference: 1 K is 1 degC, not -272.15 degC.

    Raises
    ------
    ParameterError
        It measures something else.
    """
    if not amount.unit:
        return amount.value
    said = spelled(amount.unit, unit)
    return convert(amount.value, _DIFFERENCES.get(said, said), _DIFFERENCES.get(unit, unit))


def same_size(one: str, other: str) -> bool | None:
    """Tell whether two units are of one size; None where they measure different things."""
    one, other = spelled(one, other), spelled(other, one)
    if one == other:
        return True
    try:
        line = straight(one, other, Amount(1.0), Amount(0.0))
    except ParameterError:
        return None
    return abs(line.scale - 1.0) <= 1e-9 and abs(line.offset) <= 1e-9
