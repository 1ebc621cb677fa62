"""The live socket against a record that another process writes, over a real server."""

import asyncio
import contextlib
import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
import uvicorn
import websockets
from fastapi import FastAPI, WebSocket

from dashboard.live_follow import FRAME, Hub, frame
from dashboard.live_socket import HISTORY, WINDOW, LiveSocket, Looks
from testbed.domain.names import Name
from testbed.domain.people import Actor, Role
from testbed.services.following import FollowedRecord
from testbed.services.rows import LiveRow, RunRow
from tests.dashboard import growing

RUN = "R-2026-00001"
OURS = Actor(
    account=1,
    login="ours",
    name=Name("가", "A"),
    organisation=1,
    roles=frozenset({Role.SME}),
)
THEIRS = Actor(
    account=2,
    login="theirs",
    name=Name("나", "B"),
    organisation=2,
    roles=frozenset({Role.SME}),
)


def live_row() -> LiveRow:
    row = RunRow(
        number=RUN,
        method="iso-6892-1",
        version="1",
        bench="utm-1",
        specimen="",
        specimen_name="",
        organisation=OURS.name,
        performer=OURS.name,
        booking="B-1",
        started=datetime(2026, 3, 2, tzinfo=UTC),
        ended=None,
        state="running",
        ending=None,
        outcome=None,
        review="none",
        reportable=False,
    )
    return LiveRow(
        row=row,
        phase="pull",
        phases=("mount", "pull"),
        done=0.5,
        remaining=12.0,
        paused=False,
        suspended=None,
        stopping=False,
        prompt=None,
        channels={"force": "N", "extension": "mm"},
        plots=(("extension", "force"),),
        rows=0,
        heartbeat_age=0.2,
        may_control=False,
    )


@dataclass
class Desk:
    """One run of one organisation, on disk."""

    path: Path
    ended: bool = False
    opened: int = 0
    sessions: dict[str, Actor] = field(default_factory=lambda: {"ours": OURS, "theirs": THEIRS})

    def live_one(self, actor: Actor, run: str) -> LiveRow | None:
        seen = actor.organisation == 1 and run == RUN and not self.ended
        return live_row() if seen else None

    def file(self, actor: Actor, run: str) -> Path | None:
        return self.path if self.live_one(actor, run) else None

    def tail(self, actor: Actor, run: str) -> FollowedRecord | None:
        self.opened += 1
        return FollowedRecord(self.path)


@contextmanager
def served(desk: Desk) -> Iterator[str]:
    app = FastAPI()
    hub, looks = Hub(), Looks(desk)

    @app.websocket("/live/socket/{run}")
    async def follow(socket: WebSocket, run: str, after: int = 0) -> None:
        async def actor_of() -> Actor | None:
            return desk.sessions.get(socket.cookies.get("session", ""))

        await LiveSocket(
            socket, run, after, actor_of=actor_of, source=desk, hub=hub, looks=looks, recheck=0.5
        ).serve()

    server = uvicorn.Server(uvicorn.Config(app, port=0, log_level="warning", lifespan="off"))
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        while not server.started:
            threading.Event().wait(0.01)
        port = server.servers[0].sockets[0].getsockname()[1]
        yield f"ws://127.0.0.1:{port}/live/socket/"
    finally:
        server.should_exit = True
        thread.join()


