"""What an LCR meter shows of an impedance, and a fixture around it that is taken out again."""

import cmath
import math

import pytest

from instruments.simulators.fixture import Corrections, FixtureModel
from instruments.simulators.impedance_pairs import PAIRS, pair

OMEGA = 2 * math.pi * 1e3
LOSSY = 1 / (1j * OMEGA * 1e-7 + 1e-5)  # 100 nF across 100 kohm
COIL = 3.0 + 1j * OMEGA * 1e-3  # 1 mH and 3 ohm


@pytest.mark.parametrize(
    ("name", "ohms", "expected"),
    [
        ("CPD", LOSSY, (1e-7, 1e-5 / (OMEGA * 1e-7))),
        ("CPQ", LOSSY, (1e-7, OMEGA * 1e-7 / 1e-5)),
        ("CPG", LOSSY, (1e-7, 1e-5)),
        ("CPRP", LOSSY, (1e-7, 1e5)),
        ("CSRS", 2.0 - 1j / (OMEGA * 1e-7), (1e-7, 2.0)),
        ("LSRS", COIL, (1e-3, 3.0)),
        ("LSQ", COIL, (1e-3, OMEGA * 1e-3 / 3.0)),
        ("LPRP", 1 / (1 / 50.0 + 1 / (1j * OMEGA * 1e-3)), (1e-3, 50.0)),
        ("RX", COIL, (3.0, OMEGA * 1e-3)),
        ("ZTD", COIL, (abs(COIL), math.degrees(cmath.phase(COIL)))),
        ("GB", LOSSY, (1e-5, OMEGA * 1e-7)),
        ("YTR", LOSSY, (abs(1 / LOSSY), cmath.phase(1 / LOSSY))),
    ],
)
def test_an_impedance_is_shown_as_its_equivalent_circuit(
    name: str, ohms: complex, expected: tuple[float, float]
):
    assert pair(name, ohms, 1e3) == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize("name", PAIRS)
def test_every_pair_exists(name: str):
    assert len(pair(name, LOSSY, 1e3)) == 2


@pytest.mark.parametrize("true", [0.1 + 0.2j, 50.0 - 3.0j, 1e4 + 1e3j])
def test_open_and_short_take_the_fixture_out(true: complex):
    fixture = FixtureModel(resistance=0.05, inductance=5e-8, conductance=1e-8, capacitance=1e-11)
    corrections = Corrections()
    corrections.opened = fixture.around(lambda _: complex(1e15))
    corrections.shorted = fixture.around(lambda _: 0j)
    seen = fixture.around(lambda _: true)(1e6)
    assert abs(seen / true - 1) > 1e-3
    both = corrections.corrected(seen, 1e6, opened=True, shorted=True)
    assert both == pytest.approx(true, rel=1e-6)
    assert corrections.corrected(seen, 1e6, opened=False, shorted=False) == seen
