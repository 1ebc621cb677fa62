"""``testbed benches``: what stands in the centre, and clearing a bench that was not proven safe."""

import sys
import time
from pathlib import Path

import click

from testbed import bootstrap, settings
from testbed.adapters.bench_process import BenchLock, find_bench, open_bench
from testbed.adapters.benches import BenchRefused, bench_files
from testbed.bootstrap import Testbed
from testbed.cli.terminal import TERMINAL
from testbed.cli.words import LANGUAGE, leave, speak, table
from testbed.cli.worker import HOME
from testbed.domain.objections import Refused
from testbed.domain.people import Actor
from testbed.engine.ports import BenchState
from testbed.engine.worker import heal
from testbed.i18n import Words

__all__ = ["benches"]

_PATIENCE = 60.0  # [s] that the worker has for the proof


@click.group()
def benches() -> None:
    """Look at the benches of a centre."""


@benches.command("list")
@HOME
@LANGUAGE
def list_benches(home: Path | None, lang: str | None) -> None:
    """List the benches with the instruments that fill their roles, and what refuses work."""
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
    _tell_states(bootstrap.build(known), speak(lang))


def _tell_states(testbed: Testbed, said: Words) -> None:
    try:
        rows = testbed.queries.benches(TERMINAL)
    finally:
        testbed.close()
    for row in rows:
        state = said(f"bench-state.{row.state}")
        click.echo(f"{row.name}: {state}" + (f" ({row.detail})" if row.state.refuses else ""))


@benches.command()
@HOME
@LANGUAGE
@click.argument("bench")
@click.option("--login", required=True, help="Who has looked at the bench.")
@click.option("--remark", required=True, help="What was found.")
def clear(home: Path | None, lang: str | None, bench: str, login: str, remark: str) -> None:
    """Say that somebody has looked at BENCH; it takes work again once it is proven safe."""
    said = speak(lang)
    testbed = bootstrap.build(settings.load(home))
    try:
        actor = testbed.people.find(login)
        answer = testbed.execution.clear_bench(actor, bench, remark)
        if isinstance(answer, Refused):
            leave(answer, said)
        state, cause = _proof(testbed, actor, bench)
    except LookupError:
        sys.exit(f"There is no account {login!r}.")
    finally:
        testbed.close()
    if state is BenchState.UNSAFE:
        sys.exit(said("{bench} is still not proven safe: {cause}", bench=bench, cause=cause))
    if state is BenchState.CLEARED:
        sys.exit(said("{bench} is cleared; its worker has yet to prove it safe.", bench=bench))
    click.echo(said("{bench} was proven safe and takes work again.", bench=bench))


def _proof(testbed: Testbed, actor: Actor, bench: str) -> tuple[BenchState, str]:
    """Prove the bench where nobody works on it, else wait for its worker to do so."""
    known = testbed.settings
    state = known.state(bench)
    with BenchLock(state) as lock:
        if lock.take(within=0.0):
            try:
                opened = open_bench(find_bench(known.benches, bench), state, known.visa_library)
            except (BenchRefused, OSError) as refusal:
                testbed.centre.bench_is(bench, BenchState.UNSAFE, str(refusal))
            else:
                heal(opened.bench, testbed.centre, opened.clock, testbed.centre.lost_runs(bench))
                opened.close()
    until = time.monotonic() + _PATIENCE
    while True:
        (row,) = (each for each in testbed.queries.benches(actor) if each.name == bench)
        if row.state is not BenchState.CLEARED or time.monotonic() > until:
            return row.state, row.detail
        time.sleep(0.2)
