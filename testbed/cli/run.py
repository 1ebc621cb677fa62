"""``testbed run``: carry out a method at the bench, without a browser.

It opens a maintenance booking of one hour, so that its results cannot be reported.
"""

import signal
import sys
import threading
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
from testbed.cli.parameters import chosen_method, read_parameters
from testbed.cli.verdicts import verdict_table
from testbed.cli.words import LANGUAGE, leave, speak
from testbed.cli.worker import HOME
from testbed.domain.objections import Refused
from testbed.engine.control import Aborted, Control
from testbed.engine.executor import carry_out
from testbed.engine.ports import (
    Assignment,
    BenchState,
    Command,
    CommandKind,
    Ending,
    Progress,
    RunResult,
)
from testbed.engine.segments import ended
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

    On the first use of a new home, three simulated training benches are set up: utm-1, battery-1
    and climate-1.
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
        outage = time.time() - earlier.stat().st_mtime
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
    guard.watch(assignment)
    result = _carried_out(testbed, assignment, method, opened, yes=yes, said=said)
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
    *,
    yes: bool,
    said: Words,
) -> RunResult:
    control = Control()
    operator = _Operator(said, method, yes=yes)

    def abort(*_: object) -> None:
        click.echo(said("Aborting: the safe actions follow."), err=True)
        control.abort(Aborted("remark.aborted", by=_ACCOUNT))

    # However often Ctrl-C comes, the safe actions run to their end.
    kept = {number: signal.signal(number, abort) for number in (signal.SIGINT, signal.SIGTERM)}
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
        for number, handler in kept.items():
            signal.signal(number, handler)


class _Operator:
    """The person at the terminal: sees the progress, answers prompts."""

    def __init__(self, said: Words, method: type[Procedure], *, yes: bool) -> None:
        self._said = said
        self._method = method
        self._yes = yes
        self._asked = 0
        self._answers: list[Command] = []

    def look(self, progress: Progress) -> tuple[Command, ...]:
        """Show progress and hand over answers."""
        prompt = progress.prompt
        if prompt is not None and prompt.number != self._asked:
            self._asked = prompt.number
            if self._yes and prompt.options:
                self._answer(prompt.number, prompt.options[0])
            else:
                threading.Thread(
                    target=self._ask,
                    args=(prompt.number, prompt.code, prompt.options, prompt.values),
                    daemon=True,
                ).start()
        elif sys.stderr.isatty():
            phase = self._said(f"phase.{self._method.id}.{progress.phase}")
            left = "" if progress.remaining is None else f"  {progress.remaining:.0f} s"
            click.echo(f"\r\033[K{phase}  {progress.done:4.0%}{left}", nl=False, err=True)
        answers, self._answers = tuple(self._answers), []
        return answers

    def _ask(
        self,
        number: int,
        code: str,
        options: tuple[str, ...],
        values: Mapping[str, str | float],
    ) -> None:
        click.echo(f"\r\033[K{self._said(code, **values)}", err=True)
        for place, option in enumerate(options, 1):
            click.echo(f"  {place}  {self._said(option)}", err=True)
        while True:
            text = sys.stdin.readline()
            if not text:
                return
            if not options:
                return self._answer(number, text.strip())
            if text.strip().isdigit() and 0 < int(text) <= len(options):
                return self._answer(number, options[int(text) - 1])
            if len(options) == 1 and not text.strip():
                return self._answer(number, options[0])
            click.echo(self._said("Type a number from 1 to {last}.", last=len(options)), err=True)

    def _answer(self, number: int, text: str) -> None:
        self._answers.append(Command(kind=CommandKind.ANSWER, prompt=number, text=text))

    def end(self) -> None:
        """Leave the progress line."""
        if sys.stderr.isatty():
            click.echo("\r\033[K", nl=False, err=True)


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
