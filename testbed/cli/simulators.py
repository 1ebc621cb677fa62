"""``testbed simulators``: the fakes of a centre by hand, for training and trouble on purpose."""

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click

from testbed import settings
from testbed.adapters import simulation
from testbed.adapters.bench_process import find_bench
from testbed.adapters.benches import BenchRefused
from testbed.adapters.remote_clock import ControlSocket, SimulatorRefused
from testbed.cli.words import table
from testbed.cli.worker import HOME

__all__ = ["simulators"]


@click.group()
def simulators() -> None:
    """Drive the simulators of simulated benches."""


@simulators.command()
@HOME
@click.argument("bench")
def start(home: Path | None, bench: str) -> None:
    """Start the simulator of BENCH and leave it running."""
    known = settings.load(home)
    try:
        file = find_bench(known.benches, bench)
        found = simulation.running(known.state(bench)) or simulation.start(
            file.path, known.state(bench), with_parent=False
        )
    except (BenchRefused, simulation.SimulatorFailed) as error:
        sys.exit(str(error))
    click.echo(found.announcement.read_text(encoding="utf-8"))


@simulators.command()
@HOME
@click.argument("bench")
def stop(home: Path | None, bench: str) -> None:
    """End the simulator of BENCH."""
    _running(home, bench).stop()


@simulators.command()
@HOME
@click.argument("bench")
@click.argument("request")
def ask(home: Path | None, bench: str, request: str) -> None:
    """Send a REQUEST (JSON) to the control socket, as '{"do": "truth"}'."""
    with _control(home, bench) as control:
        try:
            answer = control.ask(**json.loads(request))
        except (ValueError, TypeError) as error:
            sys.exit(str(error))
        click.echo(json.dumps(answer, ensure_ascii=False, indent=1))


@simulators.command()
@HOME
@click.argument("bench")
@click.argument("role", default="")
@click.argument("kind", default="")
@click.option("--command", default="", help="Only on lines that contain this text.")
@click.option("--count", default=1, help="On so many of them.")
@click.option("--seconds", default=0.5, help="How late, how long split, how long unplugged [s].")
@click.option("--size", default=0.01, help="Relative drift.")
@click.option("--after", default=0.0, help="Not before so much bench time has passed [s].")
def fault(home: Path | None, bench: str, role: str, kind: str, **values: Any) -> None:  # noqa: ANN401
    """Put a fault of some KIND on a ROLE of BENCH; without them, list what there is."""
    with _control(home, bench) as control:
        if role and kind:
            control.ask("fault", role=role, fault=kind, **values)
        found = control.ask("faults")
    rows = [(each, ", ".join(kinds)) for each, kinds in found["applicable"].items()]
    click.echo(table(("Role", "Can show"), rows) + "\n")
    waiting = [
        (each["role"], each["fault"], each["command"], str(each["count"]), f"{each['after']:g} s")
        for each in found["waiting"]
    ]
    if waiting:
        click.echo(table(("Role", "Lies in wait", "On", "Times", "In"), waiting))
    else:
        click.echo("No fault lies in wait.")


@simulators.command()
@HOME
@click.argument("bench")
def clear(home: Path | None, bench: str) -> None:
    """Take away all faults of BENCH that lie in wait."""
    with _control(home, bench) as control:
        control.ask("clear")


@contextmanager
def _control(home: Path | None, bench: str) -> Iterator[ControlSocket]:
    control = _running(home, bench).control()
    try:
        yield control
    except SimulatorRefused as error:
        sys.exit(str(error))
    finally:
        control.close()


def _running(home: Path | None, bench: str) -> simulation.Simulation:
    found = simulation.running(settings.load(home).state(bench))
    if found is None:
        sys.exit(f"No simulator of {bench} lives. Start it: testbed simulators start {bench}")
    return found
