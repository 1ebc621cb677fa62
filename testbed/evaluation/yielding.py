"""Upper and lower yield point of a discontinuously yielding metal, ISO 6892-1:2019, 3.10.2."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from testbed.evaluation.integration import Floats
from testbed.evaluation.stress_strain import Curve

__all__ = ["YieldPoint", "find_yield_point"]


@dataclass(frozen=True, slots=True)
class YieldPoint:
    """Rows of the upper and the lower yield point.

    Attributes
    ----------
    upper, lower
        Rows of ReH and ReL.
    settled
        Row from which the initial transient has died away.
    transient
        Row of the first minimum where it was ignored as a transient; None where it counts.
    """

    upper: int
    lower: int
    settled: int
    transient: int | None


def find_yield_point(
    curve: Curve, first: int, crossing: int, noise: float, rules: Mapping[str, Any]
) -> YieldPoint | None:
    """Look for a fall of the stress at the end of the elastic range.

    A fall at the maximum force is necking, one in the plastic range is serrated flow: only a
    maximum before the plastic strain of Rp0.2 is reached can be an upper yield point.

    Parameters
    ----------
    curve
        Rows up to fracture.
    first
        Row at which the elastic window ends.
    crossing
        First row beyond the offset line of Rp0.2.
    noise
        Standard deviation [MPa] of the stress.
    rules
        Table ``yielding`` of the method data.
    """
    stress, strain = curve.stress, curve.strain
    if crossing <= first:
        return None
    upper = first + int(np.argmax(stress[first : crossing + 1]))
    height = float(stress[upper])
    above = np.flatnonzero(stress[upper + 1 :] > height)
    stop = upper + 1 + int(above[0]) if len(above) else len(stress)
    drop = max(rules["drop"] / 100.0 * height, rules["noise"] * noise)
    if stop <= upper + 1 or height - float(np.min(stress[upper + 1 : stop])) < drop:
        return None
    # A grip that slips unloads the piece and reloads it at the same strain.
    if float(np.max(strain[upper:stop])) - strain[upper] < rules["strain"] / 100.0:
        return None
    return _lower(stress[:stop], strain[:stop], upper, noise, rules, hardened=bool(len(above)))


def _lower(
    stress: Floats,
    strain: Floats,
    upper: int,
    noise: float,
    rules: Mapping[str, Any],
    *,
    hardened: bool,
) -> YieldPoint:
    trough, risen = _first_minimum(stress, upper, rules["rise"] * noise)
    end = len(stress)
    if not hardened:
        # The force never comes back to ReH: yielding ends at the highest force after it.
        after = stress[trough:]
        end = trough + int(np.flatnonzero(after >= np.max(after) - noise)[-1]) + 1
    if not risen:
        return YieldPoint(upper, trough, trough, None)
    settled = _settled(stress[:end], strain[:end], trough, noise, rules)
    if settled is None:
        lower = trough + int(np.argmin(stress[trough:end]))
        return YieldPoint(upper, lower, trough, None)
    lower = settled + int(np.argmin(stress[settled:end]))
    return YieldPoint(upper, lower, settled, trough)


def _first_minimum(stress: Floats, upper: int, rise: float) -> tuple[int, bool]:
    """Find the first minimum after the upper yield point, and whether the stress rose from it."""
    after = stress[upper + 1 :]
    lowest = np.minimum.accumulate(after)
    risen = np.flatnonzero(after > lowest + rise)
    # Before the first sample of the fall there is no minimum to rise from.
    if not len(risen):
        return upper + 1 + int(np.argmin(after)), False
    return upper + 1 + int(np.argmin(after[: risen[0]])), True


def _settled(
    stress: Floats, strain: Floats, trough: int, noise: float, rules: Mapping[str, Any]
) -> int | None:
    """Find where the stress has stopped rising from its first minimum; None where it has not.

    A rise that goes on beyond the length of a transient is work-hardening, and then the first
    minimum is the lower yield point itself.
    """
    limit = strain[trough] + rules["transient"] / 100.0
    allowed = max(rules["settled"] / 100.0 * float(stress[trough]), rules["rise"] * noise)
    ahead = rules["settled_over"] / 100.0
    for row in range(trough + 1, len(stress) - 1):
        if strain[row] > limit:
            return None
        near = (strain[row + 1 :] <= strain[row] + ahead).nonzero()[0]
        stop = row + 2 + (int(near[-1]) if len(near) else 0)
        if float(np.max(stress[row + 1 : stop])) - stress[row] <= allowed:
            return row
    return None
