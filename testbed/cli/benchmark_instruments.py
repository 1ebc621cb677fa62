"""How fast and how safely drivers speak, against plain PyVISA on the same simulators."""

import os
import statistics
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pyvisa

from instruments import registry
from instruments.link import Link
from testbed.adapters import simulation
from testbed.adapters.benches import read_bench

__all__ = ["instrument_rows"]

_BENCH = """
name = "benchmark"
[roles.supply]
driver = "keysight_e36312a"
serial = "MY1"
[roles.meter]
driver = "keysight_34465a"
serial = "MY2"
[simulator]
world = "electrical"
clock = "real"
"""
_PAIRS = 25  # of plain PyVISA; each takes some 44 ms
_SETTINGS = 2000
_ROUNDS, _READINGS = 15, 400
_EXCHANGES = 5000


def instrument_rows() -> list[tuple[str, str, str]]:
    """Measure; gives rows of what, result and ratio."""
    with tempfile.TemporaryDirectory() as directory, _on_one_processor():
        path = Path(directory) / "benchmark.toml"
        path.write_text(_BENCH, encoding="utf-8")
        simulator = simulation.start(path, Path(directory))
        try:
            roles = read_bench(path).bench("@py", simulator.announcement).roles
            supply, meter = roles["supply"].address, roles["meter"].address
            return [_set_and_check(supply), *_readings(meter), _crossed(supply)]
        finally:
            simulator.stop()


@contextmanager
def _on_one_processor() -> Iterator[None]:
    """Keep this process and what it starts on one processor.

    On two, an exchange takes 35 or 80 µs as the scheduler happens to place both ends, whoever asks.
    """
    allowed = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {min(allowed)})
    try:
        yield
    finally:
        os.sched_setaffinity(0, allowed)


def _plain(address: str) -> Any:  # noqa: ANN401 (PyVISA's own resource)
    return pyvisa.ResourceManager("@py").open_resource(
        address, read_termination="\n", write_termination="\n", timeout=5000
    )


def _seconds(action: Callable[[], object], count: int) -> float:
    begun = time.perf_counter()
    for _ in range(count):
        action()
    return (time.perf_counter() - begun) / count


def _set_and_check(address: str) -> tuple[str, str, str]:
    plain = _plain(address)

    def pair() -> None:
        plain.write(":VOLT 1.0000,(@1)")
        plain.query(":SYST:ERR?")

    theirs = _seconds(pair, _PAIRS)
    plain.close()
    supply: Any = registry.connect("keysight_e36312a", address)
    ours = _seconds(lambda: supply.set_voltage(1.0), _SETTINGS)
    supply.close()
    return (
        "set and check",
        f"{1 / ours:,.0f} /s",
        f"{theirs / ours:.0f} x pyvisa-py write + query ({1 / theirs:.0f} /s)",
    )


def _readings(address: str) -> list[tuple[str, str, str]]:
    plain = _plain(address)
    meter: Any = registry.connect("keysight_34465a", address)
    link: Link = meter.link
    taken: dict[str, list[float]] = {"driver": [], "link": [], "pyvisa": []}
    # In turn, so that a busy machine slows all of them alike.
    for _ in range(_ROUNDS):
        taken["driver"].append(_seconds(meter.dc_voltage, _READINGS))
        taken["link"].append(
            _seconds(lambda: link.query(":MEAS:VOLT:DC?", doing="measure"), _READINGS)
        )
        taken["pyvisa"].append(_seconds(lambda: plain.query(":MEAS:VOLT:DC?"), _READINGS))
    meter.close()
    plain.close()
    driver, bare, theirs = (statistics.median(taken[name]) for name in ("driver", "link", "pyvisa"))
    return [
        (
            "readings by a driver",
            f"{1 / driver:,.0f} /s",
            f"{driver / bare - 1:+.0%} time over the link's bare query ({1 / bare:,.0f} /s)",
        ),
        ("", "", f"{driver / theirs - 1:+.0%} time over PyVISA's query ({1 / theirs:,.0f} /s)"),
    ]


def _crossed(address: str) -> tuple[str, str, str]:
    supplies: list[Any] = [
        registry.connect("keysight_e36312a", address, channel=channel) for channel in (1, 2)
    ]
    for supply, volts in zip(supplies, (1.25, 7.5), strict=True):
        supply.set_voltage(volts)
    wrong = [0, 0]

    def ask(which: int, volts: float) -> None:
        for _ in range(_EXCHANGES):
            if supplies[which].link.query(f":VOLT? (@{which + 1})", doing="ask") != f"{volts:+.8E}":
                wrong[which] += 1

    threads = [
        threading.Thread(target=ask, args=(which, volts)) for which, volts in enumerate((1.25, 7.5))
    ]
    begun = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    rate = 2 * _EXCHANGES / (time.perf_counter() - begun)
    for supply in supplies:
        supply.close()
    return (
        "crossed answers",
        f"{sum(wrong)} of {2 * _EXCHANGES:,}",
        f"two threads on one link, {rate:,.0f} /s",
    )
