"""Three-point bending: from force and deflection to a corrected stress-strain curve.

Stress is in MPa, strain is a plain ratio (not per cent).

References
----------
ISO 178:2019, 9: σ = 3FL/(2bh²), ε = 6sh/L².
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from testbed.evaluation.integration import Floats
from testbed.evaluation.regression import Line, fit_line
from testbed.evaluation.stress_strain import Curve, noise_of

__all__ = [
    "Top",
    "flexural_strain",
    "flexural_stress",
    "foot_of",
    "level_at",
    "rows_between",
    "top_of",
]


def flexural_stress(force: Floats, *, span: float, width: float, thickness: float) -> Floats:
    """Give the stress [MPa] in the outer fibre at mid-span of a force [N]; lengths in mm."""
    return 3.0 * force * span / (2.0 * width * thickness**2)


def flexural_strain(deflection: Floats, *, span: float, thickness: float) -> Floats:
    """Give the strain [1] in the outer fibre at mid-span of a deflection; lengths in mm."""
    return 6.0 * deflection * thickness / span**2


@dataclass(frozen=True, slots=True)
class Top:
    """The greatest stress [MPa] and the strain [1] where it lies."""

    strain: float
    stress: float


def rows_between(strain: Floats, low: float, high: float) -> slice:
    """Give the rows of the first rise of the strain from `low` to `high`, both included."""
    beyond = np.flatnonzero(strain > high)
    stop = int(beyond[0]) if len(beyond) else len(strain)
    below = np.flatnonzero(strain[:stop] < low)
    return slice(int(below[-1]) + 1 if len(below) else 0, stop)


def level_at(curve: Curve, strain: float, half: float) -> float | None:
    """Read the stress [MPa] at a strain, its scatter evened out by a line through the rows around.

    Parameters
    ----------
    half
        Strain to either side of which rows are taken; where they are few, the chord is.

    Returns
    -------
    float or None
        None where the record does not reach from below this strain to beyond it.
    """
    reached = np.flatnonzero(curve.strain >= strain)
    if not len(reached):
        return None
    row = int(reached[0])
    rows = rows_between(curve.strain, strain - half, strain + half)
    near = curve.strain[rows]
    # A line that hangs on rows of one side would be an extrapolation.
    if len(near) >= 5 and near[0] < strain - half / 2.0 and near[-1] > strain + half / 2.0:
        line = fit_line(near, curve.stress[rows])
        return line.intercept + line.slope * strain
    if curve.strain[row] == strain:
        return float(curve.stress[row])
    if row == 0:
        return None
    share = (strain - curve.strain[row - 1]) / (curve.strain[row] - curve.strain[row - 1])
    return float(curve.stress[row - 1] + share * (curve.stress[row] - curve.stress[row - 1]))


def foot_of(curve: Curve, rules: Mapping[str, Any]) -> float:
    """Find the strain at which the straight part, extended, meets zero stress.

    The straight part of a record with a toe is where it is steepest. A record that rises from its
    first row on has no toe, and its origin is that of the record.

    Parameters
    ----------
    curve
        Rows up to the greatest stress.
    rules
        Table ``toe`` of the method data.
    """
    line = _steepest(curve, rules)
    if line is None:
        return 0.0
    foot = -line.intercept / line.slope
    preloaded = abs(curve.stress[0]) > rules["start"] * noise_of(curve.stress) > 0.0
    if foot < 0.0 and not preloaded:
        return 0.0
    return foot if abs(foot) > rules["least"] else 0.0


def _steepest(curve: Curve, rules: Mapping[str, Any]) -> Line | None:
    """Find the steepest line over a span of strain; the first of those that are about as steep."""
    reached = np.flatnonzero(curve.stress >= rules["search"] * np.max(curve.stress))
    start, end = float(curve.strain[0]), float(curve.strain[reached[0]])
    span = float(rules["span"])
    step = max(span / rules["steps"], (end - start) / rules["most"])
    lines = []
    for low in np.arange(start, max(end, start + step), step):
        rows = rows_between(curve.strain, low, low + span)
        strain = curve.strain[rows]
        if len(strain) < rules["points"] or not np.ptp(strain) > span / 2.0:
            continue
        line = fit_line(strain, curve.stress[rows])
        if line.slope > 0.0:
            lines.append(line)
    if not lines:
        return None
    least = (1.0 - rules["fall"]) * max(line.slope for line in lines)
    return next(line for line in lines if line.slope >= least)


def top_of(curve: Curve, rules: Mapping[str, Any]) -> Top:
    """Find the greatest stress, without the scatter that makes the highest row too high.

    Parameters
    ----------
    curve
        Rows up to the fracture.
    rules
        Table ``maximum`` of the method data.
    """
    highest = int(np.argmax(curve.stress))
    raw = Top(float(curve.strain[highest]), float(curve.stress[highest]))
    band = rules["band"] * noise_of(curve.stress)
    below = curve.stress < raw.stress - band
    before, after = np.flatnonzero(below[:highest]), np.flatnonzero(below[highest:])
    first = int(before[-1]) + 1 if len(before) else 0
    stop = highest + int(after[0]) if len(after) else len(below)
    strain, stress = curve.strain[first:stop], curve.stress[first:stop]
    # Rows at few strains do not determine a parabola, however many they are.
    if len(np.unique(strain)) < rules["points"]:
        return raw
    middle, scale = float(np.mean(strain)), float(np.ptp(strain)) / 2.0
    place = (strain - middle) / scale
    bent, slope, level = np.polyfit(place, stress, 2)
    ends = [float(place[0]), float(place[-1])]
    vertex = float(-slope / (2.0 * bent)) if bent < 0.0 else ends[1]
    inside = [vertex] if ends[0] < vertex < ends[1] else ends
    best = max(inside, key=lambda x: float((bent * x + slope) * x + level))
    return Top(middle + scale * best, float((bent * best + slope) * best + level))
