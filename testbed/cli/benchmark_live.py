"""How soon a delivered sample is in the browsers of a hundred people, over a real server."""

import asyncio
import multiprocessing
import statistics
import struct
import tempfile
import time
from multiprocessing.connection import Connection
from pathlib import Path

import numpy as np
import psutil
import websockets

from runs.benchmarks.figures import Figure, percentile
from testbed.cli.live_stage import LiveStage, live_stage

__all__ = ["live_rows", "watch"]

_RATE = 100.0  # [1/s]
_WATCHERS, _PEOPLE = 100, 10
_SETTLE, _SECONDS = 4.0, 10.0  # [s]
_FRAME = struct.Struct("<BBHIQ")


def live_rows() -> list[Figure]:
    """Measure a run of 100 rows a second that a hundred people watch on one worker."""
    with (
        tempfile.TemporaryDirectory(prefix="testbed-live-") as home,
        live_stage(Path(home), rate=_RATE, people=_PEOPLE) as stage,
    ):
        context = multiprocessing.get_context("spawn")
        ours, theirs = context.Pipe()
        watching = context.Process(target=watch, args=(stage, theirs, _WATCHERS))
        watching.start()
        server = psutil.Process(stage.server)
        if ours.recv() != "all are there":
            raise RuntimeError("the watchers did not come up")
        used, begun = _cpu(server), time.monotonic()
        latencies, least = ours.recv()
        share = (_cpu(server) - used) / (time.monotonic() - begun)
        watching.join(30)
    return [
        Figure(
            measured=f"live: delivered to frame, {_WATCHERS} watchers, median",
            result=f"{1e3 * statistics.median(latencies):.0f} ms",
            value=1e3 * statistics.median(latencies),
            at_most=300.0,
            unit="ms",
        ),
        Figure(
            measured="live: delivered to frame, 99th percentile",
            result=f"{1e3 * percentile(latencies, 0.99):.0f} ms",
            value=1e3 * percentile(latencies, 0.99),
            unit="ms",
        ),
        Figure(
            measured="live: rows that the slowest watcher got",
            result=f"{least:,} of {_RATE * _SECONDS:,.0f}",
            value=least / (_RATE * _SECONDS),
            against="what was delivered",
        ),
        Figure(
            measured=f"live: CPU of the web worker, {_WATCHERS} watchers",
            result=f"{100 * share:.0f} % of one core",
            value=100 * share,
            unit="%",
        ),
    ]


def _cpu(process: psutil.Process) -> float:
    times = process.cpu_times()
    return float(times.user + times.system)


def watch(stage: LiveStage, told: Connection, watchers: int) -> None:
    """Follow the run as so many browsers; tells that all are there, then what they found."""
    asyncio.run(_watch_all(stage, told, watchers))


async def _watch_all(stage: LiveStage, told: Connection, watchers: int) -> None:
    latencies: list[float] = []
    counts = [0] * watchers
    measuring = asyncio.Event()
    here = [asyncio.Event() for _ in range(watchers)]

    async def follow(number: int) -> None:
        cookie = stage.cookies[number % len(stage.cookies)]
        place = f"127.0.0.1:{stage.port}"
        headers = {"Cookie": cookie, "Origin": f"http://{place}"}
        address = f"ws://{place}/live/socket/{stage.run}"
        async with websockets.connect(address, additional_headers=headers) as socket:
            said = held = 0
            async for message in socket:
                now = time.monotonic()
                if not isinstance(message, bytes):
                    continue
                _, _, columns, count, first = _FRAME.unpack_from(message)
                here[number].set()
                held = first + count
                if held - said > 4096:
                    said = held
                    await socket.send(str(held))
                if measuring.is_set():
                    rows = np.frombuffer(message, "<f8", offset=_FRAME.size)
                    latencies.extend(now - rows.reshape(columns, count)[1])
                    counts[number] += count

    tasks = [asyncio.create_task(follow(number)) for number in range(watchers)]
    await asyncio.wait_for(asyncio.gather(*(each.wait() for each in here)), 60)
    await asyncio.sleep(_SETTLE)
    told.send("all are there")
    measuring.set()
    await asyncio.sleep(_SECONDS)
    measuring.clear()
    told.send((latencies, min(counts)))
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
