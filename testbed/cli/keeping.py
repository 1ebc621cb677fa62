"""``testbed runs archive|fetch|retain|hold``: records go elsewhere, come back, are held or end."""

import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import click

from testbed import bootstrap, settings
from testbed.bootstrap import Testbed
from testbed.cli.terminal import TERMINAL
from testbed.cli.words import LANGUAGE, leave, speak, table
from testbed.cli.worker import HOME
from testbed.domain.objections import Refused
from testbed.domain.people import Actor
from testbed.i18n import Words
from testbed.services.keeping import DueRow, Moved
from testbed.services.records import RecordUnreachable

__all__ = ["VERBS"]

_AGE = re.compile(r"(\d+)\s*([dhy])")
_UNITS = {"h": timedelta(hours=1), "d": timedelta(days=1), "y": timedelta(days=365)}
_LOGIN = click.option("--login", required=True, help="Account under which it goes on record.")
_DRY = click.option("--dry-run", is_flag=True, help="Tell what would be done, and do nothing.")


def _age(context: click.Context, parameter: click.Parameter, text: str) -> timedelta:
    found = _AGE.fullmatch(text.strip())
    if found is None:
        raise click.BadParameter(f"{text!r}; accepted: 90d, 12h, 2y")
    return int(found[1]) * _UNITS[found[2]]


@contextmanager
def _centre(home: Path | None, said: Words) -> Iterator[Testbed]:
    try:
        testbed = bootstrap.build(settings.load(home))
    except settings.SettingsRefused as refused:
        sys.exit(str(refused))
    try:
        yield testbed
    except RecordUnreachable as error:
        sys.exit(said("It cannot be done: {cause}", cause=error))
    finally:
        testbed.close()


def _who(testbed: Testbed, login: str, said: Words) -> Actor:
    try:
        return testbed.people.find(login)
    except LookupError:
        sys.exit(said("There is no account {login}.", login=login))


def _told(moved: Moved, said: Words) -> bool:
    """Say what became of a run; gives whether it went well."""
    for objection in moved.objections:
        click.echo(f"✗ {said.objection(objection)}", err=True)
    if moved.code == "refused":
        return False
    values = {"run": moved.run, **moved.values}
    well = moved.code not in ("damaged", "unreachable")
    sentence = said(f"keeping.{moved.code}", **values)
    click.echo(sentence if well else f"✗ {sentence}", err=not well)
    return well


@click.command()
@click.option("--older-than", default="0d", callback=_age, help="Age since the end: 90d, 12h, 2y.")
@click.option("--to", default="", metavar="URL", help="s3://bucket/runs, file:///mnt/archive …")
@click.option("--keep", is_flag=True, help="Let the local files stay.")
@_DRY
@_LOGIN
@HOME
@LANGUAGE
def archive(
    older_than: timedelta,
    to: str,
    keep: bool,
    dry_run: bool,
    login: str,
    home: Path | None,
    lang: str | None,
) -> None:
    """Copy sealed records to URL; each is read back before its local file goes.

    An archived record is read as before: what is asked for is brought back and verified. URL may
    be any that fsspec knows; where none is given, `archive` in testbed.toml.
    """
    said = speak(lang)
    with _centre(home, said) as testbed:
        target = to or testbed.settings.archive
        if not target:
            sys.exit(said('Say where to: --to URL, or archive = "URL" in testbed.toml.'))
        who = _who(testbed, login, said)
        moved = testbed.keeping.archive(who, target, older_than, keep=keep, dry_run=dry_run)
        well = [_told(each, said) for each in moved]
    if not well:
        click.echo(said("No record is to be archived."))
    if not all(well):
        sys.exit(1)


