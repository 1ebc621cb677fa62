"""The edge on which simulated oscilloscopes trigger, and the codes they make of a signal."""

import numpy as np
import pytest

from instruments.simulators.clock import VirtualClock
from instruments.simulators.digitiser import Digitiser, Edge
from instruments.simulators.site import Site
from instruments.simulators.world import World


@pytest.fixture
def site() -> Site:
    world = World(VirtualClock(1_700_000_000.123), {})
    return Site(role="scope", world=world, serial="1", say=lambda *_, **__: None)


def generator(site: Site, **values: str | float) -> None:
    output = site.world.signals.output("generator")
    output.set(at=site.world.clock.now() - 1234.5678, **values)
    output.on = True


@pytest.mark.parametrize("hertz", [3.0, 1e3, 7.77e6])
@pytest.mark.parametrize(("slope", "sign"), [("rise", 1.0), ("fall", -1.0)])
def test_at_the_trigger_the_signal_crosses_the_level(
    site: Site, hertz: float, slope: str, sign: float
):
    generator(site, kind="sine", frequency=hertz, amplitude=2.0, offset=0.25)
    scope = Digitiser(site)
    taken = scope.take(Edge(source=1, level=0.5, slope=slope), 10e-3)
    assert taken is not None
    assert taken.triggered
    step = 1e-4 / hertz
    before, at, after = scope.volts(taken, 1, np.array([-step, 0.0, step]))
    assert at == pytest.approx(0.5, abs=2e-3)
    assert sign * (after - before) > 0.0


def test_either_edge_triggers_whichever_comes_first(site: Site):
    generator(site, kind="square", frequency=1e3, amplitude=2.0)
    scope = Digitiser(site)
    both = [scope.take(Edge(source=1, level=0.0, slope=each), 1e-3) for each in ("rise", "fall")]
    either = scope.take(Edge(source=1, level=0.0, slope="either"), 1e-3)
    assert either is not None
    assert either.trigger == pytest.approx(min(each.trigger for each in both if each), abs=1e-8)


def test_a_level_that_is_not_reached_triggers_nothing(site: Site):
    generator(site, kind="sine", frequency=1e3, amplitude=2.0)
    scope = Digitiser(site)
    assert scope.take(Edge(source=1, level=1.5), 1e-3) is None
    free = scope.take(None, 1e-3)
    assert free is not None
    assert not free.triggered


def test_a_signal_too_slow_for_the_screen_is_given_up(site: Site):
    generator(site, kind="sine", frequency=0.1, amplitude=2.0)
    assert Digitiser(site).take(Edge(source=1, level=0.0), 1e-3) is None
    assert Digitiser(site).take(Edge(source=1, level=0.0), 100e-3) is not None


def test_codes_are_cut_off_at_the_ends_and_say_the_same_each_time(site: Site):
    generator(site, kind="sine", frequency=1e3, amplitude=20.0)
    scope = Digitiser(site)
    taken = scope.take(None, 1e-3)
    assert taken is not None
    times = np.linspace(0.0, 1e-3, 1000)
    how = {"step": 0.04, "zero": 127, "lowest": 0, "highest": 255}
    codes = scope.codes(taken, 1, times, **how)
    assert (codes.min(), codes.max()) == (0, 255)
    assert np.array_equal(codes, scope.codes(taken, 1, times, **how))
    assert set(scope.codes(taken, 1, times, **how, coupling="GND").tolist()) <= {126, 127, 128}


def test_alternating_coupling_takes_the_middle_away(site: Site):
    generator(site, kind="sine", frequency=1e3, amplitude=2.0, offset=3.0)
    scope = Digitiser(site)
    taken = scope.take(None, 1e-3)
    assert taken is not None
    times = np.linspace(0.0, 10e-3, 10_000, endpoint=False)
    assert scope.volts(taken, 1, times, "DC").mean() == pytest.approx(3.0, abs=1e-6)
    assert scope.volts(taken, 1, times, "AC").mean() == pytest.approx(0.0, abs=1e-9)
