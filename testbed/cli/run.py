"""``testbed run``: carry out a method at the bench, without a browser.

It opens a maintenance booking of one hour, so that its results cannot be reported.
"""

import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import click

from testbed import bootstrap, settings
from testbed.adapters import simulation
from testbed.adapters.bench_process import BenchLock, OpenBench, Watchdog, find_bench, open_bench
from testbed.adapters.benches import BenchFile, BenchRefused, add_training_benches
from testbed.adapters.remote_clock import SimulatorRefused
from testbed.bootstrap import Testbed
from testbed.cli.maintenance import account_at, book
from testbed.cli.operator import Operator, signals_abort
from testbed.cli.parameters import chosen_method, read_parameters
from testbed.cli.verdicts import verdict_table
from testbed.cli.words import LANGUAGE, leave, speak
from testbed.cli.worker import HOME
from testbed.domain.objections import Refused
from testbed.engine.control import Control
from testbed.engine.executor import carry_out
from testbed.engine.ports import Assignment, BenchState, Ending, RunResult
from testbed.engine.segments import ended, parts
from testbed.engine.worker import heal
from testbed.i18n import Words
from testbed.procedure import ParameterValue, Procedure
from testbed.services.commands import StartRun

__all__ = ["run"]

_ACCOUNT = "bench"


@click.command()
@click.argument("method")
@click.option("--bench", required=True, help="Name of the bench.")
@click.option("--param", "params", multiple=True, help="NAME=VALUE with unit, as s0=33.93mm2.")
@click.option(
    "--specimen-curve",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Measured force-extension curve that the simulated frame plays back.",
)
@click.option("--columns", default="", help="QUANTITY=HEAD[:UNIT], … of the curve's columns.")
@click.option("--continues", default="", metavar="RUN", help="Go on with an interrupted run.")
@click.option("--yes", is_flag=True, help="Answer every prompt with its first option.")
@HOME
@LANGUAGE
def run(
    method: str,
    bench: str,
    params: Sequence[str],
    specimen_curve: Path | None,
    columns: str,
    continues: str,
    yes: bool,
    home: Path | None,
    lang: str | None,
) -> None:
    """Carry out METHOD at a bench and print its verdict table.

    On the first use of a new home, simulated training benches are set up: utm-1, battery-1,
    climate-1, climate-2 and shock-1.
    """
    said = speak(lang)
    known = settings.load(home)
    testbed = bootstrap.build(known)
    try:
        chosen = chosen_method(testbed.methods(), method, said)
        parameters = read_parameters(chosen, params, said)
        add_training_benches(known.benches)
        file = find_bench(known.benches, bench)
        state = known.state(bench)
        with BenchLock(state) as lock:
            if not lock.take(within=0.0):
                sys.exit(said("Bench {bench} is being served; start the run there.", bench=bench))
            started = _simulator(file, state, known.runs, continues)
            try:
                opened = open_bench(file, state, known.visa_library)
                _mount(opened, specimen_curve, columns, parameters, said)
                # Nobody stands at a simulated bench where nobody sits at the terminal.
                alone = file.simulated and not sys.stdin.isatty()
                nods = yes or alone or specimen_curve is not None
                wish = StartRun(
                    booking="", method=chosen.id, parameters=parameters, continues=continues
                )
                ending = _run(testbed, chosen, wish, file, opened, yes=nods, said=said)
                opened.close()
            finally:
                if started is not None:
                    started.stop()
    except (BenchRefused, SimulatorRefused, simulation.SimulatorFailed) as refusal:
        sys.exit(str(refusal))
    finally:
        testbed.close()
    if ending is not Ending.COMPLETED:
        sys.exit(2)


def _simulator(
    file: BenchFile, state: Path, records: Path, continues: str
) -> simulation.Simulation | None:
    """Start the bench's simulator on a virtual clock, where it has one that does not live."""
    if not file.simulated or simulation.running(state) is not None:
        return None
    options = ["--clock", "virtual"]
    for earlier in records.rglob(f"{continues}.h5") if continues else ():
        # The clock that was cut off had run ahead; the outage lasts as long as it does here.
        outage = time.time() - parts(earlier)[-1].stat().st_mtime
        options += ["--start", str(ended(earlier).timestamp() + outage)]
    return simulation.start(file.path, state, options)


