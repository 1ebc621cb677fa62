"""``testbed benchmark``: measured figures, each as a ratio against a rival in the same run."""

import json
import sqlite3
import statistics
import tempfile
import time
from datetime import timedelta
from pathlib import Path

import click

from testbed import bootstrap
from testbed.cli import benchmark_runs
from testbed.cli.benchmark_evaluate import evaluation_figures
from testbed.cli.benchmark_instruments import instrument_rows
from testbed.cli.words import table
from testbed.domain.names import Name
from testbed.domain.people import Role
from testbed.services.commands import Booked, BookingKind, RequestBooking
from testbed.services.register import NewEquipment
from testbed.settings import Settings

__all__ = ["benchmark"]

_BOOKINGS = 100
_HEADS = ("Measured", "Result", "Ratio", "Asked", "Holds")


@click.command()
@click.argument("what", type=click.Choice(["all", "runs", "booking", "instruments", "evaluate"]))
@click.argument("parts", nargs=-1)
@click.option("--full", is_flag=True, help="Also what takes half an hour and 15 GB.")
@click.option("--json", "as_json", is_flag=True, help="Print figures for programs.")
@click.option(
    "--page",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="Write the table into this page.",
)
def benchmark(
    what: str, parts: tuple[str, ...], full: bool, as_json: bool, page: Path | None
) -> None:
    """Measure recording, booking, instruments and evaluations against a limit or a named rival.

    PARTS narrows `runs` down: rows, blocks, cpu, windows, many, catalogue, live, faults, screen.
    """
    if parts and what != "runs":
        raise click.BadParameter("only `runs` has parts")
    figures = benchmark_runs.told(parts, full=full) if what in ("all", "runs") else []
    if what in ("all", "evaluate"):
        figures += evaluation_figures()
    others: list[tuple[str, str, str]] = []
    if what in ("all", "booking"):
        per_second, share = _bookings()
        others.append(("bookings", f"{per_second:,.0f} /s", f"{share:.2f} x bare SQLite commits"))
    if what in ("all", "instruments"):
        others += instrument_rows()
    if as_json:
        told = [dict(zip(("measured", "result", "ratio"), row, strict=True)) for row in others]
        click.echo(json.dumps([*benchmark_runs.records(figures), *told], indent=1))
    else:
        rows = [*benchmark_runs.table_rows(figures), *((*row, "", "") for row in others)]
        click.echo(table(_HEADS, rows, right=(1,)))
        if figures:
            click.echo(benchmark_runs.summary(figures))
    if page:
        benchmark_runs.write_page(page, _HEADS, figures)


def _bookings() -> tuple[float, float]:
    with tempfile.TemporaryDirectory() as directory:
        home = Path(directory)
        testbed = bootstrap.build(Settings(home=home, database=f"sqlite:///{home / 'testbed.db'}"))
        testbed.register.add_organisation(None, "firm", Name("기업", "Firm"))
        person, word = Name("담당", "Staff"), "benchmark only"
        testbed.people.create_account("firm", person, "firm", [Role.SME], word)
        testbed.register.add_equipment(None, NewEquipment(code="EQ", name=Name("장비", "Machine")))
        actor, start = testbed.people.find("firm"), testbed.clock.now()
        ours = []
        for number in range(_BOOKINGS):
            begin = start + timedelta(hours=number + 1)
            wish = RequestBooking(
                equipment=("EQ",),
                start=begin,
                end=begin + timedelta(hours=1),
                kind=BookingKind.DIRECT,
            )
            begun = time.perf_counter()
            booked = testbed.booking.request(actor, wish)
            ours.append(time.perf_counter() - begun)
            if not isinstance(booked, Booked):
                raise click.ClickException(f"booking {number} was refused: {booked}")
        testbed.close()
        bare = _bare_commits(home / "bare.db")
    median = statistics.median(ours)
    return 1 / median, bare / median


def _bare_commits(path: Path) -> float:
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("CREATE TABLE t (a INTEGER)")
    taken = []
    for number in range(_BOOKINGS):
        begun = time.perf_counter()
        connection.execute("INSERT INTO t VALUES (?)", (number,))
        taken.append(time.perf_counter() - begun)
    connection.close()
    return statistics.median(taken)
