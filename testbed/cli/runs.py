"""``testbed runs``: list, show, export, verify and recover the records, and steer what runs.

Who can read the centre's directory at its own machine may read every run in it.
"""

import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import click

import runs as records
from testbed import bootstrap, settings
from testbed.bootstrap import Testbed
from testbed.cli.finding import VERBS as FINDING
from testbed.cli.keeping import VERBS as KEEPING
from testbed.cli.moving import VERBS as MOVING
from testbed.cli.progress import shown_progress
from testbed.cli.reevaluating import VERBS as REEVALUATING
from testbed.cli.steer import VERBS
from testbed.cli.terminal import TERMINAL
from testbed.cli.verdicts import verdict_table
from testbed.cli.words import LANGUAGE, leave, speak, table
from testbed.cli.worker import HOME
from testbed.domain.objections import Objection, Refused
from testbed.engine import segments
from testbed.i18n import Words
from testbed.services.records import SINGLE, WRITERS, Format
from testbed.services.rows import RunDetail, RunRow

__all__ = ["runs"]

_OPERATOR = TERMINAL
_WHICH = click.argument("which", metavar="RUN|FILE")


@contextmanager
def _centre(home: Path | None) -> Iterator[Testbed]:
    try:
        testbed = bootstrap.build(settings.load(home))
    except settings.SettingsRefused as refused:
        sys.exit(str(refused))
    try:
        yield testbed
    finally:
        testbed.close()


@click.group()
def runs() -> None:
    """List, show, export, verify and recover runs; tell a running one what to do."""


for _verb in (*VERBS, *FINDING, *MOVING, *KEEPING, *REEVALUATING):
    runs.add_command(_verb)


@runs.command("list")
@click.option("--search", default="", help="Words that a run's number, method or firm contain.")
@click.option("--page", default=1, show_default=True, help="Page, newest first.")
@click.option("--size", default=25, show_default=True, help="Runs on a page.")
@HOME
@LANGUAGE
def list_runs(search: str, page: int, size: int, home: Path | None, lang: str | None) -> None:
    """List runs, newest first."""
    said = speak(lang)
    with _centre(home) as testbed:
        found = testbed.queries.runs(_OPERATOR, search, page, max(size, 1))
    if not found.rows:
        click.echo(said("No run is on record. Carry one out: testbed run --help"))
        return
    heads = ("Run", "Method", "Bench", "Specimen", "Started", "State", "Verdict", "Review")
    rows = [
        (
            row.number,
            row.method,
            row.bench,
            row.specimen,
            "" if row.started is None else f"{row.started.astimezone():%Y-%m-%d %H:%M}",
            _state(row, said),
            "" if row.outcome is None else said(f"outcome.{row.outcome}"),
            said(f"review.{row.review}"),
        )
        for row in found.rows
    ]
    click.echo(table([said(head) for head in heads], rows))
    if found.pages > 1:
        click.echo(
            said("Page {page} of {pages}, {total} runs", page=found.page, pages=found.pages,
                 total=found.total)
        )  # fmt: skip


@runs.command()
@_WHICH
@HOME
@LANGUAGE
def show(which: str, home: Path | None, lang: str | None) -> None:
    """Show a run by its number, or what a run file says of itself."""
    said = speak(lang)
    if Path(which).is_file():
        _show_file(Path(which), said)
        return
    with _centre(home) as testbed:
        detail = _detail(testbed, which, said)
        path = testbed.records.file(_OPERATOR, detail.row.number)
    _show_run(detail, path, said)


@runs.command()
@_WHICH
@click.option(
    "--format", "form", type=click.Choice(list(WRITERS)), default="csv", show_default=True
)
@click.option(
    "-o", "--out", type=click.Path(dir_okay=False, path_type=Path), required=True, help="To write."
)
@click.option("--stream", default="", help="Stream for CSV or Parquet, which hold one.")
@HOME
@LANGUAGE
def export(
    which: str, form: Format, out: Path, stream: str, home: Path | None, lang: str | None
) -> None:
    """Write the record of a run as CSV, netCDF-4, Parquet, MATLAB (7.3) or HDF5."""
    said = speak(lang)
    source = _file(which, home, said)[0]
    with _reported(said), shown_progress() as progress:
        only = {"stream": stream} if form in SINGLE else {}
        WRITERS[form](source, out, progress=progress, **only)
    click.echo(str(out))


@runs.command()
@_WHICH
@HOME
@LANGUAGE
def verify(which: str, home: Path | None, lang: str | None) -> None:
    """Compare a run with its seal; by number, also with the hash that the centre has on record."""
    said = speak(lang)
    path, sealed = _file(which, home, said)
    with _reported(said):
        found = segments.verify(path, sealed or None)
    if found.ok:
        click.echo(said("{path}: as it was sealed", path=path))
        return
    for problem in found.problems:
        click.echo(f"✗ {path}: {problem}", err=True)
    sys.exit(1)


