"""What may be wrong with a record made elsewhere: found in its numbers alone, and named.

A check names and changes nothing; what it finds is told beside the results. Limits of what is
told are wide on purpose, so that sound records stay without a finding.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from testbed.evaluation.integration import Floats
from testbed.procedure.results import Finding

__all__ = [
    "Recorded",
    "check_constant",
    "check_expected",
    "check_flat_top",
    "check_markers",
    "check_temperatures",
    "check_time",
    "explain_modulus",
    "named",
]

_SHOWN = 5
_PERIODS = 3.0
_NEIGHBOURS = 10
_KELVIN = 273.15
# Words for "no value" of loggers and converters that could also be measured.
_MARKERS = tuple(
    sign * value
    for value in (
        99.9, 99.99, 850.0, 888.0, 888.8, 999.0, 999.9, 999.99, 1999.0, 1e9, 8888.0, 9990.0,
        9999.0, 9999.9, 99999.0, 99999.9, 999999.0, 9999999.0, 32767.0, 32768.0, 65535.0,
        2147483647.0, 2147483648.0, 4294967295.0,
    )
    for sign in (1.0, -1.0)
)  # fmt: skip
# Full scales of ranges: decades with the over-range of meters, and counts of converters.
_MANTISSAS = (1.0, 1.1, 1.2, 1.024, 1.2288, 1.25, 2.0, 2.048, 2.5, 4.096, 5.0)
_COUNTS = frozenset(2**bits - less for bits in (8, *range(10, 33)) for less in (0, 1))
# Slips that turn up in practice: prefix, percent, inch, pound-force, kilogram-force, minute.
_FACTORS: Mapping[str, float] = {
    "1000": 1e3, "10⁶": 1e6, "100": 1e2, "10": 1e1, "25.4": 25.4, "4.448": 4.4482216152605,
    "9.807": 9.80665, "6.895": 6.894757293168, "60": 60.0, "3600": 3600.0,
}  # fmt: skip
_METALS = (10.0, 1000.0)  # [GPa] wider than any metal: lead 16, tungsten 411
_LIKELY = (35.0, 450.0)  # [GPa]


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """A channel as it was read.

    Attributes
    ----------
    values
        Shape (n,), NaN where there is no value.
    measured
        Whether it was measured; a set-point may stand still.
    full_scale
        Of the range it was measured in, same unit; None where that is not known.
    """

    name: str
    unit: str
    values: Floats
    measured: bool = True
    full_scale: float | None = None


def named(
    rows: npt.NDArray[np.intp] | Sequence[int],
    places: Sequence[str],
    value: Callable[[int], float] | None = None,
) -> str:
    """Name rows by their places, and what stands there; the first five, and how many more."""
    chosen = [int(row) for row in rows[:_SHOWN]]
    said = [f"{places[r]}" if value is None else f"{places[r]}: {value(r):.6g}" for r in chosen]
    more = len(rows) - len(chosen)
    return "; ".join(said) + (f"; +{more}" if more else "")


def check_time(
    time: Floats, places: Sequence[str], *, periods: float = _PERIODS
) -> tuple[Finding, ...]:
    """Find gaps in the time, and times that repeat or fall.

    Parameters
    ----------
    time
        As recorded [s], shape (n,).
    periods
        A step that is longer than so many of the steps around it is a gap. A record whose period
        changes has none there: the steps on one side decide.
    """
    steps = np.diff(time)
    found = []
    for code, rows in (
        ("import-time-repeats", np.flatnonzero(steps == 0.0) + 1),
        ("import-time-falls", np.flatnonzero(steps < 0.0) + 1),
    ):
        if len(rows):
            said = named(rows, places, lambda row: float(time[row]))
            found.append(Finding(code, {"count": len(rows), "where": said}))
    usual = _usual_steps(steps)
    rows = np.flatnonzero(steps > periods * usual) + 1
    if len(rows):
        values: dict[str, str | float] = {
            "count": len(rows),
            "longest": float(np.max(steps[rows - 1])),
            "period": float(np.median(steps[steps > 0.0])),
            "where": named(rows, places, lambda row: float(steps[row - 1])),
        }
        found.append(Finding("import-time-gap", values))
    return tuple(found)


def _usual_steps(steps: Floats) -> Floats:
    """Give the larger of the medians of the ten steps before and the ten after each step."""
    usual = np.full(len(steps), np.inf)
    if len(steps) < 3:
        return usual
    padded = np.concatenate((np.full(_NEIGHBOURS, np.nan), steps, np.full(_NEIGHBOURS, np.nan)))
    windows = np.lib.stride_tricks.sliding_window_view(padded, _NEIGHBOURS)
    before = _medians(windows[: len(steps)])
    after = _medians(windows[_NEIGHBOURS + 1 : _NEIGHBOURS + 1 + len(steps)])
    # One or two steps at an end tell nothing of the period there.
    count = np.arange(len(steps))
    before[count < 2] = np.nan
    after[count > len(steps) - 3] = np.nan
    both = np.fmax(before, after)
    known = np.isfinite(both) & (both > 0.0)
    usual[known] = both[known]
    return usual


def _medians(windows: Floats) -> Floats:
    """Take the median of each window over what is a number; NaN where nothing is."""
    ordered = np.sort(windows, axis=1)
    count = np.sum(np.isfinite(windows), axis=1)
    low, high = np.maximum(count - 1, 0) // 2, np.maximum(count // 2, 0)
    rows = np.arange(len(windows))
    high = np.minimum(high, np.maximum(count - 1, 0))
    medians: Floats = (ordered[rows, low] + ordered[rows, high]) / 2.0
    medians[count == 0] = np.nan
    return medians


def check_constant(channel: Recorded, places: Sequence[str]) -> tuple[Finding, ...]:
    """Find a measured channel that never changes, or holds nothing at all."""
    known = channel.values[np.isfinite(channel.values)]
    if not channel.measured or len(channel.values) < 3:
        return ()
    if not len(known):
        return (Finding("import-empty", {"channel": channel.name}),)
    if len(known) < 3 or float(np.ptp(known)) > 0.0:
        return ()
    values: dict[str, str | float] = {
        "channel": channel.name,
        "value": float(known[0]),
        "unit": channel.unit,
    }
    return (Finding("import-constant", {**values, "where": f"{places[0]} – {places[-1]}"}),)


def check_markers(channel: Recorded, places: Sequence[str]) -> tuple[Finding, ...]:
    """Find numbers far from all others that loggers write for no value (-999, 32767 …)."""
    values = channel.values
    known = np.isfinite(values)
    found = []
    for marker in _MARKERS:
        hit = values == marker
        rest = values[known & ~hit]
        if not hit.any() or len(rest) < 3:
            continue
        low, high = float(np.min(rest)), float(np.max(rest))
        room = 3.0 * (high - low) + 1e-6 * max(abs(low), abs(high))
        if marker > high + room or marker < low - room:
            rows = np.flatnonzero(hit)
            said: dict[str, str | float] = {
                "channel": channel.name,
                "value": marker,
                "count": len(rows),
            }
            found.append(Finding("import-marker", {**said, "where": named(rows, places)}))
    return tuple(found)


def check_flat_top(
    channel: Recorded, places: Sequence[str], *, rows: int = 5
) -> tuple[Finding, ...]:
    """Find an end of the range at which a channel was cut off.

    Parameters
    ----------
    channel
        Its largest or smallest value stands for at least `rows` rows at `full_scale`, a decade
        or a power of two, and was reached faster than by the resolution of the channel.
    """
    values = channel.values[np.isfinite(channel.values)]
    where = np.flatnonzero(np.isfinite(channel.values))
    if not channel.measured or len(values) < rows + 2:
        return ()
    levels = np.unique(values)
    if len(levels) < 3:
        return ()
    # Rounding of the conversion of units makes levels that are none.
    apart = np.diff(levels)
    quantum = float(np.min(apart[apart > 1e-9 * np.max(np.abs(levels))], initial=np.inf))
    found = []
    for extreme in (float(levels[-1]), float(levels[0])):
        stretch = _longest_stretch(values == extreme)
        if stretch is None or stretch[1] - stretch[0] < rows:
            continue
        if not _is_full_scale(extreme, channel.full_scale):
            continue
        if _steepness(values, *stretch) < 3.0 * quantum:
            continue
        said: dict[str, str | float] = {
            "channel": channel.name,
            "value": extreme,
            "unit": channel.unit,
        }
        ends = f"{places[where[stretch[0]]]} – {places[where[stretch[1] - 1]]}"
        count = stretch[1] - stretch[0]
        found.append(Finding("import-flat-top", {**said, "count": count, "where": ends}))
    return tuple(found)


def _longest_stretch(flags: npt.NDArray[np.bool_]) -> tuple[int, int] | None:
    edges = np.flatnonzero(np.diff(np.concatenate(([0], flags.astype(np.int8), [0]))))
    if not len(edges):
        return None
    starts, stops = edges[::2], edges[1::2]
    longest = int(np.argmax(stops - starts))
    return int(starts[longest]), int(stops[longest])


def _steepness(values: Floats, first: int, stop: int) -> float:
    """Tell the mean size of a step just before or just after a stretch; the steeper one."""
    before = values[max(first - 3, 0) : first]
    after = values[stop : stop + 3]
    steep = [float(np.mean(np.abs(np.diff(part)))) for part in (before, after) if len(part) > 1]
    return max(steep, default=0.0)


def _is_full_scale(value: float, told: float | None) -> bool:
    size = abs(value)
    if told is not None and np.isclose(size, abs(told), rtol=1e-6):
        return True
    if size == 0.0:
        return False
    if size >= 255.0 and size == round(size) and int(size) in _COUNTS:
        return True
    decade = 10.0 ** np.floor(np.log10(size) + 1e-9)
    return any(np.isclose(size / decade, mantissa, rtol=1e-9) for mantissa in _MANTISSAS)


def check_expected(
    channel: Recorded, places: Sequence[str], low: float, high: float
) -> tuple[Finding, ...]:
    """Find values outside of what is expected, and the factor that would bring them inside.

    Parameters
    ----------
    low, high
        Expected range, both ends included, in the channel's unit.
    """
    values = channel.values
    with np.errstate(invalid="ignore"):
        rows = np.flatnonzero((values < low) | (values > high))
    if not len(rows):
        return ()
    said: dict[str, str | float] = {
        "channel": channel.name,
        "unit": channel.unit,
        "low": low,
        "high": high,
    }
    said |= {"count": len(rows), "where": named(rows, places, lambda row: float(values[row]))}
    found = [Finding("import-unexpected", said)]
    known = values[np.isfinite(values)]
    share = len(rows) / len(known)
    if share > 0.5:
        for change, changed in _changes(channel.unit, known):
            if np.all((changed >= low) & (changed <= high)):
                found.append(Finding("import-scaling", {"channel": channel.name, "change": change}))
                break
    return tuple(found)


def _changes(unit: str, values: Floats) -> list[tuple[str, Floats]]:
    """List what the values might have been meant as, by what would have to be done to them."""
    changes = []
    if unit == "degC":
        changes += [("K − 273.15", values - _KELVIN), ("(°F − 32) / 1.8", (values - 32.0) / 1.8)]
    for text, factor in _FACTORS.items():
        changes += [(f"× {text}", values * factor), (f"÷ {text}", values / factor)]
    return [*changes, ("× −1", -values)]


def check_temperatures(channels: Sequence[Recorded]) -> tuple[Finding, ...]:
    """Find temperatures in K or °F among channels that are all said to be in degC.

    A channel is held against every other: it must follow it over at least 5 K, 273.15 K above
    or by 1.8 K for each kelvin and 32 K more. Below absolute zero no peer is needed.
    """
    found = []
    warm = [each for each in channels if each.unit == "degC"]
    for channel in warm:
        known = channel.values[np.isfinite(channel.values)]
        if len(known) and float(np.min(known)) < -_KELVIN:
            values: dict[str, str | float] = {
                "channel": channel.name,
                "value": float(np.min(known)),
            }
            found.append(Finding("import-below-absolute-zero", values))
            continue
        for other in warm:
            if other is not channel and (change := _meant(channel.values, other.values)):
                values = {
                    "channel": channel.name,
                    "other": other.name,
                    "change": change,
                }
                found.append(Finding("import-temperature-scale", values))
                break
    return tuple(found)


def _meant(value: Floats, other: Floats) -> str:
    both = np.isfinite(value) & np.isfinite(other)
    x, y = other[both], value[both]
    if len(x) < 3 or float(np.ptp(x)) < 5.0:
        return ""
    if np.quantile(np.abs(y - x - _KELVIN), 0.95) < 10.0:
        return "K − 273.15"
    if np.quantile(np.abs((y - 32.0) / 1.8 - x), 0.95) < 5.0 and np.ptp(y) > 1.5 * np.ptp(x):
        return "(°F − 32) / 1.8"
    return ""


def explain_modulus(findings: Sequence[Finding]) -> tuple[Finding, ...]:
    """Tell which slip of a unit would explain a modulus that no metal has.

    Parameters
    ----------
    findings
        Of a tensile evaluation: "modulus-from-crosshead" and "modulus-implausible" state the
        elastic slope [GPa].
    """
    for finding in findings:
        if finding.code in ("modulus-from-crosshead", "modulus-implausible"):
            slope = float(finding.values["slope"])
            if _METALS[0] <= slope <= _METALS[1] or not slope > 0.0:
                return ()
            fits = [
                f"{'×' if slope < _METALS[0] else '÷'} {text}"
                for text, factor in _FACTORS.items()
                if _LIKELY[0]
                <= (slope * factor if slope < _METALS[0] else slope / factor)
                <= _LIKELY[1]
            ]
            return (Finding("import-modulus", {"slope": slope, "change": ", ".join(fits) or "—"}),)
    return ()
