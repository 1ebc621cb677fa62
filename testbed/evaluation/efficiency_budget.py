"""Uncertainty of efficiencies at load points, and of their weighted means."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from testbed.evaluation.uncertainty import Budget, Input, propagate
from testbed.evaluation.uncertainty.functions import Number
from testbed.evaluation.uncertainty.quantities import Kind
from testbed.evaluation.uncertainty.sources import rectangular, standard

__all__ = ["Share", "percent_budget", "power_input"]

_PERCENT = 100.0
_DRAWS = 100_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """What one load point adds to a weighted efficiency.

    Attributes
    ----------
    weight
        [1]; those of one mean add up to one.
    output_power, input_power
        [W], above zero.
    output_uncertainty, input_uncertainty
        Standard uncertainty of the readings of both [W]; NaN where they stated none.
    scatter
        Relative standard deviation of the mean of the efficiency [1].
    samples
        That the mean was taken of.
    """

    weight: float
    output_power: float
    input_power: float
    output_uncertainty: float
    input_uncertainty: float
    scatter: float
    samples: int


def power_input(symbol: str, shares: Sequence[Share], side: str, permitted: float) -> Input:
    """Give the share by which a power analyser errs [1], about 1.

    It is taken to err at all points in the same direction.

    Parameters
    ----------
    side
        ``output`` or ``input``.
    permitted
        Largest deviation [%], where the readings of a point stated no uncertainty.
    """
    stated = [float(getattr(share, f"{side}_uncertainty")) for share in shares]
    if not all(math.isfinite(each) for each in stated):
        return rectangular(symbol, 1.0, permitted / _PERCENT, name=f"{side} power, permitted")
    whole = math.fsum(_weighed(share) for share in shares)
    parts = (
        _weighed(share) * own / float(getattr(share, f"{side}_power"))
        for share, own in zip(shares, stated, strict=True)
    )
    return standard(symbol, 1.0, math.fsum(parts) / whole, name=f"{side} power, readings")


def percent_budget(measurand: str, shares: Sequence[Share], output: Input, input_: Input) -> Budget:
    """Give the budget of ``sum of w P_out / P_in`` [%].

    Parameters
    ----------
    shares
        At least one.
    output, input_
        As `power_input` gives them, with the symbols ``g_out`` and ``g_in``; those of two
        analysers, which do not err together.
    """
    whole = math.fsum(_weighed(share) for share in shares)
    # Of independent means the squares add up; the point of the fewest samples says how well.
    deviation = math.hypot(*(_weighed(share) * share.scatter for share in shares)) / whole
    samples = min(share.samples for share in shares)
    scatter = Input(
        symbol="s", estimate=1.0, uncertainty=deviation, kind=Kind.A,
        degrees_of_freedom=max(samples - 1, 1), name="scatter of the powers",
    )  # fmt: skip

    def model(g_out: Number, g_in: Number, s: Number) -> Number:
        return _PERCENT * whole * s * g_out / g_in

    return propagate(model, [output, input_, scatter], measurand=measurand, unit="%", draws=_DRAWS,
                     digits=2)  # fmt: skip


def _weighed(share: Share) -> float:
    return share.weight * share.output_power / share.input_power
