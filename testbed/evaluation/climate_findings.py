"""What the evaluations of all climatic tests tell alike: gaps, severities, working space, bands."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from math import isclose

import numpy as np

from testbed.evaluation.climate import ClimateRecord, Dwell
from testbed.evaluation.integration import gaps
from testbed.evaluation.working_space import of_working_space, worst_of
from testbed.procedure.climate import Segment
from testbed.procedure.results import Construction, Finding, Obtained

__all__ = [
    "DwellOf",
    "bands",
    "dwell_gaps",
    "not_preferred",
    "obtained",
    "other_gaps",
    "space_values",
]

DwellOf = tuple[Segment, Dwell]
"""A dwell that began, with the segment that asked for it."""

_HOUR = 3600.0


def obtained(value: float | None, reason: str) -> Obtained:
    """Give a value, or the reason why there is none."""
    return Obtained(value, reason if value is None else "")


def space_values(record: ClimateRecord, dwells: Iterable[DwellOf]) -> dict[str, Obtained]:
    """Tell how even and steady the working space was, at its worst over all dwells."""
    spaces = []
    for segment, dwell in dwells:
        if dwell.onset is not None:
            held = (record.time >= dwell.settled) & (record.time <= dwell.end)
            spaces.append(of_working_space(record.space[:, held], segment.temperature))
    worst = None if None in spaces else worst_of(each for each in spaces if each is not None)
    reason = "reason.working-space-unproven"
    names = ("uniformity", "fluctuation", "gradient", "mean_deviation")
    return {name: obtained(getattr(worst, name, None), reason) for name in names}


def dwell_gaps(dwells: Iterable[DwellOf]) -> Iterator[Finding]:
    """Name the gaps of the dwells: how many, the longest, and when it began."""
    torn = [dwell for _, dwell in dwells if dwell.gap_count]
    if torn:
        worst = max(torn, key=lambda dwell: dwell.gap_longest)
        yield Finding(
            "unproven-gap",
            {
                "count": sum(dwell.gap_count for dwell in torn),
                "longest": worst.gap_longest,
                "at": worst.gap_at / _HOUR,
            },
        )


def other_gaps(
    record: ClimateRecord, dwells: Iterable[DwellOf], longest: float
) -> Iterator[Finding]:
    """Name gaps outside of the dwells."""
    instants = np.unique(record.time)
    torn = np.flatnonzero(gaps(instants, longest))
    outside = [
        at
        for at in torn
        if not any(
            dwell.onset is not None
            and dwell.onset <= instants[at]
            and instants[at + 1] <= dwell.end
            for _, dwell in dwells
        )
    ]
    if outside:
        yield Finding(
            "ramp-gap", {"longest": float(max(instants[at + 1] - instants[at] for at in outside))}
        )


def not_preferred(
    parameters: Mapping[str, float | str | None],
    severity: Mapping[str, Sequence[float]],
    names: Mapping[str, str],
) -> Iterator[Finding]:
    """Tell which parameters are none of the severities that the standard prefers.

    Parameters
    ----------
    severity
        Lists of preferred values, from the method's data.
    names
        Parameter to the name of its list there; a parameter says its finding by its own name.
    """
    for name, listed in names.items():
        value = float(parameters[name] or 0.0)
        # Ten minutes in hours have no end.
        if not any(isclose(value, each, rel_tol=1e-3) for each in severity[listed]):
            yield _FINDINGS[listed](value)


_FINDINGS = {
    "temperatures": lambda value: Finding("temperature-not-preferred", {"temperature": value}),
    "durations": lambda value: Finding("duration-not-preferred", {"duration": value}),
    "cycles": lambda value: Finding("cycles-not-preferred", {"cycles": value}),
    "rates": lambda value: Finding("rate-not-preferred", {"rate": value}),
    "humidities": lambda value: Finding("humidity-not-preferred", {"humidity": value}),
}


def bands(dwells: Iterable[DwellOf]) -> Iterator[Construction]:
    """Draw the band of each dwell over the monitoring sensor, and where the dwell begins."""
    for segment, dwell in dwells:
        if dwell.onset is None:
            continue
        ends = (dwell.onset, dwell.end)
        for code, level in (
            ("tolerance-high", segment.temperature + segment.tolerance),
            ("tolerance-low", segment.temperature - segment.tolerance),
        ):
            yield Construction(code, ends, (level, level))
        yield Construction("dwell-begins", (dwell.onset,), (segment.temperature,))
