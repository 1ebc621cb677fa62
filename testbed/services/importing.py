"""A run made elsewhere: read by a mapping, checked, put on record, and evaluated by its method."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from runs import open as open_run
from runs.imports import Imported, ImportPlan, Mapped, Preview
from runs.imports import contents as look_into
from runs.imports import imported as import_file
from runs.imports import previewed as preview_file
from testbed.domain.conformity import Outcome
from testbed.domain.judgement import Judgement
from testbed.evaluation.import_checks import explain_modulus
from testbed.evaluation.judgement import judge
from testbed.evaluation.logged_dwell import JudgedDwell
from testbed.procedure import Evaluation, ParameterValue, Procedure, method_data
from testbed.procedure.results import Finding
from testbed.services.import_derived import Asked, asked_columns, derived_findings
from testbed.services.import_findings import check_all, judged_dwells
from testbed.services.import_plan import Resolved, first_plan, resolve
from testbed.services.import_rules import MappingFile
from testbed.services.import_units import in_unit

if TYPE_CHECKING:
    import xarray

__all__ = ["ImportReport", "ImportWish", "import_run"]

_LONGEST = 50_000  # letters of the findings on record


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportWish:
    """What is to be imported.

    Attributes
    ----------
    given
        Parameters that win over those of the mapping.
    started, title, specimen
        Win over the mapping where they are said.
    person
        Who imports.
    importer
        By what.
    mapping_sha256
        Of the mapping's file.
    """

    source: Path
    mapping: MappingFile
    method: type[Procedure]
    given: Mapping[str, ParameterValue]
    started: datetime | None = None
    title: str = ""
    specimen: str = ""
    person: str = ""
    importer: str = ""
    mapping_sha256: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportReport:
    """What came of it.

    Attributes
    ----------
    path
        The sealed run; None where nothing was to be written.
    evaluation, judgements
        None and empty where the method could not evaluate it; a finding says why.
    """

    done: Imported
    path: Path | None
    parameters: Mapping[str, ParameterValue]
    findings: tuple[Finding, ...]
    dwells: tuple[JudgedDwell, ...]
    evaluation: Evaluation | None
    outcome: Outcome
    judgements: tuple[Judgement, ...]


def import_run(
    wish: ImportWish,
    place: Callable[[str], Path],
    *,
    now: datetime,
    dry: bool = False,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> ImportReport:
    """Import a foreign file by its mapping and evaluate it.

    Parameters
    ----------
    place
        Gives the place of a run by its number.
    dry
        Tell what would come, and write nothing.

    Raises
    ------
    MappingRefused, ImportRefused
        Nothing could be imported; everything that is wrong is named.
    """
    first = first_plan(wish.mapping)
    first = replace(
        first,
        started=wish.started or first.started,
        title=wish.title or first.title,
        importer=wish.importer or first.importer,
    )
    inside = look_into(wish.source, first)
    resolved = resolve(wish.source, inside, wish.mapping, wish.method, first, wish.given)
    asked = asked_columns(inside, resolved, wish.method, wish.mapping.derived)
    preview = _preview(wish.source, resolved, asked, progress)
    findings = [
        *resolved.findings,
        *check_all(preview, resolved, wish.mapping, wish.method),
        *derived_findings(asked, preview, resolved, wish.method),
    ]
    judged: tuple[JudgedDwell, ...] = ()
    if wish.mapping.dwells is not None:
        judged, told = judged_dwells(wish.mapping.dwells, preview, resolved)
        findings += told
    changes, told = _phases(wish, resolved, judged, preview)
    findings += told
    attributes = _attributes(wish, resolved, findings)
    plan = replace(resolved.plan, phase_changes=changes, attributes=attributes)
    path = None
    if dry:
        done = preview.imported
        dataset = _dataset(preview, plan)
    else:
        done = import_file(wish.source, place, plan, now=now, progress=progress)
        path = place(done.run)
        with open_run(path, decode_times=False) as opened:
            dataset = opened.load()
    evaluation, outcome, judgements, told = _evaluated(wish, resolved, dataset)
    return ImportReport(
        done=done,
        path=path,
        parameters=resolved.parameters,
        findings=(*findings, *told),
        dwells=judged,
        evaluation=evaluation,
        outcome=outcome,
        judgements=judgements,
    )


def _preview(
    source: Path, resolved: Resolved, asked: tuple[Asked, ...], progress: Callable[[int, int], None]
) -> Preview:
    """Read the channels, and the derived columns beside them."""
    beside = tuple(Mapped(each.column, each.name, "1", spare=not each.told) for each in asked)
    plan = replace(resolved.plan, channels=(*resolved.plan.channels, *beside))
    found = preview_file(source, plan, progress=progress)
    done = found.imported
    names = {each.name for each in asked}
    return replace(
        found,
        imported=replace(
            done,
            channels={name: unit for name, unit in done.channels.items() if name not in names},
            left_out=(*done.left_out, *(each.heading for each in asked)),
        ),
    )


def _phases(
    wish: ImportWish, resolved: Resolved, judged: tuple[JudgedDwell, ...], preview: Preview
) -> tuple[tuple[tuple[int, int], ...], tuple[Finding, ...]]:
    """Let the dwell at the severity be the phase that the method judges."""
    rule = wish.mapping.dwells
    names = [phase.name for phase in wish.method.declared_phases()]
    if rule is None or rule.at is None or not all(rule.phases):
        return (), ()
    before, during, after = (names.index(name) for name in rule.phases)
    severity = in_unit(rule.at, resolved.units[rule.set_point])
    fitting = {
        each.dwell.first: each.dwell
        for each in judged
        if abs(each.dwell.set_point - severity) <= 0.5
    }
    if not fitting:
        return ((0, before),), (Finding("import-dwell-absent", {"set_point": severity}),)
    dwell = max(fitting.values(), key=lambda each: each.duration)
    changes = [(dwell.first, during)]
    if dwell.first > 0:
        changes.insert(0, (0, before))
    if dwell.last + 1 < len(preview.time):
        changes.append((dwell.last + 1, after))
    return tuple(changes), ()


def _attributes(
    wish: ImportWish, resolved: Resolved, findings: list[Finding]
) -> dict[str, str | float | int]:
    """Gather what goes on record beside what every import tells of its origin."""
    method, mapping = wish.method, wish.mapping
    found: dict[str, str | float | int] = {
        "method": method.id,
        "method_version": method.version,
        "standard": method.standard,
        "specimen": wish.specimen or mapping.specimen,
        "origin_person": wish.person,
        "origin_mapping_sha256": wish.mapping_sha256,
        **{f"origin_{name}": value for name, value in mapping.origin.items()},
    }
    declared = method.declared_params()
    for name in resolved.given:
        if (value := resolved.parameters[name]) is not None:
            found[f"param_{name}"] = value
            found[f"param_{name}_unit"] = getattr(declared[name], "unit", "")
    kept: list[dict[str, object]] = []
    for finding in findings:
        kept.append({"code": finding.code, **finding.values})
        if len(json.dumps(kept, ensure_ascii=False).encode()) > _LONGEST:
            kept[-1] = {"code": "import-more", "count": len(findings) - len(kept) + 1}
            break
    if kept:
        found["origin_findings"] = json.dumps(kept, ensure_ascii=False)
    return {name: value for name, value in found.items() if value != ""}


def _dataset(preview: Preview, plan: ImportPlan) -> "xarray.Dataset":
    """Make in memory what the file would hold."""
    import xarray

    names = [mapped.name for mapped in plan.channels] + [name for name, _ in plan.absent]
    phase = np.zeros(len(preview.time), np.int16)
    for first, index in plan.phase_changes:
        phase[first:] = index
    values = {name: ("time", preview.columns[name]) for name in names}
    return xarray.Dataset({**values, "phase": ("time", phase)}, {"time": preview.time})


def _evaluated(
    wish: ImportWish, resolved: Resolved, dataset: "xarray.Dataset"
) -> tuple[Evaluation | None, Outcome, tuple[Judgement, ...], tuple[Finding, ...]]:
    method = wish.method
    data = method_data(method.__module__.rpartition(".")[0], method.id, method.version)
    try:
        if method.evaluates_tree:
            raise NotImplementedError("it needs streams that a table does not have")
        evaluation = method.evaluate(dataset, resolved.parameters, data)
        limits = (*method.limits(resolved.parameters, data), *resolved.limits)
        outcome, judgements = judge(method, evaluation, limits)
    except Exception as error:  # a third party's method may fail in any way; the run is kept
        cause = f"{type(error).__name__}: {error}"
        failed = Finding("import-not-evaluated", {"cause": cause})
        return None, Outcome.INVALID, (), (failed,)
    told = (*evaluation.findings, *explain_modulus(evaluation.findings))
    return evaluation, outcome, judgements, told
