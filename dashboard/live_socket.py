"""The live socket: rows of a growing run to a browser, binary, at the browser's pace.

``/live/socket/<run>?after=<row>`` (WebSocket). Text messages are JSON, binary ones are frames.

From the server, first ``{"kind": "hello", "run", "columns", "first"}``: names of the columns in
the order of the frames (``time`` [s since the start], the channels, ``phase``), and the first row
that will be sent. Where more than `HISTORY` rows lie before that,
``{"kind": "history", "curves": [{"x", "y", "count"}, …], "rows"}`` and one binary message follow:
header ``<BBHIQ`` (version 1, kind 2 "history", curves, points, rows), then for each curve `count`
little-endian float64 of x and as many of y, thinned so that every peak is there. Then, mixed:

- frames: header ``<BBHIQ`` (version 1, kind 1 "rows", columns, count, index of the first row),
  then one block of `count` little-endian float64 per column;
- ``{"kind": "status", "state", "phase", "done", "remaining", "paused", "prompt", "beat", "rows"}``
  once a second;
- ``{"kind": "ended"}`` after the last row; the server then closes with 1000.

From the browser: the number of rows it holds, as decimal text, at the latest when it holds
`TELL` more than it has told. No more than `WINDOW` rows travel unacknowledged, so that a slow
browser slows only itself. After a break it connects again with ``after`` = the rows it holds and
misses nothing, or gets a new history where it has missed more than `HISTORY` rows. Close codes:
4401 the session ended, 1011 the record cannot be read, 1000 the run ended. A run that is not
visible, or is not live, is refused before the handshake (HTTP 403), whatever the reason.
"""

import asyncio
import contextlib
import json
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from fastapi import WebSocket, WebSocketDisconnect

from dashboard.live_follow import Follower, Hub, Tail, Unreadable
from testbed.domain.people import Actor
from testbed.services.rows import LiveRow

__all__ = ["HISTORY", "TELL", "WINDOW", "LiveSocket", "LiveSource", "Looks"]

WINDOW = 65_536
TELL = 4_096
HISTORY = 20_000
_STATUS = 1.0  # [s]


class LiveSource(Protocol):
    """What the socket asks of the centre; all answer None for what the actor may not see."""

    def live_one(self, actor: Actor, run: str) -> LiveRow | None:
        """Read the present state of a live run."""
        ...

    def file(self, actor: Actor, run: str) -> Path | None:
        """Find its record; None also while there is none yet."""
        ...

    def tail(self, actor: Actor, run: str) -> Tail | None:
        """Follow its record."""
        ...


class Looks:
    """Asks the centre about a run once a second for each person, however often they watch it."""

    def __init__(self, source: LiveSource) -> None:
        self._source = source
        self._asked: dict[tuple[int, str], tuple[float, asyncio.Task[LiveRow | None]]] = {}

    async def __call__(self, actor: Actor, run: str) -> LiveRow | None:
        """Read the present state of a run as far as the actor may see it."""
        key, now = (actor.account, run), time.monotonic()
        known = self._asked.get(key)
        if known is None or now - known[0] > 0.9 * _STATUS:
            self._asked = {
                each: asked for each, asked in self._asked.items() if now - asked[0] < 2 * _STATUS
            }
            task = asyncio.create_task(asyncio.to_thread(self._source.live_one, actor, run))
            self._asked[key] = known = now, task
        return await asyncio.shield(known[1])


def status(row: LiveRow) -> dict[str, object]:
    """Say how far a run is, in codes."""
    return {
        "kind": "status",
        "state": row.row.state,
        "phase": row.phase,
        "done": row.done,
        "remaining": row.remaining,
        "paused": row.paused,
        "suspended": row.suspended is not None,
        "stopping": row.stopping,
        "prompt": row.prompt.number if row.prompt else None,
        "beat": row.heartbeat_age,
        "rows": row.rows,
    }


@dataclass(slots=True)
class _Peer:
    """How many rows the browser has said that it holds."""

    held: int
    gone: bool = False


