"""Bench clocks: that of this computer, or that of a simulator, asked over its control socket."""

import json
import socket
import threading
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

__all__ = ["ControlSocket", "LocalClock", "RemoteClock", "SimulatorRefused"]


class SimulatorRefused(Exception):
    """The simulator did not accept a request.

    Parameters
    ----------
    error
        What is wrong.
    accepted
        What would be accepted.
    """

    def __init__(self, error: str, accepted: str) -> None:
        self.error = error
        self.accepted = accepted
        super().__init__(f"{error}; accepted: {accepted}" if accepted else error)


class ControlSocket:
    """The control socket of one simulator; see docs/reference/simulators.md."""

    def __init__(self, address: str) -> None:
        host, _, port = address.rpartition(":")
        self._socket = socket.create_connection((host, int(port)), timeout=30)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        # A scaled clock may take long over a sleep.
        self._socket.settimeout(None)
        self._lines = self._socket.makefile("rb")
        self._lock = threading.Lock()

    def ask(self, do: str, **values: object) -> Mapping[str, Any]:
        """Send one request and give its reply.

        Raises
        ------
        SimulatorRefused
            It was not accepted.
        ConnectionError
            The simulator is gone.
        """
        with self._lock:
            self._socket.sendall(json.dumps({"do": do, **values}).encode() + b"\n")
            line = self._lines.readline()
        if not line:
            raise ConnectionError("the simulator hung up")
        reply: Mapping[str, Any] = json.loads(line)
        if not reply["ok"]:
            raise SimulatorRefused(reply["error"], reply.get("accepted", ""))
        return reply

    def close(self) -> None:
        """Hang up."""
        self._lines.close()
        self._socket.close()


class LocalClock:
    """The clock of this computer."""

    factor = 1.0

    def now(self) -> datetime:
        """Tell the present instant."""
        return datetime.now(UTC)

    def sleep(self, seconds: float) -> None:
        """Wait."""
        time.sleep(max(seconds, 0.0))


class RemoteClock:
    """The clock of a simulated bench.

    A virtual clock moves only while it is slept on, so that its instant is remembered between two
    sleeps; who else moves it is noticed at the next one.
    """

    def __init__(self, control: ControlSocket) -> None:
        self._control = control
        kind = control.ask("clock")["clock"]
        self.factor = None if kind == "virtual" else 1.0 if kind == "real" else float(kind)
        self._remembered = self._asked()

    def _asked(self) -> datetime:
        return datetime.fromtimestamp(self._control.ask("now")["now"], UTC)

    def now(self) -> datetime:
        """Tell the present instant of the bench."""
        return self._remembered if self.factor is None else self._asked()

    def sleep(self, seconds: float) -> None:
        """Let bench time pass; other threads wait meanwhile, so that slices are kept short."""
        if self.factor is None:
            instant = self._control.ask("sleep", seconds=seconds)["now"]
            self._remembered = datetime.fromtimestamp(instant, UTC)
        else:
            time.sleep(max(seconds, 0.0) / self.factor)
