"""A stress-strain record of a metal: cleaned, with its straight part and its offset points.

Used by tensile methods. Stress is in MPa, strain is a plain ratio (not per cent).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from testbed.evaluation.integration import Floats
from testbed.evaluation.regression import Line, fit_line

__all__ = [
    "Curve",
    "Straight",
    "find_fracture",
    "noise_of",
    "offset_crossing",
    "straight_part",
    "usable_until",
    "window_line",
]


@dataclass(frozen=True, slots=True)
class Curve:
    """Stress [MPa] and strain [1] in the order of recording, same length.

    Attributes
    ----------
    strain_noise
        Standard deviation [1] of the noise on the strain that slopes are corrected for.
    """

    stress: Floats
    strain: Floats
    strain_noise: float = 0.0


@dataclass(frozen=True, slots=True)
class Straight:
    """The elastic line and the samples it was fitted to.

    Attributes
    ----------
    line
        Stress over strain; its slope is m_E [MPa].
    first, stop
        Rows of the window, `stop` excluded.
    """

    line: Line
    first: int
    stop: int

    @property
    def origin(self) -> float:
        """Strain at which the line meets zero stress: the corrected origin."""
        return -self.line.intercept / self.line.slope


def noise_of(values: Floats) -> float:
    """Estimate the standard deviation of the noise on a smooth record.

    Third differences cancel a smooth course; their median size is not moved by a few real steps.
    """
    if len(values) < 8:
        return 0.0
    # Independent noise of variance v has third differences of variance 20 v.
    return float(1.4826 * np.median(np.abs(np.diff(values, 3))) / np.sqrt(20.0))


def find_fracture(force: Floats, rules: Mapping[str, Any]) -> tuple[int | None, str]:
    """Find the last row before fracture.

    Returns
    -------
    row, how
        `how` is "fall" or "gone" (Annex A.3.6), "end" where the record ends while necking, and
        "" with None where nothing shows a fracture.
    """
    top = int(np.argmax(force))
    fm = float(force[top])
    fall = -np.diff(force[top:])
    # The step before the first one after the maximum counts as no fall at all.
    before = np.concatenate(([0.0], np.maximum(fall[:-1], 0.0))) if len(fall) else fall
    sudden = (fall > rules["times"] * before) & (fall >= rules["fall"] / 100.0 * fm)
    # Annex A.3.6: followed by a force that is gone; or by nothing at all.
    for step in np.flatnonzero(sudden):
        rest = force[top + step + 1 :]
        if np.max(rest) <= force[top + step] - rules["fall"] / 100.0 * fm:
            return top + int(step), "fall"
    gone = np.flatnonzero(force[top:] < rules["share"] / 100.0 * fm)
    if len(gone):
        return top + int(gone[0]) - 1, "gone"
    if force[-1] < rules["necked"] / 100.0 * fm:
        return len(force) - 1, "end"
    return None, ""


def usable_until(strain: Floats, travel_strain: Floats, rules: Mapping[str, Any]) -> int:
    """Find the last row at which the extensometer was still on the test piece.

    Parameters
    ----------
    strain, travel_strain
        Extension and crosshead travel over the extensometer gauge length; the travel may hold NaN.
    """
    taken_off = np.flatnonzero(np.diff(strain) < -rules["jump"] / 100.0)
    last = int(taken_off[0]) if len(taken_off) else len(strain) - 1
    moving = np.flatnonzero(np.diff(strain[: last + 1]) != 0.0)
    stopped = int(moving[-1]) + 1 if len(moving) else 0
    went_on = travel_strain[last] - travel_strain[stopped]
    frozen = last - stopped >= rules["samples"] and went_on > rules["frozen"] / 100.0
    return stopped if frozen else last


def window_line(curve: Curve, low: float, high: float, points: int) -> Straight | None:
    """Fit the rows of the first rise from `low` to `high` [MPa]; None where they are too few."""
    reached = np.flatnonzero(curve.stress >= high)
    if not len(reached):
        return None
    stop = int(reached[0])
    below = np.flatnonzero(curve.stress[:stop] < low)
    first = int(below[-1]) + 1 if len(below) else 0
    if stop - first < points:
        return None
    strain, stress = curve.strain[first:stop], curve.stress[first:stop]
    # A window that holds little more than noise tells no slope.
    if not float(np.std(strain)) > curve.strain_noise:
        return None
    line = fit_line(strain, stress, noise=curve.strain_noise)
    return Straight(line, first, stop) if line.slope > 0.0 else None


def offset_crossing(
    curve: Curve, straight: Straight, offset: float
) -> tuple[int, float, float] | None:
    """Intersect the curve with the parallel to the elastic line at plastic strain `offset`.

    Returns
    -------
    row, strain, stress
        First row beyond the parallel, and the point interpolated on the chord to it; None where
        the record ends before.
    """
    start = straight.stop
    parallel = straight.line.slope * (curve.strain - straight.origin - offset)
    distance = curve.stress - parallel
    beyond = np.flatnonzero(distance[start:] < 0.0)
    if not len(beyond):
        return None
    row = start + int(beyond[0])
    if row == 0 or distance[row - 1] < 0.0:
        return None
    share = float(distance[row - 1] / (distance[row - 1] - distance[row]))
    strain = curve.strain[row - 1] + share * (curve.strain[row] - curve.strain[row - 1])
    stress = curve.stress[row - 1] + share * (curve.stress[row] - curve.stress[row - 1])
    return row, float(strain), float(stress)


def straight_part(
    curve: Curve, rm: float, rules: Mapping[str, Any], offset: float
) -> Straight | None:
    """Find the elastic line by searching for the window with the best-known slope.

    The usual window is kept unless another one knows its slope clearly better, as it does where
    the usual one holds a toe, a slip or the onset of yielding. The yield strength that scales the
    search is found in turn from the line.

    Parameters
    ----------
    curve
        Rows up to the maximum force.
    rm
        Tensile strength [MPa].
    rules
        Table ``elastic`` of the method data.
    offset
        Plastic strain of the proof strength that scales the windows.
    """
    points = int(rules["points"])
    usual = rules["usual"][0] * rm, rules["usual"][1] * rm
    chosen = _start(curve, rm, rules, points)
    for _ in range(8):
        if chosen is None:
            return None
        crossing = offset_crossing(curve, chosen, offset)
        strength = rm if crossing is None else crossing[2]
        ceiling = min(usual[1], rules["usual_high"] * strength)
        kept = window_line(curve, min(usual[0], ceiling / 4.0), ceiling, points)
        found = _best(curve, strength, rules, points)
        candidate = _preferred(kept, found, rules)
        if candidate is None or (candidate.first, candidate.stop) == (chosen.first, chosen.stop):
            return chosen
        chosen = candidate
    return chosen


def _start(curve: Curve, rm: float, rules: Mapping[str, Any], points: int) -> Straight | None:
    """Begin with the usual window, lowered for as long as the curve is much steeper below it.

    A soft metal hardens to many times its yield strength: its usual window is plastic.
    """
    scale = rm
    low, high = rules["usual"]
    chosen = window_line(curve, low * scale, high * scale, points)
    for _ in range(8):
        below = window_line(curve, low * scale / 2.0, high * scale / 2.0, points)
        if below is None or below.line.relative_deviation > rules["start_deviation"]:
            break
        if chosen is not None and below.line.slope < rules["steeper"] * chosen.line.slope:
            break
        chosen, scale = below, scale / 2.0
    return chosen or _best(curve, rm, rules, points)


def _preferred(
    kept: Straight | None, found: Straight | None, rules: Mapping[str, Any]
) -> Straight | None:
    if kept is None or found is None:
        return kept or found
    deviation = kept.line.relative_deviation
    # Below this, windows differ by how the resolution happens to fall, not by their straightness.
    good = deviation <= rules["enough"] / 100.0
    clearly = found.line.relative_deviation < rules["better"] * deviation
    return found if clearly and not good else kept


def _best(curve: Curve, strength: float, rules: Mapping[str, Any], points: int) -> Straight | None:
    """Try every window of the grid; the one with the smallest Sm(rel) wins."""
    best: Straight | None = None
    step, span = float(rules["step"]), float(rules["span"])
    for low in _grid(rules["low"], step):
        for high in _grid(rules["high"], step):
            if high - low < span - 1e-9:
                continue
            tried = window_line(curve, low * strength, high * strength, points)
            if tried is not None and (
                best is None or tried.line.relative_deviation < best.line.relative_deviation
            ):
                best = tried
    return best


def _grid(ends: tuple[float, float], step: float) -> npt.NDArray[np.float64]:
    return np.arange(ends[0], ends[1] + step / 2.0, step)
