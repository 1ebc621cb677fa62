"""Simulated benches for the electrical methods, in virtual time."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from testbed.adapters import simulation
from testbed.adapters.benches import read_bench
from tests.testbed.engine.stage import Stage

CONVERTER = """
name = "converter"
title = {ko = "컨버터 시험대", en = "Converter bench"}
[roles.supply]
driver = "rigol_dp832"
serial = "DP1"
equipment = "EQ-013"
[roles.load]
driver = "rigol_dl3021"
serial = "DL1"
equipment = "EQ-014"
[roles.before]
driver = "yokogawa_wt310e"
serial = "WT1"
equipment = "EQ-015"
[roles.behind]
driver = "yokogawa_wt310e"
serial = "WT2"
equipment = "EQ-016"
[simulator]
clock = "virtual"
[simulator.circuit]
kind = "converter"
[simulator.wiring]
before = {node = "in"}
behind = {node = "out"}
"""

BRIDGE = """
name = "bridge"
title = {ko = "임피던스 시험대", en = "Impedance bench"}
[roles.lcr]
driver = "keysight_e4980a"
serial = "LCR1"
equipment = "EQ-018"
[simulator]
clock = "virtual"
"""

CONTACT = """
name = "contact"
title = {ko = "접촉저항 시험대", en = "Contact bench"}
[roles.source]
driver = "keithley_2450"
serial = "SMU1"
equipment = "EQ-017"
sense = 4
[roles.thermometer]
driver = "fluke_1524"
serial = "T1"
equipment = "EQ-027"
[simulator]
clock = "virtual"
[simulator.circuit]
kind = "resistor"
resistance = 0.005
tempco = 3.93e-3
contact = 0.2
[simulator.probe]
"""


@contextmanager
def electrical(text: str, directory: Path) -> Iterator[Stage]:
    """Open a simulated bench that this text describes."""
    path = directory / "bench.toml"
    path.write_text(text, encoding="utf-8")
    simulator = simulation.start(path, directory / "state", ("--clock", "virtual"))
    opened = Stage(read_bench(path).bench("@py", simulator.announcement), simulator)
    try:
        yield opened
    finally:
        opened.close()
        simulator.stop()
