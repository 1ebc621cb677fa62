"""``testbed benches``: what stands in the centre, and clearing a bench that was not proven safe."""

import sys
from pathlib import Path

import click

from testbed import bootstrap, settings
from testbed.adapters.benches import BenchRefused, bench_files
from testbed.cli.words import LANGUAGE, leave, speak, table
from testbed.cli.worker import HOME
from testbed.domain.objections import Refused

__all__ = ["benches"]


@click.group()
def benches() -> None:
    """Look at the benches of a centre."""


@benches.command("list")
@HOME
def list_benches(home: Path | None) -> None:
    """List the benches with the instruments that fill their roles."""
    known = settings.load(home)
    try:
        found = bench_files(known.benches)
    except BenchRefused as refusal:
        sys.exit(str(refusal))
    rows = [
        (bench.name, role, setting.driver, setting.serial, setting.address or "(simulated)")
        for bench in found.values()
        for role, setting in bench.roles.items()
    ]
    if not rows:
        sys.exit(f"No bench yet. Put a bench file into {known.benches}/")
    click.echo(table(("Bench", "Role", "Driver", "Serial", "Address"), rows))


@benches.command()
@HOME
@LANGUAGE
@click.argument("bench")
@click.option("--login", required=True, help="Who has looked at the bench.")
@click.option("--remark", required=True, help="What was found.")
def clear(home: Path | None, lang: str | None, bench: str, login: str, remark: str) -> None:
    """Declare BENCH safe after somebody has looked at it."""
    testbed = bootstrap.build(settings.load(home))
    try:
        actor = testbed.people.find(login)
        answer = testbed.execution.clear_bench(actor, bench, remark)
    except LookupError:
        sys.exit(f"There is no account {login!r}.")
    finally:
        testbed.close()
    if isinstance(answer, Refused):
        leave(answer, speak(lang))
    click.echo(f"{bench} takes work again.")
