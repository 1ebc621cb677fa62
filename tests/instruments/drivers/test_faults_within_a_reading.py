"""Readings that take several lines: whichever of them fails, no wrong reading comes of it."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from instruments.errors import InstrumentError
from testbed.adapters.remote_clock import ControlSocket
from tests.instruments.drivers.stage import bench

FAULTS = ("no_answer", "late_answer", "truncate", "wrong_identity", "busy")


def weighed(balance: Any) -> float:
    return balance.mass().value


def indented(tester: Any) -> float:
    return tester.indent().hardness.value


def vibrated(shaker: Any) -> float:
    if not shaker.is_running():
        shaker.start_sine(100.0, acceleration=10.0)
    return shaker.control().value


def weigh_anew(balance: Any, control: ControlSocket) -> None:
    """Whatever was silent may have been without power: the balance is zeroed, then loaded."""
    control.ask("specimen", part="balance", model={"load": 0.0})
    control.ask("sleep", seconds=10)
    balance.zero()
    control.ask("specimen", part="balance", model={"load": 50.0})


def come_to_rest(instrument: Any, control: ControlSocket) -> None:
    instrument.make_safe()


# Driver, world, what is read, by how much it scatters, how a bench goes on after a fault.
BALANCE = ("mettler_sics", "balance = {load = 50.0}", weighed, 1e-5, weigh_anew)
TESTER = (
    "tb_vickers",
    "hardness = {spread = 0.0, reading = 0.0}",
    indented,
    2e-3,
    come_to_rest,
)
SHAKER = ("tb_vibration", "shaker = {}", vibrated, 2e-2, come_to_rest)
# With each of the lines on the way to the reading.
READINGS = [
    *((*BALANCE, line) for line in ("SI", "TA")),
    *((*TESTER, line) for line in ("WT?", "FO?", "DW?", "IN", "RD?")),
    *((*SHAKER, line) for line in ("ST?", "TB?", "LM", "SN", "GO", "WT?", "LV?")),
]


@pytest.mark.parametrize(
    ("driver", "world", "read", "scatter", "go_on", "line"),
    READINGS,
    ids=[f"{each[0]}-{each[-1]}" for each in READINGS],
)
def test_whichever_line_fails_there_is_no_reading_and_the_next_is_right(
    tmp_path: Path,
    driver: str,
    world: str,
    read: Callable[[Any], float],
    scatter: float,
    go_on: Callable[[Any, ControlSocket], None],
    line: str,
):
    with bench(tmp_path, world, driver) as (roles, control):
        instrument = roles[driver]
        right = read(instrument)
        for fault in FAULTS:
            go_on(instrument, control)
            control.ask("fault", role=driver, fault=fault, command=line, seconds=0.7)
            with pytest.raises(InstrumentError):
                read(instrument)
            control.ask("clear")
            go_on(instrument, control)
            assert read(instrument) == pytest.approx(right, rel=scatter), fault
