"""The control socket: clock, faults and truth of a simulated bench, one JSON object per line."""

import contextlib
import json
import socket
import threading
from collections.abc import Callable, Mapping
from typing import Any

from instruments.simulators.curve import CurveRefused
from instruments.simulators.faults import Faults
from instruments.simulators.log import SimulatorLog
from instruments.simulators.world import World

__all__ = ["ControlServer"]


class ControlServer:
    """Answers questions of who drives the bench; never of instruments' clients.

    Parameters
    ----------
    stop
        Called where somebody asks the simulator to end.
    """

    def __init__(
        self, world: World, faults: Faults, log: SimulatorLog, stop: Callable[[], None]
    ) -> None:
        self._world = world
        self._faults = faults
        self._log = log
        self._stop = stop
        self._verbs: Mapping[str, Callable[[Mapping[str, Any]], dict[str, Any]]] = {
            "now": lambda _: {"now": world.clock.now()},
            "clock": lambda _: {"clock": world.clock.kind},
            "sleep": lambda request: {"now": world.clock.sleep(float(request.get("seconds", 0)))},
            "truth": self._truth,
            "reset": self._reset,
            "specimen": self._specimen,
            "interlock": self._interlock,
            "fault": self._fault,
            "faults": lambda _: {"waiting": faults.waiting(), "applicable": faults.applicable()},
            "clear": self._clear,
            "log": lambda request: {"events": log.events[int(request.get("after", 0)) :]},
            "stop": self._end,
        }
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.address = f"127.0.0.1:{self._listener.getsockname()[1]}"
        threading.Thread(target=self._accept, daemon=True).start()

    def _truth(self, _: Mapping[str, Any]) -> dict[str, Any]:
        with self._world.lock:
            self._world.advance()
            return {"truth": {"outputs": self._world.outputs(), **self._world.truth()}}

    def _reset(self, _: Mapping[str, Any]) -> dict[str, Any]:
        with self._world.lock:
            self._world.reset()
        return {}

    def _specimen(self, request: Mapping[str, Any]) -> dict[str, Any]:
        with self._world.lock:
            return self._world.mount(request)

    def _interlock(self, request: Mapping[str, Any]) -> dict[str, Any]:
        with self._world.lock:
            self._world.advance()
            self._world.interlock_closed = bool(request["closed"])
            # What it guards goes off at once, not when somebody asks next.
            self._world.advance()
        return {}

    def _fault(self, request: Mapping[str, Any]) -> dict[str, Any]:
        self._faults.put(request)
        return {}

    def _clear(self, _: Mapping[str, Any]) -> dict[str, Any]:
        self._faults.clear()
        return {}

    def _end(self, _: Mapping[str, Any]) -> dict[str, Any]:
        self._stop()
        return {}

    def answer(self, line: str) -> dict[str, Any]:
        """Answer one request; a bad one is told what would be accepted."""
        try:
            request = json.loads(line)
            verb = self._verbs[request["do"]]
        except (ValueError, KeyError, TypeError):
            accepted = "a JSON object whose 'do' is one of " + ", ".join(self._verbs)
            return {"ok": False, "error": f"request {line[:200]!r}", "accepted": accepted}
        try:
            return {"ok": True, **verb(request)}
        except CurveRefused as refusal:
            return {"ok": False, "error": refusal.what, "accepted": refusal.accepted}
        except (ValueError, TypeError, KeyError) as error:
            return {"ok": False, "error": str(error), "accepted": ""}

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            threading.Thread(target=self._talk, args=(connection,), daemon=True).start()

    def _talk(self, connection: socket.socket) -> None:
        with connection, contextlib.suppress(OSError), connection.makefile("rb") as lines:
            for line in lines:
                reply = json.dumps(self.answer(line.decode("utf-8", "replace")))
                connection.sendall(reply.encode() + b"\n")

    def close(self) -> None:
        """Take no more requests."""
        self._listener.close()
