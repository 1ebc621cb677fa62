"""From a mapping and the head of a foreign file to what is read, converted and evaluated."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from runs.imports import Contents, ImportPlan, ImportRefused, Mapped
from runs.imports.choice import find_column
from testbed.domain.conformity import Limit
from testbed.domain.objections import Objection
from testbed.procedure import ParameterValue, Procedure, complete_parameters, read_parameter
from testbed.procedure.parameters import ParameterError, number_and_unit
from testbed.procedure.results import Finding
from testbed.services.import_rules import (
    Amount,
    ChannelRule,
    DwellRule,
    MappingFile,
    MappingRefused,
    Named,
)
from testbed.services.import_units import (
    Straight,
    difference_in,
    in_unit,
    same_size,
    spelled,
    straight,
)

__all__ = ["Resolved", "first_plan", "resolve"]

_DELIMITERS = {"tab": "\t", "space": " ", "comma": ",", "semicolon": ";", "bar": "|"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Resolved:
    """What becomes of a foreign file.

    Attributes
    ----------
    columns
        Channel to number of its column.
    units
        Channel to unit in the record.
    parameters
        Complete, in the method's units.
    given
        Names of the parameters that the mapping or the person gave.
    expected, full_scales
        Channel to plausible range and full scale, in the unit of the record.
    """

    plan: ImportPlan
    columns: Mapping[str, int]
    units: Mapping[str, str]
    parameters: Mapping[str, ParameterValue]
    given: tuple[str, ...]
    limits: tuple[Limit, ...]
    findings: tuple[Finding, ...]
    expected: Mapping[str, tuple[float, float]]
    full_scales: Mapping[str, float]


@dataclass(slots=True)
class _Open:
    """What is gathered on the way."""

    source: Path
    contents: Contents
    method: type[Procedure]
    objections: list[Objection] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    mapped: list[Mapped] = field(default_factory=list)
    columns: dict[str, int] = field(default_factory=dict)
    units: dict[str, str] = field(default_factory=dict)
    expected: dict[str, tuple[float, float]] = field(default_factory=dict)
    full_scales: dict[str, float] = field(default_factory=dict)


def first_plan(mapping: MappingFile) -> ImportPlan:
    """Say how the file is written and where its time stands, as far as the mapping tells."""
    known = ImportPlan()
    time = mapping.time
    return ImportPlan(
        title=mapping.title,
        time=time.column,
        time_unit=time.unit,
        clock=time.clock,
        interval=time.interval,
        started=time.started,
        time_format=time.format,
        timezone=time.zone,
        encoding=mapping.encoding,
        delimiter=_DELIMITERS.get(mapping.delimiter, mapping.delimiter),
        decimal=mapping.decimal,
        thousands=mapping.thousands,
        sentinels=(*known.sentinels, *mapping.sentinels),
        gaps=(*known.gaps, *(gap.lower() for gap in mapping.gaps)),
    )


def resolve(
    source: Path,
    contents: Contents,
    mapping: MappingFile,
    method: type[Procedure],
    plan: ImportPlan,
    given: Mapping[str, ParameterValue],
) -> Resolved:
    """Bring a mapping, a method and the head of a file together.

    Parameters
    ----------
    plan
        How the file is written: `first_plan`, and what the person says beside it.
    given
        Parameters that the person gives; they win over the mapping.

    Raises
    ------
    MappingRefused, ImportRefused
        Everything that does not fit, at once: the mapping with itself or the method, or with the
        file.
    """
    at = _Open(source, contents, method)
    declared = {channel.name: channel for channel in method.channels}
    for name, rule in mapping.channels.items():
        if name not in declared:
            _unknown(at, "mapping-channel-unknown", f"channels.{name}", name, declared)
        else:
            _channel(at, name, rule, declared[name].unit)
    for name, rule in mapping.extra.items():
        _channel(at, name, rule, rule.records)
    absent = tuple((c.name, c.unit) for c in method.channels if c.name not in mapping.channels)
    at.findings += [Finding("import-channel-absent", {"channel": name}) for name, _ in absent]
    parameters, names = _parameters(at, mapping, given)
    limits = _limits(at, mapping)
    _dwell_names(at, mapping)
    if at.objections:
        raise MappingRefused(*at.objections)
    if at.problems:
        raise ImportRefused.of_many(source, at.problems)
    return Resolved(
        plan=_with(plan, at, absent),
        columns=at.columns,
        units={**at.units, **dict(absent)},
        parameters=parameters,
        given=names,
        limits=limits,
        findings=tuple(at.findings),
        expected=at.expected,
        full_scales=at.full_scales,
    )


def _with(plan: ImportPlan, at: _Open, absent: tuple[tuple[str, str], ...]) -> ImportPlan:
    phases = tuple(phase.name for phase in at.method.declared_phases())
    return replace(plan, channels=tuple(at.mapped), absent=absent, phases=phases)


def _unknown(
    at: _Open, code: str, key: str, value: str, accepted: Mapping[str, Any] | Sequence[str]
) -> None:
    # Names of parameters are short: s1 shares but a half with s0.
    near = get_close_matches(value, list(accepted), 1, cutoff=0.5)
    said = {
        "key": key,
        "value": value,
        "method": at.method.id,
        "accepted": ", ".join(accepted),
        "nearest": near[0] if near else "—",
    }
    at.objections.append(Objection(code, said))


def _channel(at: _Open, name: str, rule: ChannelRule, target: str) -> None:
    number = find_column(at.contents.headings, rule.column, at.problems)
    if number is None:
        return
    heading = at.contents.headings[number]
    unit = rule.unit or heading.unit
    said = {"channel": name, "column": heading.text}
    if not unit:
        at.objections.append(
            Objection("mapping-unit-missing", {**said, "accepted": target or "N, mm, degC …"})
        )
        return
    target = target or spelled(unit, "degC" if unit in ("°C", "℃") else "")
    if rule.unit and heading.unit:
        same = same_size(spelled(rule.unit, target), spelled(heading.unit, target))
        both = {**said, "unit": rule.unit, "heading": heading.unit}
        if same is False:
            at.objections.append(Objection("mapping-unit-contradicts", both))
            return
        if same is None:
            at.findings.append(Finding("import-unit-overridden", both))
    try:
        line = straight(unit, target, rule.scale, rule.offset)
        _ranges(at, name, rule, target)
    except ParameterError as error:
        values = {**said, "unit": str(error.values.get("unit", unit)), "accepted": target}
        at.objections.append(Objection("mapping-unit-unfit", values))
        return
    at.columns[name], at.units[name] = number, target
    at.mapped.append(
        Mapped(
            number, name, target, line.scale, line.offset, _record(heading.text, unit, rule, line)
        )
    )


def _record(text: str, unit: str, rule: ChannelRule, line: Straight) -> dict[str, str | float]:
    """Tell on record which column it was, and how it became the channel."""
    found: dict[str, str | float] = {"origin_column": text, "origin_unit": unit}
    if (line.scale, line.offset) != (1.0, 0.0):
        found |= {"origin_scale": line.scale, "origin_offset": line.offset}
    if rule.reason:
        found["origin_reason"] = rule.reason
    return found


def _ranges(at: _Open, name: str, rule: ChannelRule, target: str) -> None:
    if rule.expected is not None:
        low, high = sorted(in_unit(amount, target) for amount in rule.expected)
        at.expected[name] = (low, high)
    if rule.full_scale is not None:
        at.full_scales[name] = in_unit(rule.full_scale, target)


def _parameters(
    at: _Open, mapping: MappingFile, given: Mapping[str, ParameterValue]
) -> tuple[Mapping[str, ParameterValue], tuple[str, ...]]:
    declared = at.method.declared_params()
    found: dict[str, ParameterValue] = {}
    for name, value in mapping.parameters.items():
        if name not in declared:
            _unknown(at, "mapping-parameter-unknown", f"parameters.{name}", name, declared)
            continue
        if name in given:
            continue
        text = _labelled(at, name, value) if isinstance(value, Named) else _typed(value)
        if text is None:
            continue
        try:
            found[name] = read_parameter(declared[name], text)
        except ParameterError as error:
            at.objections.append(Objection(error.code, error.values))
    if at.objections:
        return {}, ()
    found |= given
    try:
        return complete_parameters(at.method, found), tuple(found)
    except ParameterError as error:
        at.objections.append(Objection(error.code, error.values))
    return {}, ()


def _typed(value: Amount | str) -> str:
    if isinstance(value, str):
        return value
    return f"{value.value!r} {spelled(value.unit, '')}"


def _labelled(at: _Open, name: str, value: Named) -> str | None:
    """Read a value that stands behind its label above the table."""
    labels = []
    for row in at.contents.preamble:
        for place, cell in enumerate(row):
            label = cell.rstrip(" :=")
            if label and number_and_unit(label) is None:
                labels.append(label)
            if label.casefold() != value.label.rstrip(" :=").casefold():
                continue
            behind = [each for each in row[place + 1 :] if each]
            if behind and (found := number_and_unit(_pointed(behind[0], at))) is not None:
                number, unit = found
                unit = unit or (behind[1] if len(behind) > 1 else "")
                return f"{number!r} {spelled(unit.strip('[]() '), '')}"
    _unknown(at, "mapping-label-unknown", f"parameters.{name}", value.label, labels[:20])
    return None


def _pointed(text: str, at: _Open) -> str:
    return text.replace(",", ".") if "decimal ," in at.contents.form else text


def _limits(at: _Open, mapping: MappingFile) -> tuple[Limit, ...]:
    measurements = at.method.declared_measurements()
    found = []
    for name, rule in mapping.limits.items():
        if name not in measurements:
            _unknown(at, "mapping-measurand-unknown", f"limits.{name}", name, measurements)
            continue
        unit = measurements[name].unit
        try:
            low, high = (
                None if each is None else in_unit(each, unit) for each in (rule.low, rule.high)
            )
            found.append(Limit(measurand=name, low=low, high=high, source=rule.source))
        except ParameterError as error:
            at.objections.append(Objection(error.code, error.values))
        except ValueError:
            at.objections.append(Objection("mapping-limit-crossed", {"key": f"limits.{name}"}))
    return tuple(found)


def _dwell_names(at: _Open, mapping: MappingFile) -> None:
    rule = mapping.dwells
    if rule is None:
        return
    channels = {**dict.fromkeys(mapping.channels), **dict.fromkeys(mapping.extra)}
    for key, name in (("set_point", rule.set_point), ("judged", rule.judged),
                      ("control", rule.control)):  # fmt: skip
        if name and name not in channels:
            _unknown(at, "mapping-channel-unknown", f"dwells.{key}", name, channels)
    phases = [phase.name for phase in at.method.declared_phases()]
    for key, name in zip(("before", "during", "after"), rule.phases, strict=True):
        if name and name not in phases:
            _unknown(at, "mapping-phase-unknown", f"dwells.{key}", name, phases)
    _dwell_sizes(at, rule)
    if any(rule.phases) and not all((*rule.phases, rule.at)):
        at.objections.append(Objection("mapping-phases-incomplete", {"key": "dwells"}))


def _dwell_sizes(at: _Open, rule: DwellRule) -> None:
    try:
        if unit := at.units.get(rule.judged):
            for tolerance in rule.tolerances:
                difference_in(tolerance, unit)
        if rule.at is not None and (unit := at.units.get(rule.set_point)):
            in_unit(rule.at, unit)
    except ParameterError as error:
        at.objections.append(Objection(error.code, error.values))
