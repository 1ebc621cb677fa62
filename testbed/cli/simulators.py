"""``testbed simulators``: the fakes of a centre by hand, for training and trouble on purpose."""

import json
import sys
from pathlib import Path

import click

from testbed import settings
from testbed.adapters import simulation
from testbed.adapters.bench_process import find_bench
from testbed.adapters.benches import BenchRefused
from testbed.adapters.remote_clock import SimulatorRefused
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
    control = _running(home, bench).control()
    try:
        values = json.loads(request)
        click.echo(json.dumps(control.ask(**values), ensure_ascii=False, indent=1))
    except (ValueError, TypeError, SimulatorRefused) as error:
        sys.exit(str(error))
    finally:
        control.close()


def _running(home: Path | None, bench: str) -> simulation.Simulation:
    found = simulation.running(settings.load(home).state(bench))
    if found is None:
        sys.exit(f"No simulator of {bench} lives. Start it: testbed simulators start {bench}")
    return found
