"""``testbed runs evaluate``: a stored run is evaluated again, beside what it found first."""

import sys
from pathlib import Path

import click

from testbed import bootstrap, settings
from testbed.bootstrap import Testbed
from testbed.cli.terminal import TERMINAL
from testbed.cli.words import LANGUAGE, leave, speak, table
from testbed.cli.worker import HOME
from testbed.domain.judgement import Judgement
from testbed.domain.objections import Refused
from testbed.domain.people import Actor
from testbed.domain.same_bits import Compared
from testbed.i18n import Words
from testbed.services.reevaluation import Reevaluated

__all__ = ["VERBS"]

_HEADS = ("Measurand", "Value", "Value now", "U", "U now", "Verdict", "Verdict now", "To the bit")


@click.command()
@click.argument("which", metavar="RUN")
@click.option(
    "--method", "version", default="", metavar="VERSION",
    help="Version of the method; that of the run if not given.",
)  # fmt: skip
@click.option("--login", default="", help="Account under which another version goes on record.")
@HOME
@LANGUAGE
def evaluate(which: str, version: str, login: str, home: Path | None, lang: str | None) -> None:
    """Evaluate a stored run again from its sealed file; what it found first stays as it is.

    By the version of the run this proves that the results are the same to the bit (status 1 where
    they are not). By another one the new results go on record beside the first.
    """
    said = speak(lang)
    try:
        testbed = bootstrap.build(settings.load(home))
    except settings.SettingsRefused as refused:
        sys.exit(str(refused))
    try:
        again = _evaluated(testbed, which, version, login, said)
        _show(again, said)
    finally:
        testbed.close()
    if again.same_version and not again.identical:
        sys.exit(said("✗ {run}: version {version} no longer gives the same.", run=which,
                      version=again.version))  # fmt: skip


def _evaluated(testbed: Testbed, run: str, version: str, login: str, said: Words) -> Reevaluated:
    actor = _who(testbed, login, said) if login else TERMINAL
    # Nobody is asked for a name where nothing is written down.
    again = testbed.reevaluation.evaluate(actor, run, version, keep=bool(login))
    if isinstance(again, Refused):
        leave(again, said)
        raise AssertionError
    if not again.same_version and not again.kept:
        sys.exit(said("Results by another version go on record: --login says for whom."))
    return again


def _who(testbed: Testbed, login: str, said: Words) -> Actor:
    try:
        return testbed.people.find(login)
    except LookupError:
        sys.exit(said("There is no account {login}.", login=login))


def _show(again: Reevaluated, said: Words) -> None:
    first = again.first
    click.echo(
        f"{first.number}  {said(f'method.{first.method}')}  "
        + said("version {first} → {now}", first=first.version, now=again.version)
    )
    rows = [_row(first.method, each, said) for each in again.rows]
    click.echo(table(["", *(said(head) for head in _HEADS)], rows, right=(2, 3, 4, 5)))
    same = again.found.outcome == first.outcome
    click.echo(
        said("Verdict of the run: {first} → {now}", first=said(f"outcome.{first.outcome}"),
             now=said(f"outcome.{again.found.outcome}"))
        + f"  ({said('identical' if same else 'different')})"
    )  # fmt: skip
    if again.kept:
        click.echo(said("On record beside the first results, which stay as they are."))


def _row(method: str, compared: Compared, said: Words) -> tuple[str, ...]:
    named = compared.either
    before, now = compared.before, compared.now
    return (
        named.symbol,
        said(f"measurand.{method}.{named.measurand}"),
        _value(before),
        _value(now),
        _uncertainty(before),
        _uncertainty(now),
        _verdict(before, said),
        _verdict(now, said),
        _bits(compared, said),
    )


def _value(judged: Judgement | None) -> str:
    return "—" if judged is None or judged.value is None else repr(judged.value)


def _uncertainty(judged: Judgement | None) -> str:
    known = None if judged is None else judged.uncertainty
    return "—" if known is None else repr(known.expanded)


def _verdict(judged: Judgement | None, said: Words) -> str:
    return "—" if judged is None else said(f"outcome.{judged.outcome}")


def _bits(compared: Compared, said: Words) -> str:
    """Say "identical", or which of value, U and verdict are not."""
    if compared.identical:
        return said("identical")
    parts = {"Value": compared.value, "U": compared.uncertainty, "Verdict": compared.verdict}
    other = ", ".join(said(name) for name, same in parts.items() if not same)
    return said("different: {what}", what=other)


VERBS = (evaluate,)