class LiveSocket:
    """Serves one browser following one run.

    Parameters
    ----------
    socket
        Not yet accepted.
    run
        Run number.
    after
        Rows that the browser holds already.
    actor_of
        Tells the person behind the session, None once it has ended; asked again while open.
    hub, looks
        Shared by all sockets of the process.
    recheck
        How often the session is asked for [s].
    """

    def __init__(
        self,
        socket: WebSocket,
        run: str,
        after: int,
        *,
        actor_of: Callable[[], Awaitable[Actor | None]],
        source: LiveSource,
        hub: Hub,
        looks: Looks,
        recheck: float = 5.0,
    ) -> None:
        self._recheck = recheck
        self._socket = socket
        self._run = run
        self._next = max(after, 0)
        self._actor_of = actor_of
        self._source = source
        self._hub = hub
        self._looks = looks
        self._follower: Follower | None = None
        self._file: Path | None = None
        self._row: LiveRow | None = None

    async def serve(self) -> None:
        """Follow the run until it, the session or the connection ends."""
        actor = await self._actor_of()
        self._row = None if actor is None else await self._looks(actor, self._run)
        if actor is None or self._row is None:
            await self._socket.close(4403)
            return
        await self._socket.accept()
        peer = _Peer(self._next)
        ears = asyncio.create_task(self._listen(peer))
        try:
            with contextlib.suppress(WebSocketDisconnect):
                await self._follow(actor, peer)
        finally:
            ears.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await ears
            if self._follower is not None and self._file is not None:
                self._hub.leave(self._file)

    async def _follow(self, actor: Actor, peer: _Peer) -> None:
        looked, known = 0.0, time.monotonic()
        while not peer.gone:
            now = time.monotonic()
            if now - known >= self._recheck:
                known = now
                if await self._actor_of() is None:
                    await self._socket.close(4401)
                    return
            if now - looked >= _STATUS:
                looked = now
                self._row = await self._looks(actor, self._run)
                if self._row is not None:
                    await self._tell(status(self._row))
            try:
                moved = await self._send(actor, peer, looked + _STATUS - now)
            except Unreadable:
                await self._socket.close(1011)
                return
            # A sealed file is not yet the end: the bench still evaluates it and hands it over.
            if self._row is None and not moved and self._next - peer.held < WINDOW:
                await self._tell({"kind": "ended"})
                await self._socket.close(1000)
                return

    async def _send(self, actor: Actor, peer: _Peer, seconds: float) -> bool:
        """Send what there is, or wait up to `seconds` [s] for it; tells whether rows were sent."""
        seconds = max(seconds, 0.01) if self._row is not None else 0.05
        if self._follower is None:
            self._follower = await self._join(actor)
            if self._follower is None:
                await asyncio.sleep(min(seconds, 0.2))
                return False
            await self._greet(self._follower, peer)
        if self._next - peer.held >= WINDOW:
            await asyncio.sleep(0.02)
            return False
        if not await self._follower.moved(self._next, seconds):
            return False
        found = await self._follower.frame(self._next)
        await self._socket.send_bytes(found.data)
        self._next += found.count
        return True

    async def _join(self, actor: Actor) -> Follower | None:
        self._file = await asyncio.to_thread(self._source.file, actor, self._run)
        if self._file is None:
            return None
        return await self._hub.join(self._file, lambda: self._source.tail(actor, self._run))

    async def _greet(self, follower: Follower, peer: _Peer) -> None:
        await follower.moved(0, 1.0)
        rows = follower.rows
        # A browser that holds more than there is has another record in mind: begin anew.
        self._next = 0 if self._next > rows else self._next
        packed = None
        if rows - self._next > HISTORY and self._row is not None:
            axes = [("time", name) for name in follower.columns[1:-1]]
            axes += [each for each in self._row.plots if each[0] != "time"]
            packed = await follower.history(axes)
            # The last row comes once more, so that the curve goes on where its history ends.
            self._next = rows - 1
        peer.held = self._next
        columns = list(follower.columns)
        await self._tell(
            {"kind": "hello", "run": self._run, "columns": columns, "first": self._next}
        )
        if packed is not None:
            await self._socket.send_text(packed[0])
            await self._socket.send_bytes(packed[1])

    async def _tell(self, message: Mapping[str, object]) -> None:
        await self._socket.send_text(json.dumps(message))

    async def _listen(self, peer: _Peer) -> None:
        try:
            while True:
                text = await self._socket.receive_text()
                if text.isdecimal():
                    peer.held = min(max(peer.held, int(text[:18])), self._next)
        except (WebSocketDisconnect, KeyError):
            # A binary message is not part of the protocol; it ends the connection.
            peer.gone = True
