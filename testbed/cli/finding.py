"""``testbed runs index|search``: bring the catalogue of runs up to date, and ask it."""

import json
import os
import sys
from dataclasses import asdict
from pathlib import Path

import click

from testbed import bootstrap, settings
from testbed.adapters.catalogue_files import Overtaken
from testbed.cli.progress import shown_progress
from testbed.cli.terminal import TERMINAL
from testbed.cli.words import LANGUAGE, leave, speak, table
from testbed.cli.worker import HOME
from testbed.domain.objections import Refused
from testbed.i18n import Words
from testbed.services.catalogue import FoundRun, SearchPage
from testbed.services.searching import FACETS, SORTS, STATES, Search, read_search

__all__ = ["VERBS", "catch_up"]

_NAMED = 20  # unreadable files that are told by name


def catch_up(known: settings.Settings) -> None:
    """Add to the catalogue what came while the centre was closed, without hurry."""
    testbed = bootstrap.build(known)
    try:
        testbed.catalogue.index()
    finally:
        testbed.close()


@click.command()
@click.option("--full", is_flag=True, help="Read every file again, into a new catalogue.")
@HOME
@LANGUAGE
def index(full: bool, home: Path | None, lang: str | None) -> None:
    """Bring the catalogue up to date with the files of the runs.

    Without --full only files are read whose size or age changed. Searches and bookings go on
    meanwhile; a new catalogue takes the place of the old one when it is complete.
    """
    said = speak(lang)
    testbed = bootstrap.build(settings.load(home))
    try:
        with shown_progress() as progress:
            report = testbed.catalogue.index(
                full=full, processes=os.cpu_count() or 1, progress=progress
            )
    except Overtaken:
        sys.exit(said("Somebody else began to rebuild the catalogue; theirs will stand."))
    finally:
        testbed.close()
    for place, why in report.unreadable[:_NAMED]:
        click.echo(f"✗ {place}: {why}", err=True)
    counts = {
        name: f"{getattr(report, name):,}" for name in ("files", "read", "removed", "entries")
    }
    sentence = "{files} files: {read} read, {removed} entries removed, {entries} runs listed"
    click.echo(said(sentence, **counts))
    if report.unreadable:
        sys.exit(
            said("{count} files cannot be read and were left out.", count=len(report.unreadable))
        )


@click.command()
@click.argument("words", nargs=-1)
@click.option("--method", multiple=True, help="Test method (iso-6892-1); may be given again.")
@click.option("--equipment", multiple=True, help="Equipment code (EQ-001); may be given again.")
@click.option("--firm", multiple=True, help="Code of the organisation; may be given again.")
@click.option("--specimen", default="", help="Words of the specimen's number or name.")
@click.option("--status", multiple=True, metavar="STATUS", help=f"One of {', '.join(STATES)}.")
@click.option("--outcome", multiple=True, help=f"One of {', '.join(FACETS['outcome'] or ())}.")
@click.option("--review", multiple=True, help="none, waiting, accepted, sent_back.")
@click.option("--from", "first", default="", metavar="DAY", help="First day of the start.")
@click.option("--to", "last", default="", metavar="DAY", help="Last day of the start, included.")
@click.option("--result", multiple=True, metavar="RANGE", help='"rp02>=300", "rm=400..550 MPa".')
@click.option("--sort", default="newest", metavar="ORDER", help=f"One of {', '.join(SORTS)}.")
@click.option("--page", default=1, show_default=True)
@click.option("--size", default=25, show_default=True)
@click.option("--json", "as_json", is_flag=True, help="Print for programs.")
@HOME
@LANGUAGE
def search(
    words: tuple[str, ...],
    first: str,
    last: str,
    status: tuple[str, ...],
    specimen: str,
    sort: str,
    page: int,
    size: int,
    as_json: bool,
    home: Path | None,
    lang: str | None,
    **chosen: tuple[str, ...],
) -> None:
    """Find runs by WORDS in Korean and English, and by what they are and found.

    Beginnings of words are enough, and parts of Korean ones: 인장 finds 인장시험을.
    """
    said = speak(lang)
    wanted = read_search(
        {
            **{name: list(values) for name, values in chosen.items()},
            "q": list(words), "state": list(status), "specimen": [specimen], "from": [first],
            "to": [last], "sort": [sort], "page": [str(page)], "size": [str(size)],
        }
    )  # fmt: skip
    if isinstance(wanted, Refused):
        leave(wanted, said)
        raise AssertionError
    testbed = bootstrap.build(settings.load(home))
    try:
        found = testbed.catalogue.search(TERMINAL, wanted)
    finally:
        testbed.close()
    click.echo(_as_json(found) if as_json else _as_table(found, wanted, said))


def _as_json(found: SearchPage) -> str:
    plain = {
        "total": found.total,
        "page": found.page,
        "pages": found.pages,
        "runs": [asdict(each) for each in found.rows],
        "facets": {
            name: [asdict(each) for each in all_of] for name, all_of in found.facets.items()
        },
        "quantities": [
            {"quantity": quantity, "unit": unit, "count": count}
            for (quantity, unit), count in found.quantities.items()
        ],
    }
    return json.dumps(plain, ensure_ascii=False, indent=1, default=str)


def _as_table(found: SearchPage, wanted: Search, said: Words) -> str:
    if not found.rows:
        return said("No run fits.")
    quantities = list(dict.fromkeys(each.quantity for each in wanted.results))
    names = ("Run", "Method", "Organisation", "Specimen", "Started", "State", "Verdict", "Review")
    heads = [said(name) for name in names]
    rows = [_row(each, quantities, said) for each in found.rows]
    right = tuple(range(len(heads), len(heads) + len(quantities)))
    lines = [table([*heads, *quantities], rows, right=right)]
    values = {"page": found.page, "pages": found.pages, "total": found.total}
    lines.append(said("Page {page} of {pages}, {total} runs", **values))
    return "\n".join(lines)


def _row(found: FoundRun, quantities: list[str], said: Words) -> list[str]:
    row = found.row
    state = f"run-state.{row.state}" if row.ending is None else f"ending.{row.ending}"
    return [
        row.number if found.on_record else found.place,
        row.method,
        row.organisation.in_locale(said.locale),
        " ".join(filter(None, (row.specimen, row.specimen_name))),
        "" if row.started is None else f"{row.started.astimezone():%Y-%m-%d %H:%M}",
        said(state),
        "" if row.outcome is None else said(f"outcome.{row.outcome}"),
        said(f"review.{row.review}"),
        *(f"{found.values[name]:.6g}" if name in found.values else "" for name in quantities),
    ]


VERBS = (index, search)
