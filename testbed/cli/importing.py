"""Importing by a mapping, told at the terminal: what came, what was found, what it is worth."""

import getpass
import hashlib
import re
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import NoReturn

import click

import runs as records
from runs.imports import Problem
from testbed import bootstrap, settings
from testbed.adapters.methods import installed_methods
from testbed.cli.parameters import chosen_method, read_parameters
from testbed.cli.progress import shown_progress
from testbed.cli.verdicts import verdict_table
from testbed.cli.words import leave, table
from testbed.domain.objections import Objection, Refused
from testbed.evaluation.logged_dwell import JudgedDwell
from testbed.i18n import Words
from testbed.procedure import Procedure
from testbed.procedure.results import Finding
from testbed.services.import_mapping import read_mapping
from testbed.services.import_rules import MappingFile, MappingRefused
from testbed.services.importing import ImportReport, ImportWish, import_run

__all__ = ["import_by_mapping", "tell_refused"]

_DIRECTORY = "imported"
_PLACE = re.compile(r"\b(line|row) (\d+)\b")


def import_by_mapping(
    file: Path,
    mapping: Path,
    *,
    method: str,
    params: Sequence[str],
    started: datetime | None,
    title: str,
    specimen: str,
    by: str | None,
    out: Path | None,
    home: Path | None,
    dry: bool,
    said: Words,
) -> None:
    """Import a file, and print findings and results; leaves with 1 where nothing came of it."""
    text = mapping.read_bytes()
    known = None if out else settings.load(home)
    try:
        rules = read_mapping(_decoded(text))
        chosen = chosen_method(installed_methods(), _named(method, rules, said), said)
        wish = ImportWish(
            source=file,
            mapping=rules,
            method=chosen,
            given=read_parameters(chosen, params, said),
            started=started,
            title=title,
            specimen=specimen,
            person=_user() if by is None else by,
            importer=f"testbed {version('testbed-center')}",
            mapping_sha256=hashlib.sha256(text).hexdigest(),
        )

        def place(number: str) -> Path:
            if known is None:
                assert out is not None
                return out
            return known.runs / _DIRECTORY / f"{number}.h5"

        with shown_progress() as progress:
            report = import_run(wish, place, now=datetime.now(UTC), dry=dry, progress=progress)
    except MappingRefused as refused:
        leave(refused.refused, said)
    except records.ImportRefused as refused:
        tell_refused(refused, said)
    except (records.RunsError, OSError) as error:
        sys.exit(said("It cannot be done: {cause}", cause=error))
    else:
        if known is not None and not dry:
            testbed = bootstrap.build(known)
            try:
                testbed.catalogue.index()
            finally:
                testbed.close()
        _tell(report, chosen, said)


def _decoded(text: bytes) -> str:
    try:
        return text.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise MappingRefused(Objection("mapping-no-toml", {"cause": str(error)})) from error


def _named(method: str, rules: MappingFile, said: Words) -> str:
    if method and rules.method and method != rules.method:
        both = {"method": method, "mapping": rules.method}
        leave(Refused((Objection("mapping-method-differs", both),)), said)
    if not (named := method or rules.method):
        accepted = ", ".join(sorted(installed_methods()))
        leave(Refused((Objection("mapping-method-missing", {"accepted": accepted}),)), said)
    return named


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError, ImportError):
        # Neither the environment nor the system knows who that is.
        return ""


def tell_refused(refused: records.ImportRefused, said: Words) -> NoReturn:
    """Print every problem of a foreign file in the person's language, and leave with 1."""
    click.echo(said("It cannot be done: {cause}", cause=said("Nothing was imported.")), err=True)
    for problem in refused.problems:
        sentence = problem
        if isinstance(problem, Problem):
            values = {name: _placed(value, said) for name, value in problem.values.items()}
            sentence = said(f"import.{problem.code}", **values)
        click.echo(f"✗ {sentence}", err=True)
    if refused.more:
        click.echo(said("… and {count} more", count=refused.more), err=True)
    sys.exit(1)


def _placed(value: str | float, said: Words) -> str | float:
    """Put "line 12" into the person's language."""
    if not isinstance(value, str):
        return value
    return _PLACE.sub(lambda found: said(f"place.{found[1]}", number=found[2]), value)


def _tell(report: ImportReport, method: type[Procedure], said: Words) -> None:
    done = report.done
    click.echo(said("{run}: {rows} rows; {form}", run=done.run, rows=done.rows, form=done.form))
    for name, unit in done.channels.items():
        click.echo(f"  {name} [{unit}]")
    if done.left_out:
        click.echo(said("Not taken: {columns}", columns=", ".join(done.left_out)))
    click.echo(f"\n{_findings(report.findings, said)}")
    if report.dwells:
        click.echo(f"\n{_dwells(report.dwells, said)}")
    if report.judgements:
        click.echo(f"\n{verdict_table(method.id, report.judgements, said)}\n")
        verdict = said(f"outcome.{report.outcome}")
        click.echo(said("Verdict: {verdict} (provisional, not reportable)", verdict=verdict))
    if report.path is None:
        click.echo(said("Nothing was written (--dry-run)."))
    else:
        click.echo(said("Run file: {path}", path=report.path))


def _findings(findings: Sequence[Finding], said: Words) -> str:
    if not findings:
        return said("Nothing was found to be wrong.")
    rows = []
    for finding in findings:
        values = {name: _placed(value, said) for name, value in finding.values.items()}
        column = values.get("column") or values.get("channel") or ""
        rows.append((str(column), said(f"finding.{finding.code}", **values)))
    return table((said("Column"), said("Finding")), rows)


def _dwells(dwells: Sequence[JudgedDwell], said: Words) -> str:
    heads = ("Set-point", "From [min]", "Duration [min]", "Tolerance", "Largest deviation",
             "Unproven [min]", "Verdict")  # fmt: skip
    rows = [
        (
            f"{each.dwell.set_point:g}",
            f"{each.dwell.start / 60.0:.1f}",
            f"{each.dwell.duration / 60.0:.1f}",
            f"± {each.tolerance:g}",
            "—" if each.largest is None else f"{each.largest:.3f}",
            f"{each.unknown / 60.0:.1f}",
            said(f"outcome.{each.outcome}"),
        )
        for each in dwells
    ]
    return table([said(head) for head in heads], rows, right=(0, 1, 2, 4, 5))
