"""Derived columns of a foreign file: told by the mapping, or known by their unit."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import chain, combinations, permutations, product

import numpy as np
import numpy.typing as npt

from runs.imports import Contents, Preview
from runs.imports.choice import find_column
from testbed.domain.objections import Objection
from testbed.evaluation.derived_columns import Definition, Derived, check_derived
from testbed.procedure import Procedure
from testbed.procedure.parameters import ParameterError
from testbed.procedure.results import Finding
from testbed.services.import_plan import Resolved
from testbed.services.import_rules import Amount, DerivedRule, MappingRefused
from testbed.services.import_units import spelled, straight

__all__ = ["Asked", "asked_columns", "derived_findings"]

_PRODUCT, _INTEGRAL = 1e-3, 1e-2
"""Share by which a column may be off: as rounded, or as a machine's own sum of finer steps."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A column that is read beside the channels: for its sentinels, and against definitions.

    Attributes
    ----------
    definitions
        Each with the factor that brings the column into its unit.
    told
        Whether the mapping tells the definition; else it has the column's dimension, no more.
    """

    column: int
    heading: str
    definitions: tuple[tuple[Definition, float], ...]
    told: bool

    @property
    def name(self) -> str:
        """What it is called while it is read beside the channels."""
        return f"beside_{self.column}"


def asked_columns(
    contents: Contents,
    resolved: Resolved,
    method: type[Procedure],
    rules: Mapping[str, DerivedRule],
) -> tuple[Asked, ...]:
    """Choose the columns to read beside the channels: all others of numbers.

    Raises
    ------
    MappingRefused
        A definition of the mapping names what there is not, or measures something else.
    """
    told = _told(contents, resolved, method, rules)
    known = {each.column for each in told} | set(resolved.columns.values())
    found = list(told)
    for number, heading in enumerate(contents.headings):
        if number in known | {contents.time} or number not in contents.numbers:
            continue
        fitting = []
        for definition in _definitions(resolved, method):
            factor = _factor(definition, heading.unit, resolved, method) if heading.unit else None
            if factor is not None:
                fitting.append((definition, factor))
        found.append(
            Asked(column=number, heading=heading.text, definitions=tuple(fitting), told=False)
        )
    return tuple(found)


def _told(
    contents: Contents,
    resolved: Resolved,
    method: type[Procedure],
    rules: Mapping[str, DerivedRule],
) -> list[Asked]:
    objections: list[Objection] = []
    found = []
    numbers = [name for name, value in resolved.parameters.items() if isinstance(value, float)]
    for key, rule in rules.items():
        problems: list[str] = []
        number = find_column(contents.headings, rule.column, problems)
        if number is None or number not in contents.numbers:
            accepted = ", ".join(heading.text for heading in contents.headings)
            said = {"key": f"derived.{key}", "value": str(rule.column), "accepted": accepted}
            objections.append(Objection("mapping-derived-column", said))
            continue
        names = [*rule.of, *([rule.along] if rule.along not in ("", "time") else [])]
        unknown = [name for name in names if name not in resolved.columns]
        if rule.over and rule.over not in numbers:
            unknown.append(rule.over)
        if unknown:
            said = {"key": f"derived.{key}", "value": ", ".join(unknown),
                    "accepted": ", ".join((*resolved.columns, *numbers))}  # fmt: skip
            objections.append(Objection("mapping-derived-unknown", said))
            continue
        definition = Definition(of=rule.of, over=rule.over, along=rule.along)
        heading = contents.headings[number]
        unit = rule.unit or heading.unit
        factor = _factor(definition, unit, resolved, method) if unit else None
        if factor is None:
            said = {"key": f"derived.{key}", "unit": unit or "—",
                    "accepted": _unit_of(definition, resolved, method)}  # fmt: skip
            objections.append(Objection("mapping-derived-unit", said))
            continue
        found.append(
            Asked(
                column=number,
                heading=heading.text,
                definitions=((definition, factor),),
                told=True,
            )
        )
    if objections:
        raise MappingRefused(*objections)
    return found


def _definitions(resolved: Resolved, method: type[Procedure]) -> Iterator[Definition]:
    """List what columns are usually worked out of: stress, strain, power, charge, energy, work."""
    declared = {channel.name for channel in method.channels}
    names = [name for name in resolved.columns if name in declared]
    given = [name for name in resolved.given if isinstance(resolved.parameters[name], float)]
    for name, over in product(names, given):
        yield Definition(of=(name,), over=over)
    for pair in combinations(names, 2):
        yield Definition(of=pair)
        yield Definition(of=pair, along="time")
    for name in names:
        yield Definition(of=(name,), along="time")
    for name, along in permutations(names, 2):
        yield Definition(of=(name,), along=along)


def _unit_of(definition: Definition, resolved: Resolved, method: type[Procedure]) -> str:
    parts = [f"({resolved.units[name]})" for name in definition.of]
    if definition.along:
        parts.append(f"({resolved.units.get(definition.along, 's')})")
    unit = "*".join(parts)
    if definition.over:
        divisor = getattr(method.declared_params()[definition.over], "unit", "")
        unit += f"/({divisor})" if divisor not in ("", "1") else ""
    return unit


def _factor(
    definition: Definition, unit: str, resolved: Resolved, method: type[Procedure]
) -> float | None:
    """Give what brings the column into the unit of its definition; None where nothing does."""
    into = _unit_of(definition, resolved, method)
    try:
        return straight(spelled(unit, ""), into, Amount(1.0), Amount(0.0)).scale
    except ParameterError:
        return None


def derived_findings(
    columns: tuple[Asked, ...], preview: Preview, resolved: Resolved, method: type[Procedure]
) -> tuple[Finding, ...]:
    """Hold derived columns against their definitions.

    A column of which only the dimension is known and that follows none of the definitions may be
    something else: it says nothing. Where it follows several, the one that fits best counts.
    """
    found: list[Finding] = []
    for each in columns:
        recorded = preview.columns[each.name]
        results = [
            check_derived(
                _derived(each, definition, recorded * factor, preview, resolved, method),
                preview.places,
            )
            for definition, factor in each.definitions
        ]
        if each.told:
            found += chain.from_iterable(results)
            continue
        fitting = [r for r in results if not any(f.code == "derived-inconsistent" for f in r)]
        if fitting and all(fitting):
            found += sorted(fitting, key=_size)[0]
    return tuple(found)


def _size(findings: tuple[Finding, ...]) -> float:
    return max(abs(float(each.values.get("percent", 1e3))) for each in findings)


def _derived(
    asked: Asked,
    definition: Definition,
    recorded: npt.NDArray[np.float64],
    preview: Preview,
    resolved: Resolved,
    method: type[Procedure],
) -> Derived:
    numbers = {k: v for k, v in resolved.parameters.items() if isinstance(v, float)}
    over = definition.over
    unit = getattr(method.declared_params()[over], "unit", "") if over else ""
    return Derived(
        column=asked.heading,
        formula=str(definition),
        recorded=recorded,
        expected=definition.expected(preview.time, preview.columns, numbers),
        parameter=(over, numbers[over], unit) if over else None,
        integral=bool(definition.along),
        tolerance=_INTEGRAL if definition.along else _PRODUCT,
    )