@click.command()
@click.argument("runs", metavar="RUN…", nargs=-1, required=True)
@HOME
@LANGUAGE
def fetch(runs: tuple[str, ...], home: Path | None, lang: str | None) -> None:
    """Bring archived records back to where they were; the archived copies stay."""
    said = speak(lang)
    with _centre(home, said) as testbed:
        for run in runs:
            found = testbed.keeping.fetch(TERMINAL, run)
            if isinstance(found, Refused):
                leave(found, said)
                raise AssertionError
            click.echo(str(found))


@click.command()
@click.argument("runs", metavar="[RUN…]", nargs=-1)
@click.option("--class", "name", default="", help="Keep RUN as one of this class.")
@click.option("--delete", is_flag=True, help="Delete the records of RUN…, or all that are due.")
@click.option("--yes", is_flag=True, help="Delete without asking.")
@click.option("--login", default="", help="Account under which it goes on record.")
@_DRY
@HOME
@LANGUAGE
def retain(
    runs: tuple[str, ...],
    name: str,
    delete: bool,
    yes: bool,
    login: str,
    dry_run: bool,
    home: Path | None,
    lang: str | None,
) -> None:
    """List how long records are kept, choose the class of one, or delete what is due.

    What is deleted is shown first. A record within its years, under review or held is refused by
    name; the row of a run, its verdict and the hash of its record always stay.
    """
    said = speak(lang)
    if (delete or name) and not login:
        sys.exit(said("Say under which account: --login."))
    with _centre(home, said) as testbed:
        if name:
            who = _who(testbed, login, said)
            for run in runs:
                answer = testbed.keeping.classify(who, run, name)
                if isinstance(answer, Refused):
                    leave(answer, said)
            return
        rows = testbed.keeping.schedule(TERMINAL)
        if isinstance(rows, Refused):
            leave(rows, said)
            raise AssertionError
        chosen = [row for row in rows if not runs or row.run in runs]
        if delete:
            due = runs or tuple(row.run for row in chosen if row.due)
            _delete(testbed, _who(testbed, login, said), due, dry_run, yes, said)
        elif chosen:
            click.echo(_listed(chosen, said))
        else:
            click.echo(said("No run is on record. Carry one out: testbed run --help"))


def _listed(rows: list[DueRow], said: Words) -> str:
    heads = [said(head) for head in ("Run", "Class", "Kept until", "Due", "Held")]
    return table(
        heads,
        [
            (
                row.run,
                row.name,
                "–" if row.until is None else f"{row.until:%Y-%m-%d}",
                said("Due") if row.due else "",
                "; ".join(row.held),
            )
            for row in rows
        ],
    )


def _delete(
    testbed: Testbed, who: Actor, due: tuple[str, ...], dry_run: bool, yes: bool, said: Words
) -> None:
    shown = list(testbed.keeping.delete(who, due, dry_run=True))
    well = [_told(each, said) for each in shown]
    ready = [each.run for each, good in zip(shown, well, strict=True) if good]
    if not shown:
        click.echo(said("Nothing is due."))
    elif ready and not dry_run:
        if not yes:
            click.confirm(
                said("Delete these {count} records for ever?", count=len(ready)), abort=True
            )
        well += [_told(each, said) for each in testbed.keeping.delete(who, ready, dry_run=False)]
    if not all(well):
        sys.exit(1)


@click.command()
@click.argument("run")
@click.option("--reason", required=True, help="Why; it goes on record.")
@click.option("--lift", is_flag=True, help="Lift the holds of the run (the office).")
@_LOGIN
@HOME
@LANGUAGE
def hold(
    run: str, reason: str, lift: bool, login: str, home: Path | None, lang: str | None
) -> None:
    """Hold the record of RUN: nothing deletes it while the hold stands."""
    said = speak(lang)
    with _centre(home, said) as testbed:
        who = _who(testbed, login, said)
        change = testbed.keeping.lift if lift else testbed.keeping.hold
        answer = change(who, run, reason)
        if isinstance(answer, Refused):
            leave(answer, said)
    click.echo(said("The hold is lifted.") if lift else said("The record is held."))


VERBS = (archive, fetch, retain, hold)
