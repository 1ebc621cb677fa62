"""What a fast run costs: a logger of eight channels at 1 kHz, over its link into the record."""

import multiprocessing
import socket
import tempfile
import threading
import time
from datetime import UTC, datetime
from multiprocessing.connection import Connection
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

import runs
from instruments.errors import BadAnswer
from instruments.link import open_link
from testbed.adapters.remote_clock import LocalClock
from testbed.engine.context import LiveContext
from testbed.engine.control import Control
from testbed.engine.lease import Lease
from testbed.engine.monitors import Monitors
from testbed.engine.record import RunRecord
from testbed.engine.safety import SafeActions
from testbed.engine.standstill import Standstill
from testbed.engine.uncertainties import Uncertainties
from testbed.procedure import Action, Channel, Monitor, Phase, Procedure

__all__ = ["engine_cpu"]

_RATE, _BLOCK = 1000.0, 100  # [1/s], rows
_CHANNELS = tuple(Channel(f"u{number}", "V") for number in range(1, 9))
_SECONDS = 10.0


class _Logger:
    """A driver for the simulated logger: each question brings the rows since the last one."""

    def __init__(self, address: str) -> None:
        self._link = open_link(address, sentinel="*IDN?")

    def fetch(self) -> NDArray[np.float64]:
        """Fetch times [s since the logger started] and values [V], shape (9, rows)."""
        data = self._link.query_block("DATA?", doing="fetch the samples")
        width = len(_CHANNELS) + 1
        if len(data) % (8 * width):
            raise BadAnswer("whole rows were expected", reply=f"{len(data)} bytes")
        return np.frombuffer(data, "<f8").reshape(-1, width).T

    def close(self) -> None:
        """Give the link back."""
        self._link.close()


class _Fast(Procedure):
    """Records whatever the logger delivers."""

    id, version, standard = "fast", "1", ""
    channels = _CHANNELS
    plots = ()
    too_high = Monitor(
        "V", lambda _: 0.0, low=-100.0, high=100.0, action=Action.END, every=1.0, channel="u1"
    )

    def take(self, run: LiveContext) -> None:
        """Fetch ten times a second."""
        logger = self.instruments["logger"]
        for _ in run.every(_BLOCK / _RATE, during=float(self.parameters["seconds"] or 0.0)):
            times, *columns = logger.fetch()
            run.record_block(times, **{f"u{n}": each for n, each in enumerate(columns, start=1)})


def engine_cpu(seconds: float = _SECONDS) -> float:
    """Measure the share of one core [1] that such a run takes, with heartbeat and monitor.

    The logger is a process of its own that is spoken to over a real socket; the share is that of
    the whole process that runs the engine: link, driver, engine context, writer and its flushes.
    """
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    logger = context.Process(target=_serve, args=(theirs,), daemon=True)
    logger.start()
    try:
        address = f"TCPIP::127.0.0.1::{ours.recv()}::SOCKET"
        with tempfile.TemporaryDirectory(prefix="testbed-engine-") as directory:
            return _measured(Path(directory) / "R-1.h5", address, seconds)
    finally:
        ours.close()
        logger.join(10)


def _measured(file: Path, address: str, seconds: float) -> float:
    clock, started = LocalClock(), datetime.now(UTC)
    header = runs.Header(
        run="R-1",
        title="R-1",
        started=started,
        channels=tuple(runs.ChannelInfo(each.name, each.unit) for each in _CHANNELS),
        phases=("take",),
    )
    logger = _Logger(address)
    procedure = _Fast({"seconds": seconds}, {"logger": logger})
    record, control = RunRecord(file, header), Control()
    live = LiveContext(
        clock=clock,
        record=record,
        procedure=procedure,
        control=control,
        safe_actions=SafeActions(),
        started=started,
        monitors=Monitors(procedure),
        lease=Lease(None, 0.0),
        standstill=Standstill({}),
        uncertainties=Uncertainties(_CHANNELS),
    )
    done = threading.Event()

    def beat() -> None:
        while not done.wait(0.25):
            control.progress(record.rows, clock.now())
            record.flush_if_due()

    pulse = threading.Thread(target=beat, daemon=True)
    pulse.start()
    used, begun = time.process_time(), time.monotonic()
    phase = Phase("take", 1e9, lambda method, run: method.take(run))
    live.carry_out(procedure, phase, 0)
    share = (time.process_time() - used) / (time.monotonic() - begun)
    done.set()
    pulse.join()
    rows = record.rows
    record.close("completed", attributes=live.attributes(), ended=clock.now())
    logger.close()
    if rows < 0.95 * seconds * _RATE:
        raise RuntimeError(f"only {rows} rows came in {seconds:g} s")
    return share


def _serve(told: Connection) -> None:
    """Play the logger: 1000 rows a second of its own clock, handed over when asked for."""
    listener = socket.create_server(("127.0.0.1", 0))
    told.send(listener.getsockname()[1])
    peer, _ = listener.accept()
    peer.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    begun, sent = time.monotonic(), 0
    with peer, peer.makefile("rb") as lines:
        for line in lines:
            if line.strip() != b"DATA?":
                peer.sendall(b"TESTBED,LOGGER,1,1\n")
                continue
            count = int((time.monotonic() - begun) * _RATE) - sent
            peer.sendall(_packed(sent, count))
            sent += count


def _packed(first: int, count: int) -> bytes:
    rows = np.empty((count, len(_CHANNELS) + 1), "<f8")
    rows[:, 0] = np.arange(first, first + count) / _RATE
    rows[:, 1:] = np.sin(rows[:, :1] + np.arange(len(_CHANNELS)))
    data: bytes = rows.tobytes()
    size = str(len(data)).encode()
    return b"#" + str(len(size)).encode() + size + data + b"\n"
