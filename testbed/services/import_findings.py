"""Every check of a record made elsewhere, over what was read of it."""

from collections.abc import Iterator, Sequence

import numpy as np

from runs.imports import Preview
from testbed.domain.conformity import Outcome
from testbed.evaluation.import_checks import (
    Recorded,
    check_constant,
    check_expected,
    check_flat_top,
    check_markers,
    check_temperatures,
    check_time,
)
from testbed.evaluation.logged_dwell import JudgedDwell, dwells, judge_dwell
from testbed.procedure import Procedure
from testbed.procedure.results import Finding
from testbed.services.import_plan import Resolved
from testbed.services.import_rules import DwellRule, MappingFile
from testbed.services.import_units import difference_in

__all__ = ["check_all", "judged_dwells"]

_PERIODS = 3.0


def check_all(
    preview: Preview, resolved: Resolved, mapping: MappingFile, method: type[Procedure]
) -> tuple[Finding, ...]:
    """Check the time and every channel on its own, then temperatures against each other."""
    places = preview.places
    recorded = [
        Recorded(
            name=name,
            unit=resolved.units[name],
            values=preview.columns[name],
            measured=_measured(name, mapping, method),
            full_scale=resolved.full_scales.get(name),
        )
        for name in resolved.columns
    ]
    found = [*_missing(preview, resolved), *check_time(preview.time, places, periods=_PERIODS)]
    for channel in recorded:
        found += check_constant(channel, places)
        found += check_markers(channel, places)
        found += check_flat_top(channel, places)
        if channel.name in resolved.expected:
            found += check_expected(channel, places, *resolved.expected[channel.name])
    return (*found, *check_temperatures(recorded))


def _measured(name: str, mapping: MappingFile, method: type[Procedure]) -> bool:
    rule = mapping.channels.get(name) or mapping.extra.get(name)
    set_points = {channel.name for channel in method.channels if channel.function == "set-point"}
    if mapping.dwells is not None:
        set_points.add(mapping.dwells.set_point)
    return (rule is None or rule.measured) and name not in set_points


def _missing(preview: Preview, resolved: Resolved) -> Iterator[Finding]:
    done = preview.imported
    for each in done.replaced:
        said: dict[str, str | float] = {
            "column": each.column,
            "value": each.value,
            "count": each.count,
            "where": _listed(each.places, each.count),
        }
        if each.channel in resolved.columns:
            yield Finding("import-sentinel", {"channel": each.channel, **said})
        else:
            yield Finding("import-sentinel-beside", said)
    for blank in done.blanks:
        if blank.channel not in resolved.columns:
            continue
        yield Finding(
            "import-blank",
            {
                "channel": blank.channel,
                "column": blank.column,
                "value": repr(blank.text),
                "count": blank.count,
                "where": _listed(blank.places, blank.count),
            },
        )


def _listed(places: Sequence[str], count: int) -> str:
    shown = places[:5]
    return "; ".join(shown) + (f"; +{count - len(shown)}" if count > len(shown) else "")


def judged_dwells(
    rule: DwellRule, preview: Preview, resolved: Resolved
) -> tuple[tuple[JudgedDwell, ...], tuple[Finding, ...]]:
    """Find the dwells of a log and judge each by every tolerance, on the specimen's sensor.

    Returns
    -------
    judged, findings
        A finding tells where the sensor that controls the chamber would have passed what the
        specimen's own fails.
    """
    time = preview.time
    steps = np.diff(time)
    longest = _PERIODS * float(np.median(steps[steps > 0.0])) if np.any(steps > 0.0) else np.inf
    stretches = dwells(
        time, preview.columns[rule.set_point], shortest=rule.shortest, settling=rule.settling
    )
    unit = resolved.units[rule.judged]
    judged, found = [], []
    for tolerance in rule.tolerances:
        size = difference_in(tolerance, unit)
        for each in stretches:
            one = judge_dwell(
                each, time, preview.columns[rule.judged], tolerance=size, longest=longest
            )
            judged.append(one)
            if one.outcome is Outcome.FAIL and rule.control:
                by_control = judge_dwell(
                    each, time, preview.columns[rule.control], tolerance=size, longest=longest
                )
                if by_control.outcome is Outcome.PASS:
                    found.append(_only_control(one, by_control, rule))
    if not stretches:
        found.append(Finding("import-no-dwell", {"minutes": rule.shortest / 60.0}))
    return tuple(judged), tuple(found)


def _only_control(one: JudgedDwell, by_control: JudgedDwell, rule: DwellRule) -> Finding:
    return Finding(
        "dwell-control-would-pass",
        {
            "set_point": one.dwell.set_point,
            "tolerance": one.tolerance,
            "judged": rule.judged,
            "largest": one.largest or 0.0,
            "control": rule.control,
            "control_largest": by_control.largest or 0.0,
        },
    )
