"""What an instrument accepts, tightened by what its bench allows. Nothing is ever clamped."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from difflib import get_close_matches

from instruments.errors import SettingRefused

__all__ = ["Range", "tightened"]


@dataclass(frozen=True, slots=True)
class Range:
    """The closed interval in which a setting is accepted.

    Attributes
    ----------
    quantity
        What is set ("voltage").
    low, high
        Ends of the interval, both accepted [`unit`].
    """

    quantity: str
    low: float
    high: float
    unit: str

    def check(self, value: float) -> float:
        """Return `value` where it lies in the interval.

        Raises
        ------
        SettingRefused
            It does not, or is not a finite number.
        """
        if not math.isfinite(value) or not self.low <= value <= self.high:
            raise SettingRefused(self.quantity, value, f"{self.low:g} to {self.high:g} {self.unit}")
        return value


def tightened(ranges: tuple[Range, ...], limits: Mapping[str, float]) -> dict[str, Range]:
    """Apply the limits of the bench, by quantity: each one lowers the upper end of a range.

    Raises
    ------
    SettingRefused
        A limit names no quantity of this instrument, or lies outside its range.
    """
    result = {each.quantity: each for each in ranges}
    for quantity, limit in limits.items():
        if quantity not in result:
            near = get_close_matches(quantity, result, 1)
            hint = f" (nearest: {near[0]})" if near else ""
            raise SettingRefused("bench limit", quantity, ", ".join(result) + hint)
        result[quantity] = replace(result[quantity], high=result[quantity].check(limit))
    return result
