"""High voltage on insulation: when it rises, when it goes off, and what it leaves behind."""

from math import pi, sqrt

import pytest

from instruments.simulators.high_voltage import HighVoltage, Program
from instruments.simulators.insulation import Insulation, InsulationModel

START = 1.8e9  # [s], far from zero as real clocks are


class Stand:
    def __init__(self, **model: float) -> None:
        self.piece = Insulation(InsulationModel(**model))
        self.closed = True
        self.switched: list[bool] = []
        self.output = HighVoltage(lambda: self.piece, lambda: self.closed)
        self.output.switched = self.switched.append


def test_the_voltage_rises_stands_and_goes_off():
    stand = Stand()
    assert stand.output.start(START, Program(volts=1000.0, frequency=50.0, ramp=2.0, seconds=3.0))
    stand.output.advance(START + 1.0)
    assert stand.output.applied == pytest.approx(500.0, rel=1e-3)
    assert stand.output.ramping
    stand.output.advance(START + 4.9)
    assert stand.output.on
    assert stand.output.applied == 1000.0
    stand.output.advance(START + 60.0)
    assert stand.switched == [True, False]
    assert stand.output.verdict == "PASS"
    assert stand.output.applied == 0.0
    assert stand.output.elapsed == pytest.approx(5.0)
    assert stand.output.amperes == pytest.approx(1000 * 2 * pi * 50 * 1e-9, rel=1e-3)


@pytest.mark.parametrize("frequency", [0.0, 50.0])
def test_a_breakdown_cuts_the_voltage_off_at_the_level_where_it_happens(frequency: float):
    stand = Stand(breakdown=2000.0)
    program = Program(volts=4000.0, frequency=frequency, ramp=4.0, seconds=60.0, most=0.01)
    stand.output.start(START, program)
    stand.output.advance(START + 70.0)
    level = 2000.0 / (sqrt(2.0) if frequency else 1.0)
    assert stand.output.volts == pytest.approx(level, rel=5e-3)
    assert stand.output.elapsed == pytest.approx(level / 1000.0, rel=5e-3)
    assert stand.output.verdict == "FAIL"
    assert stand.piece.broken
    assert not stand.output.on
    # The carbon track carries current at any voltage now.
    stand.output.start(START + 80.0, Program(volts=500.0, most=0.01))
    stand.output.advance(START + 90.0)
    assert stand.output.verdict == "FAIL"
    assert stand.output.volts < 150.0


def test_too_much_leakage_is_cut_off_and_breaks_nothing():
    stand = Stand(capacitance=100e-9)
    stand.output.start(START, Program(volts=1500.0, frequency=60.0, ramp=1.0, most=0.005))
    stand.output.advance(START + 5.0)
    assert stand.output.verdict == "FAIL"
    assert not stand.piece.broken
    # It looks at the current five hundred times on the way up.
    level = 0.005 / (2 * pi * 60 * 100e-9)
    assert level <= stand.output.volts <= level + 1500.0 / 500


def test_a_lead_that_fell_off_is_too_little_leakage():
    stand = Stand(capacitance=0.0, resistance=1e15)
    stand.output.start(START, Program(volts=1500.0, frequency=60.0, least=1e-6))
    stand.output.advance(START + 5.0)
    assert stand.output.verdict == "FAIL"


def test_an_open_interlock_keeps_the_voltage_off_and_switches_it_off():
    stand = Stand()
    stand.closed = False
    assert not stand.output.start(START, Program(volts=1000.0))
    stand.closed = True
    assert stand.output.start(START, Program(volts=1000.0, seconds=60.0))
    stand.output.advance(START + 10.0)
    stand.closed = False
    stand.output.advance(START + 10.0)
    assert stand.switched == [True, False]
    assert stand.output.verdict == "STOP"
    assert stand.output.elapsed == pytest.approx(10.0)


def test_insulation_resistance_grows_with_time_and_is_judged_at_the_end():
    found = []
    for seconds in (1.0, 600.0):
        stand = Stand()
        stand.output.start(START, Program(volts=500.0, seconds=seconds, least_resistance=2e9))
        stand.output.advance(START + 1000.0)
        found.append((stand.output.volts / stand.output.amperes, stand.output.verdict))
    assert found[0][0] == pytest.approx(5e9 / 3, rel=0.02)
    assert found[1][0] == pytest.approx(5e9 / (1 + 2 * 0.0357), rel=0.02)
    assert [verdict for _, verdict in found] == ["FAIL", "PASS"]
