"""The laws of a chamber's air: saturation after Magnus, first-order following with a ramp limit.

References
----------
WMO-No. 8 (2018), annex 4.B: saturation vapour pressure over water after Magnus.
"""

from dataclasses import dataclass
from math import exp, log

__all__ = ["Piece", "dew_point", "follow", "followed_by", "saturation"]

_A, _B, _C = 6.112, 17.62, 243.12  # [hPa], [1], [degC]
_COLDEST = -200.0  # [degC], where the law would pass its pole


def saturation(temperature: float) -> float:
    """Give the vapour pressure over water [hPa] at `temperature` [degC]."""
    t = max(temperature, _COLDEST)
    return _A * exp(_B * t / (_C + t))


def dew_point(pressure: float) -> float:
    """Give the temperature [degC] at which `pressure` [hPa] of vapour saturates."""
    if not pressure > 0:
        raise ValueError(f"vapour pressure {pressure!r} is refused; accepted: above 0")
    level = log(pressure / _A)
    return _C * level / (_B - level)


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of time over which a quantity ramps evenly or settles exponentially.

    Attributes
    ----------
    start, end
        Value at both ends.
    seconds
        Length [s].
    goal, tau
        Where it settles and how fast [s]; `tau` 0 is an even ramp from start to end.
    """

    start: float
    end: float
    seconds: float
    goal: float
    tau: float


def follow(
    value: float, goal: float, tau: float, rise: float, fall: float, seconds: float
) -> list[Piece]:
    """Let a value follow its goal with a time constant, at most `rise` or `fall` per second.

    The solution is exact: an even ramp until the gap is what `tau` closes at that speed, then an
    exponential.
    """
    pieces = []
    gap = goal - value
    fastest = rise if gap > 0 else fall
    ramp = min(max(abs(gap) / fastest - tau, 0.0), seconds)
    if ramp > 0:
        end = value + (fastest if gap > 0 else -fastest) * ramp
        pieces.append(Piece(value, end, ramp, goal, 0.0))
        value = end
    rest = seconds - ramp
    end = goal + (value - goal) * exp(-rest / tau)
    pieces.append(Piece(value, end, rest, goal, tau))
    return pieces


def followed_by(value: float, piece: Piece, tau: float) -> float:
    """Give where a second value stands that follows `piece` with time constant `tau` [s]."""
    if piece.seconds <= 0:
        return value
    fade = exp(-piece.seconds / tau)
    if piece.tau == 0:
        lag = tau * (piece.end - piece.start) / piece.seconds
        return piece.end - lag + (value - piece.start + lag) * fade
    # Equal time constants are a removable pole of the closed form.
    slow = piece.tau * (1 + 1e-6) if abs(piece.tau / tau - 1) < 1e-6 else piece.tau
    part = (piece.start - piece.goal) * slow / (slow - tau)
    settled = part * exp(-piece.seconds / slow)
    return piece.goal + settled + (value - piece.goal - part) * fade