def _mount(
    opened: OpenBench,
    curve: Path | None,
    columns: str,
    parameters: Mapping[str, ParameterValue],
    said: Words,
) -> None:
    if curve is None:
        return
    if opened.control is None:
        sys.exit(said("A measured curve can only be played by a simulated bench."))
    length = parameters.get("le") or parameters.get("l0") or 50.0
    reply = opened.control.ask(
        "specimen", csv=str(curve.absolute()), columns=columns, gauge_length=length
    )
    units = ", ".join(f"{name} [{unit}]" for name, unit in reply["columns"].items())
    click.echo(said("Specimen: {rows} rows of {file}: {units}", rows=reply["rows"],
                    file=curve.name, units=units))  # fmt: skip


def _run(
    testbed: Testbed,
    method: type[Procedure],
    wish: StartRun,
    file: BenchFile,
    opened: OpenBench,
    *,
    yes: bool,
    said: Words,
) -> Ending:
    actor = account_at(testbed, file, method)
    centre = testbed.centre
    centre.introduce(file.name, file.title)
    # Who holds the lock of the bench knows that nobody carries out what is on record as going on.
    lost = centre.lost_runs(file.name)
    if lost or centre.is_cleared(file.name):
        heal(opened.bench, centre, opened.clock, lost)
    centre.bench_is(file.name, BenchState.READY)
    booking = book(testbed, actor, file, method, wish, opened.clock, said)
    started = testbed.execution.start(actor, replace(wish, booking=booking))
    if isinstance(started, Refused):
        testbed.booking.end_early(actor, booking)
        leave(started, said)
        raise AssertionError
    assignment = centre.claim(file.name)
    if assignment is None or assignment.run != started.run:
        sys.exit(said("Another run waits for this bench: {run}", run=started.run))
    guard = Watchdog(
        testbed.settings.home, file.name, testbed.settings.state(file.name) / "watchdog.log"
    )
    control = Control()
    with signals_abort(control, _ACCOUNT, said):
        guard.watch(assignment)
        result = _carried_out(testbed, assignment, method, opened, control, yes=yes, said=said)
        centre.finished(assignment.run, result)
        testbed.booking.end_early(actor, booking)
        guard.dismiss()
    _tell(testbed, assignment, method, result, opened, said)
    return result.ending


def _carried_out(
    testbed: Testbed,
    assignment: Assignment,
    method: type[Procedure],
    opened: OpenBench,
    control: Control,
    *,
    yes: bool,
    said: Words,
) -> RunResult:
    operator = Operator(said, method, _ACCOUNT, yes=yes)
    try:
        return carry_out(
            assignment,
            method,
            opened.bench,
            opened.clock,
            lambda progress: (
                *testbed.centre.beat(assignment.run, progress),
                *operator.look(progress),
            ),
            control=control,
        )
    finally:
        operator.end()


def _tell(
    testbed: Testbed,
    assignment: Assignment,
    method: type[Procedure],
    result: RunResult,
    opened: OpenBench,
    said: Words,
) -> None:
    click.echo(
        f"{assignment.run}  {said(f'method.{method.id}')}  {said(f'ending.{result.ending}')}"
    )
    if result.remark is not None:
        click.echo(said(result.remark.code, **result.remark.values))
    if result.judgements:
        click.echo(f"\n{verdict_table(method.id, result.judgements, said)}\n")
    for finding in result.findings:
        click.echo(f"• {said(f'finding.{finding.code}', **finding.values)}")
    verdict = said(f"outcome.{result.outcome}")
    click.echo(said("Verdict: {verdict} (provisional, not reportable)", verdict=verdict))
    if opened.control is not None:
        truth = opened.control.ask("truth")["truth"]
        facts = [f"{key} = {value:.6g}" for key, value in truth.items() if isinstance(value, float)]
        if facts:
            click.echo(said("Simulator's truth: {facts}", facts=", ".join(facts)))
    click.echo(said("Run file: {path}", path=assignment.file))
