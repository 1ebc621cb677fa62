"""The hidden verbs: the processes that `serve` starts for a bench and for the web."""

import os
import signal
import sys
import threading
import time
from importlib.metadata import entry_points
from pathlib import Path

import click
import uvicorn

from testbed import bootstrap, settings
from testbed.adapters import simulation
from testbed.adapters.bench_process import BenchLock, OpenBench, Watchdog, find_bench, open_bench
from testbed.adapters.benches import BenchFile, BenchRefused
from testbed.adapters.remote_clock import LocalClock
from testbed.engine.record import RollOver
from testbed.engine.worker import Worker, give_up, heal

__all__ = ["watchdog", "web", "worker"]

_PATIENCE = 10.0  # [s] that a simulator has to come back

HOME = click.option("--home", type=click.Path(path_type=Path), help="Directory of the centre.")
WITH_PARENT = click.option("--with-parent", is_flag=True, help="End when the parent ends.")


def end_with_parent(stop: threading.Event) -> None:
    """Set `stop` once the parent process has ended."""
    parent = os.getppid()

    def look() -> None:
        while not stop.wait(0.5):
            if os.getppid() != parent:
                stop.set()

    threading.Thread(target=look, daemon=True).start()


def stop_on_signals() -> threading.Event:
    """Give an event that Ctrl-C and SIGTERM set, however often they come."""
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    return stop


@click.command(hidden=True)
@HOME
@WITH_PARENT
@click.argument("bench")
def worker(home: Path | None, with_parent: bool, bench: str) -> None:
    """Work for one bench."""
    stop = stop_on_signals()
    if with_parent:
        end_with_parent(stop)
    known = settings.load(home)
    testbed = bootstrap.build(known)
    state = known.state(bench)
    try:
        file = find_bench(known.benches, bench)
        with BenchLock(state) as lock:
            if not lock.take(within=30):
                sys.exit(f"another process works on {bench}")
            testbed.centre.introduce(bench, file.title)
            opened = open_bench(file, state, known.visa_library)
            if file.simulated:
                _end_with_simulator(state, stop)
            guard = Watchdog(known.home, bench, state / "watchdog.log")
            Worker(
                bench=opened.bench,
                centre=testbed.centre,
                clock=opened.clock,
                methods=testbed.methods(),
                watch=guard.watch,
                tend=guard.tend,
                rollover=RollOver(
                    hours=known.segment_hours, size=round(known.segment_megabytes * 1e6)
                ),
            ).work(stop)
            guard.dismiss()
            opened.close()
    except BenchRefused as refusal:
        sys.exit(str(refusal))
    finally:
        testbed.close()


def _end_with_simulator(state: Path, stop: threading.Event) -> None:
    """Set `stop` once the simulator is another one: its instruments have other addresses."""
    first = simulation.running(state)

    def look() -> None:
        while not stop.wait(0.5):
            now = simulation.running(state)
            if now is not None and first is not None and now.pid != first.pid:
                stop.set()

    threading.Thread(target=look, daemon=True).start()


@click.command(hidden=True)
@HOME
@click.argument("bench")
def watchdog(home: Path | None, bench: str) -> None:
    """Drive a bench safe when its worker, at the other end of the standard input, dies."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    last = ""
    for line in sys.stdin:
        last = line.strip()
    if last == "bye":
        return
    known = settings.load(home)
    state = known.state(bench)
    with BenchLock(state) as lock:
        # A new worker that was faster heals the bench itself.
        if not lock.take(within=0.5):
            return
        opened, cause = _opened(find_bench(known.benches, bench), state, known.visa_library)
        testbed = bootstrap.build(known)
        centre = testbed.centre
        if opened is None:
            give_up(bench, centre, LocalClock(), centre.lost_runs(bench), cause)
        else:
            heal(opened.bench, centre, opened.clock, centre.lost_runs(bench))
            opened.close()
        testbed.close()


def _opened(file: BenchFile, state: Path, visa_library: str) -> tuple[OpenBench | None, str]:
    """Open a bench whose simulator may be starting again; tells why where it cannot be."""
    until = time.monotonic() + _PATIENCE
    while True:
        try:
            return open_bench(file, state, visa_library), ""
        except (BenchRefused, OSError) as refusal:
            if time.monotonic() > until:
                return None, str(refusal)
        time.sleep(0.2)


@click.command(hidden=True)
@HOME
@WITH_PARENT
@click.option("--host", default="127.0.0.1")
@click.option("--port", default=8000)
def web(home: Path | None, with_parent: bool, host: str, port: int) -> None:
    """Serve the web application that is installed under the entry point `testbed.web`."""
    testbed = bootstrap.build(settings.load(home))
    (entry,) = entry_points(group="testbed.web")
    server = uvicorn.Server(
        uvicorn.Config(
            entry.load()(testbed),
            host=host,
            port=port,
            access_log=False,
            log_level="warning",
            server_header=False,
            # Rows are numbers that hardly shrink, and a browser should have them at once.
            ws_per_message_deflate=False,
            timeout_graceful_shutdown=3,
        )
    )
    if with_parent:
        stop = threading.Event()
        end_with_parent(stop)
        threading.Thread(target=_end_with, args=(server, stop), daemon=True).start()
    server.run()
    testbed.close()


def _end_with(server: uvicorn.Server, stop: threading.Event) -> None:
    stop.wait()
    server.should_exit = True