@pytest.fixture
def recording(
    tmp_path: Path, request: pytest.FixtureRequest
) -> Iterator[tuple[Path, subprocess.Popen[str]]]:
    path = tmp_path / "run.h5"
    burst, rest = map(str, getattr(request, "param", (20_000, 3_000)))
    with subprocess.Popen(
        [sys.executable, growing.__file__, str(path), burst, rest],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as writer:
        assert writer.stdout is not None
        assert writer.stdin is not None
        assert writer.stdout.readline() == "ready\n"
        yield path, writer
        writer.stdin.close()


def unpack(message: bytes) -> tuple[int, np.ndarray]:
    version, kind, columns, count, first = FRAME.unpack_from(message)
    assert (version, kind) == (1, 1)
    return first, np.frombuffer(message, "<f8", offset=FRAME.size).reshape(columns, count)


def connect(address: str, session: str = "ours", after: int = 0) -> websockets.connect:
    headers = {"Cookie": f"session={session}"}
    return websockets.connect(f"{address}{RUN}?after={after}", additional_headers=headers)


def expected(rows: int) -> np.ndarray:
    return np.array([growing.row(index) for index in range(rows)]).T


async def take(socket, rows: int, *, held: int = 0) -> list[np.ndarray]:
    blocks = []
    while held < rows:
        message = await asyncio.wait_for(socket.recv(), 10)
        if isinstance(message, bytes):
            first, block = unpack(message)
            assert first == held
            held += block.shape[1]
            blocks.append(block)
            # After the last row the server may have closed already.
            with contextlib.suppress(websockets.ConnectionClosedOK):
                await socket.send(str(held))
    return blocks


async def until_closed(socket, seconds: float = 10.0) -> list[str | bytes]:
    messages: list[str | bytes] = []
    with contextlib.suppress(websockets.ConnectionClosed, asyncio.TimeoutError):
        while True:
            messages.append(await asyncio.wait_for(socket.recv(), seconds))
    return messages


def test_frames_bring_every_row_and_the_end_is_told(recording):
    path, writer = recording
    desk = Desk(path)

    async def follow(address: str) -> None:
        async with connect(address) as socket:
            hello = None
            while hello is None:
                message = json.loads(await socket.recv())
                hello = message if message["kind"] == "hello" else None
            assert hello["columns"] == ["time", "force", "extension", "phase"]
            blocks = await take(socket, 20_000)
            writer.stdin.write("go\n")
            writer.stdin.flush()
            blocks += await take(socket, 23_000, held=20_000)
            found = np.concatenate(blocks, axis=1)
            np.testing.assert_array_equal(found[:3], expected(23_000))
            desk.ended = True
            last = (await until_closed(socket))[-1]
            assert json.loads(last) == {"kind": "ended"}
            assert socket.close_code == 1000

    with served(desk) as address:
        asyncio.run(follow(address))


def test_after_a_break_nothing_is_missed_and_nothing_comes_twice(recording):
    path, _ = recording

    async def follow(address: str) -> None:
        async with connect(address, after=19_990) as socket:
            (block,) = await take(socket, 20_000, held=19_990)
            np.testing.assert_array_equal(block[:3], expected(20_000)[:, 19_990:])
        # More rows than there are: another record; it is sent from its beginning.
        async with connect(address, after=10**9) as socket:
            assert len(await take(socket, 20_000)) >= 1

    with served(Desk(path)) as address:
        asyncio.run(follow(address))


@pytest.mark.parametrize("recording", [(20_000, 70_000)], indirect=True)
def test_a_browser_that_does_not_keep_up_is_not_flooded(recording):
    path, writer = recording

    async def follow(address: str) -> None:
        async with connect(address) as socket:
            messages = await until_closed(socket, seconds=0.7)
            held = sum(unpack(block)[1].shape[1] for block in messages if isinstance(block, bytes))
            assert held == 20_000
            writer.stdin.write("go\n")
            writer.stdin.flush()
            messages = await until_closed(socket, seconds=1.0)
            held += sum(unpack(block)[1].shape[1] for block in messages if isinstance(block, bytes))
            assert WINDOW <= held < WINDOW + 8_192
            await socket.send(str(held))
            assert await take(socket, 90_000, held=held)

    with served(Desk(path)) as address:
        asyncio.run(follow(address))


@pytest.mark.parametrize("recording", [(HISTORY + 30_000, 3_000)], indirect=True)
def test_a_long_run_begins_with_its_thinned_curves(recording):
    path, writer = recording
    total = HISTORY + 30_000

    async def follow(address: str) -> None:
        async with connect(address) as socket:
            texts: list[dict] = []
            while not texts or texts[-1]["kind"] != "history":
                texts.append(json.loads(await socket.recv()))
            assert texts[-2]["first"] == total - 1
            curves = texts[-1]["curves"]
            axes = [("time", "force"), ("time", "extension"), ("extension", "force")]
            assert [(each["x"], each["y"]) for each in curves] == axes
            packed = await socket.recv()
            points = sum(each["count"] for each in curves)
            assert FRAME.unpack_from(packed) == (1, 2, 3, points, total)
            numbers = np.frombuffer(packed, "<f8", offset=FRAME.size)
            assert len(numbers) == 2 * points <= 2 * 3 * 4 * 800
            count = curves[0]["count"]
            assert (numbers[0], numbers[count - 1]) == (0.0, growing.row(total - 1)[0])
            # One sample among all of them is not lost.
            assert numbers[count : 2 * count].max() == growing.row(growing.SPIKE)[1]
            (block,) = await take(socket, total, held=total - 1)
            assert tuple(block[:3, 0]) == growing.row(total - 1)
            writer.stdin.write("go\n")
            writer.stdin.flush()
            blocks = await take(socket, total + 3_000, held=total)
            found = np.concatenate(blocks, axis=1)[:3]
            np.testing.assert_array_equal(found, expected(total + 3_000)[:, total:])

    with served(Desk(path)) as address:
        asyncio.run(follow(address))


def test_all_who_watch_share_one_reader_and_get_the_same(recording):
    path, writer = recording
    desk = Desk(path)

    async def follow(address: str) -> None:
        async with contextlib.AsyncExitStack() as stack:
            sockets = [await stack.enter_async_context(connect(address)) for _ in range(20)]
            found = await asyncio.gather(*(take(each, 20_000) for each in sockets))
            writer.stdin.write("go\n")
            writer.stdin.flush()
            rest = await asyncio.gather(*(take(each, 23_000, held=20_000) for each in sockets))
            for blocks, more in zip(found, rest, strict=True):
                whole = np.concatenate([*blocks, *more], axis=1)
                np.testing.assert_array_equal(whole[:3], expected(23_000))
        assert desk.opened == 1

    with served(desk) as address:
        asyncio.run(follow(address))


@pytest.mark.parametrize("session", ["theirs", "", "unknown"])
def test_a_foreign_firm_and_a_stranger_are_refused_alike(recording, session):
    path, _ = recording

    async def refused(address: str) -> int:
        with pytest.raises(websockets.InvalidStatus) as refusal:
            async with connect(address, session):
                pass
        return refusal.value.response.status_code

    with served(Desk(path)) as address:
        assert asyncio.run(refused(address)) == 403


def test_the_socket_closes_when_the_session_ends(recording):
    path, _ = recording
    desk = Desk(path)

    async def follow(address: str) -> int:
        async with connect(address) as socket:
            await take(socket, 20_000)
            desk.sessions.clear()
            await until_closed(socket)
            return socket.close_code

    with served(desk) as address:
        assert asyncio.run(follow(address)) == 4401


def test_a_frame_is_as_documented():
    packed = frame(7, {"time": np.array([0.5, 1.5]), "force": np.array([3.0, 4.0])})
    assert (
        packed
        == bytes.fromhex("0101 0200 0200 0000 0700000000000000")
        + np.array([0.5, 1.5, 3.0, 4.0], "<f8").tobytes()
    )
