"""The live socket: rows of a growing run to a browser, binary, at the browser's pace.

``/live/socket/<run>?after=<row>`` (WebSocket). Text messages are JSON, binary ones are frames.

From the server, first ``{"kind": "hello", "run", "columns", "first"}``: names of the columns in
the order of the frames (``time`` [s since the start], the channels, ``phase``), and the first row
that will be sent. Then, mixed:

- frames: header ``<BBHIQ`` (version 1, kind 1 "rows", columns, count, index of the first row),
  then one block of `count` little-endian float64 per column;
- ``{"kind": "status", "state", "phase", "done", "remaining", "paused", "prompt", "beat", "rows"}``
  once a second;
- ``{"kind": "ended"}`` after the last row; the server then closes with 1000.

From the browser: the number of rows it holds, as decimal text, after each frame. No more than
`WINDOW` rows travel unacknowledged, so that a slow browser slows only itself. After a break it
connects again with ``after`` = the rows it holds and misses nothing. Close codes: 4401 the session
ended, 1000 the run ended. A run that is not visible, or is not live, is refused before the
handshake (HTTP 403), whatever the reason.
"""

import asyncio
import contextlib
import json
import struct
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from fastapi import WebSocket, WebSocketDisconnect
from numpy.typing import NDArray

from testbed.domain.people import Actor
from testbed.services.rows import LiveRow

__all__ = ["FRAME", "HISTORY", "WINDOW", "LiveSocket", "LiveSource", "Tail", "frame"]

FRAME = struct.Struct("<BBHIQ")
WINDOW = 65_536
HISTORY = 500_000
_BLOCK = 8_192
_PERIOD = 0.1  # [s]
_STATUS = 1.0  # [s]


class Tail(Protocol):
    """A reader that follows one growing record."""

    @property
    def rows(self) -> int:
        """Complete rows, as of now."""
        ...

    def read(self, after_row: int = 0, *, limit: int = 10_000) -> Mapping[str, NDArray[np.float64]]:
        """Read rows from `after_row` on."""
        ...

    def close(self) -> None:
        """Let go of the file."""
        ...


class LiveSource(Protocol):
    """What the socket asks of the centre; both answer None for what the actor may not see."""

    def live_one(self, actor: Actor, run: str) -> LiveRow | None:
        """Read the present state of a live run."""
        ...

    def tail(self, actor: Actor, run: str) -> Tail | None:
        """Follow its record; None also while there is no file yet."""
        ...


def frame(first_row: int, columns: Mapping[str, NDArray[np.float64]]) -> bytes:
    """Pack rows into one binary frame."""
    blocks = [np.ascontiguousarray(column, "<f8") for column in columns.values()]
    count = len(blocks[0])
    head = FRAME.pack(1, 1, len(blocks), count, first_row)
    return head + b"".join(block.tobytes() for block in blocks)


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
    recheck
        How often it is asked [s].
    """

    def __init__(
        self,
        socket: WebSocket,
        run: str,
        after: int,
        *,
        actor_of: Callable[[], Awaitable[Actor | None]],
        source: LiveSource,
        recheck: float = 5.0,
    ) -> None:
        self._recheck = recheck
        self._socket = socket
        self._run = run
        self._next = max(after, 0)
        self._actor_of = actor_of
        self._source = source
        self._tail: Tail | None = None
        self._row: LiveRow | None = None

    async def serve(self) -> None:
        """Follow the run until it, the session or the connection ends."""
        actor = await self._actor_of()
        self._row = await self._look(actor)
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
            if self._tail is not None:
                self._tail.close()

    async def _follow(self, actor: Actor, peer: _Peer) -> None:
        greeted = False
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
                self._row = await self._look(actor)
                if self._row is not None:
                    await self._tell(status(self._row))
                if self._tail is None:
                    self._tail = await asyncio.to_thread(self._source.tail, actor, self._run)
            if self._tail is not None and not greeted:
                greeted = True
                await self._greet(self._tail, peer)
            # A sealed file is not yet the end: the bench still evaluates it and hands it over.
            over = self._row is None
            room = self._next - peer.held < WINDOW
            moved = await self._send_rows(self._tail) if self._tail and room else False
            if over and room and not moved:
                await self._tell({"kind": "ended"})
                await self._socket.close(1000)
                return
            if not moved:
                await asyncio.sleep(_PERIOD)

    async def _look(self, actor: Actor | None) -> LiveRow | None:
        if actor is None:
            return None
        return await asyncio.to_thread(self._source.live_one, actor, self._run)

    async def _greet(self, tail: Tail, peer: _Peer) -> None:
        rows = await asyncio.to_thread(lambda: tail.rows)
        # A browser that holds more than there is has another record in mind: begin anew.
        self._next = 0 if self._next > rows else self._next
        self._next = max(self._next, rows - HISTORY)
        peer.held = self._next
        columns = list(await asyncio.to_thread(tail.read, 0, limit=0))
        await self._tell(
            {"kind": "hello", "run": self._run, "columns": columns, "first": self._next}
        )

    async def _send_rows(self, tail: Tail) -> bool:
        columns = await asyncio.to_thread(tail.read, self._next, limit=_BLOCK)
        count = len(next(iter(columns.values())))
        if count == 0:
            return False
        await self._socket.send_bytes(frame(self._next, columns))
        self._next += count
        # A full block may be followed at once, a part waits for the writer's next flush.
        return count == _BLOCK

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
