"""``testbed serve``: the web and the bench workers of a centre, until Ctrl-C."""

import socket
import sys
import threading
import time
import urllib.error
import urllib.request
import webbrowser
from collections.abc import Callable, Mapping
from pathlib import Path

import click

from testbed import bootstrap, settings
from testbed.adapters.benches import BenchFile, BenchRefused, add_training_benches, bench_files
from testbed.adapters.simulation import SimulatorFailed
from testbed.adapters.supervision import Supervisor
from testbed.cli.finding import catch_up
from testbed.cli.worker import HOME, WITH_PARENT, stop_on_signals
from testbed.engine.ports import BenchState
from testbed.settings import Settings

__all__ = ["PORT_OPTIONS", "serve", "serve_centre"]


def PORT_OPTIONS(command: Callable[..., None]) -> Callable[..., None]:  # noqa: N802
    """Add the options that say where the centre is reached."""
    for option in (
        click.option("--no-browser", is_flag=True, help="Do not open the browser."),
        click.option("--port", default=8000, show_default=True, help="Port of the web."),
        click.option("--host", default="127.0.0.1", show_default=True, help="Address of the web."),
        WITH_PARENT,
    ):
        command = option(command)
    return command


@click.command()
@HOME
@PORT_OPTIONS
def serve(home: Path | None, host: str, port: int, no_browser: bool, with_parent: bool) -> None:
    """Serve a centre: the web and a worker for every bench."""
    stop = stop_on_signals()
    known = settings.load(home)
    testbed = bootstrap.build(known)
    empty = testbed.people.is_empty()
    testbed.close()
    if empty:
        sys.exit(
            f"This centre has no account yet. Create the first: testbed init --home {known.home}"
        )
    add_training_benches(known.benches)
    serve_centre(known, stop, host=host, port=port, browser=not no_browser, with_parent=with_parent)


def serve_centre(
    known: Settings,
    stop: threading.Event,
    *,
    host: str,
    port: int,
    browser: bool,
    with_parent: bool,
    when_ready: Callable[[], None] = lambda: None,
) -> None:
    """Start everything, look after it, and stop it again.

    Parameters
    ----------
    when_ready
        Called once web, database and every bench are ready.
    """
    if _taken(host, port):
        sys.exit(f"Port {port} on {host} is taken. Choose another: --port {port + 1}")
    supervisor = Supervisor(known.home, click.echo)
    try:
        place = ("--home", str(known.home))
        benches = bench_files(known.benches)
        _introduce(known, benches)
        for name, bench in benches.items():
            if bench.simulated:
                supervisor.add_simulator(bench, known.state(name))
        web = ("web", *place, "--host", host, "--port", str(port))
        # What was copied here while the centre was closed is found as well, a little later.
        threading.Thread(target=catch_up, args=(known,), daemon=True).start()
        supervisor.add("web", web, known.home / "state" / "web.log")
        for name in benches:
            log = known.state(name) / "worker.log"
            supervisor.add(f"bench {name}", ("worker", *place, name), log)
        address = f"http://{'localhost' if host == '127.0.0.1' else host}:{port}"
        threading.Thread(
            target=_announce, args=(address, stop, browser, when_ready), daemon=True
        ).start()
        supervisor.tend(stop, with_parent=with_parent)
    except (BenchRefused, SimulatorFailed) as error:
        sys.exit(str(error))
    finally:
        click.echo("Stopping …")
        well = supervisor.stop()
        click.echo(f"Everything has stopped{'; every bench is safe' if well else ''}.")


def _introduce(known: Settings, benches: Mapping[str, BenchFile]) -> None:
    """Make every bench known before the web asks whether all of them are ready."""
    testbed = bootstrap.build(known)
    for name, bench in benches.items():
        testbed.centre.introduce(name, bench.title)
        testbed.centre.bench_is(name, BenchState.OFFLINE)
    testbed.close()


def _taken(host: str, port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return True
    return False


def _announce(
    address: str, stop: threading.Event, browser: bool, when_ready: Callable[[], None]
) -> None:
    until = time.monotonic() + 120
    while not stop.is_set() and time.monotonic() < until:
        try:
            with urllib.request.urlopen(f"{address}/health", timeout=5):
                break
        except (urllib.error.URLError, OSError):
            stop.wait(0.3)
    else:
        if not stop.is_set():
            click.echo(f"{address} is still not ready; see the logs under the centre's state/")
        return
    when_ready()
    click.echo(f"\n  Ready: {address}\n  Ctrl-C stops everything.\n")
    if browser:
        webbrowser.open(address)