@runs.command()
@click.argument("place", metavar="FILE|DIRECTORY", type=click.Path(exists=True, path_type=Path))
@LANGUAGE
def recover(place: Path, lang: str | None) -> None:
    """Heal the files of killed writers; sound files and those being written stay as they are."""
    said = speak(lang)
    failed = False
    for path in records.scan(place) if place.is_dir() else (place,):
        try:
            healed = records.recover(path)
        except records.WriterLives:
            click.echo(said("{path}: is being written", path=path))
        except records.RunsError as error:
            failed = True
            click.echo(f"✗ {error}", err=True)
        else:
            sentence = "{path}: healed, {rows} rows" if healed.changed else "{path}: sound"
            click.echo(said(sentence, path=path, rows=healed.rows))
    if failed:
        sys.exit(1)


@contextmanager
def _reported(said: Words) -> Iterator[None]:
    try:
        yield
    except (records.RunsError, OSError) as error:
        sys.exit(said("It cannot be done: {cause}", cause=error))


def _detail(testbed: Testbed, number: str, said: Words) -> RunDetail:
    found = testbed.queries.run(_OPERATOR, number)
    if found is None:
        leave(Refused((Objection("run-unknown", {"run": number}),)), said)
        raise AssertionError
    return found


def _file(which: str, home: Path | None, said: Words) -> tuple[Path, str]:
    """Find a run's file, and the hash on record where the run was named by its number."""
    if Path(which).is_file():
        return Path(which), ""
    with _centre(home) as testbed:
        detail = _detail(testbed, which, said)
        with _reported(said):
            path = testbed.records.file(_OPERATOR, detail.row.number)
    if path is None:
        sys.exit(said("{run} has no record.", run=which))
    return path, detail.file_hash


def _state(row: RunRow, said: Words) -> str:
    return said(f"run-state.{row.state}" if row.ending is None else f"ending.{row.ending}")


def _show_run(detail: RunDetail, path: Path | None, said: Words) -> None:
    row = detail.row
    locale = said.locale
    click.echo(f"{row.number}  {said(f'method.{row.method}')}  {_state(row, said)}")
    specimen = " ".join(filter(None, (row.specimen, row.specimen_name)))
    _facts(
        {
            "Bench": row.bench,
            "Organisation": row.organisation.in_locale(locale),
            "Performed by": row.performer.in_locale(locale),
            "Booking": row.booking,
            "Specimen": specimen,
            "Started": "" if row.started is None else f"{row.started.astimezone():%F %T}",
            "Ended": "" if row.ended is None else f"{row.ended.astimezone():%F %T}",
            "Review": said(f"review.{row.review}"),
            "Rows": f"{detail.rows}",
        },
        said,
    )
    for name, value in detail.parameters.items():
        if value is not None:
            title = said(f"param.{row.method}.{name}")
            click.echo(f"  {title}: {value} {detail.parameter_units.get(name, '')}".rstrip())
    if detail.remark is not None:
        click.echo(said(detail.remark.code, **detail.remark.values))
    if detail.judgements:
        click.echo(f"\n{verdict_table(row.method, detail.judgements, said)}\n")
    for finding in detail.findings:
        click.echo(f"• {said(f'finding.{finding.code}', **finding.values)}")
    if row.outcome is not None:
        verdict = said(f"outcome.{row.outcome}")
        click.echo(said("Verdict: {verdict} (provisional, not reportable)", verdict=verdict))
    if path is not None:
        click.echo(said("Run file: {path}", path=path))
        if detail.file_hash:
            click.echo(f"SHA-256: {detail.file_hash}")


def _show_file(path: Path, said: Words) -> None:
    with _reported(said):
        found = records.describe(path)
    click.echo(f"{found.run}  {found.title}  {_status(found.status, said)}")
    _facts(
        {
            "Started": f"{found.started.astimezone():%F %T}",
            "Ended": "" if found.ended is None else f"{found.ended.astimezone():%F %T}",
            "Rows": f"{found.rows}",
            "Channels": ", ".join(f"{name} [{unit}]" for name, unit in found.channels.items()),
        },
        said,
    )
    for name, value in found.attributes.items():
        click.echo(f"  {name}: {value}")


def _status(status: str, said: Words) -> str:
    return said("run-state.running" if status == "recording" else f"ending.{status}")


def _facts(facts: Mapping[str, str], said: Words) -> None:
    for name, value in facts.items():
        if value:
            click.echo(f"  {said(name)}: {value}")
