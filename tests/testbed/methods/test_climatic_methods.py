"""The climatic methods from the first phase to the verdict: in memory, and by sockets.

Each is carried out by the engine on the simulated training benches, in virtual time.
"""

from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from instruments.readings import Reading
from testbed.adapters.methods import installed_methods
from testbed.domain.conformity import Outcome
from testbed.engine.ports import Ending
from testbed.engine.segments import all_parts, joined
from testbed.evaluation import judge
from testbed.methods.iec_60068_2_1 import Cold
from testbed.methods.iec_60068_2_14_na import RapidChange
from testbed.methods.iec_60068_2_14_nb import ChangeAtRate
from testbed.methods.iec_60068_2_30 import DampHeatCyclic
from testbed.methods.iec_60068_2_78 import DampHeatSteady
from testbed.procedure import complete_parameters, method_data
from testbed.procedure.climate import PLACES, SegmentKind
from tests.testbed.engine.stage import stage
from tests.testbed.methods.bench import Chamber, Clock, Device, carry_out

# Two hours, three minutes for their uncertainty (method data) and one period of 15 s [h].
HELD = 2.0 + 195.0 / 3600.0
METHODS = (Cold, RapidChange, ChangeAtRate, DampHeatCyclic, DampHeatSteady)


class Logger(Device):
    """Ten thermocouples at the specimen and around it, and a hygrometer."""

    def __init__(self, clock, chamber, specimen=None):
        super().__init__(clock)
        self.chamber = chamber
        self.specimen = specimen or (lambda: chamber.specimen)

    def thermocouples(self, *channels, kind="K"):
        assert kind == "K"
        air = self.chamber.air
        values = [self.specimen(), *(air + 0.1 * place for place in range(PLACES))]
        return tuple(Reading(value=values[n - 101], unit="degC") for n in channels)

    def dc_voltages(self, *channels):
        assert channels == (111,)
        return (Reading(value=0.01 * self.chamber.moist, unit="V"),)


class Moist(Chamber):
    """Its humidity follows within three minutes."""

    def __init__(self, clock, **given):
        super().__init__(clock, **given)
        self.moist, self.wanted = 45.0, 45.0

    def flow(self, seconds):
        super().flow(seconds)
        self.moist += (self.wanted - self.moist) * (1.0 - np.exp(-seconds / 180.0))

    def set_humidity(self, percent):
        self.wanted = percent

    def humidity(self):
        return Reading(value=self.moist, unit="%")


def set_up(method, clock, *, specimen=None, reaches=np.inf, **given):
    chamber = Moist(clock, reaches=reaches)
    role = "shock_chamber" if method is RapidChange else "chamber"
    instruments = {role: chamber, "logger": Logger(clock, chamber, specimen)}
    return method(complete_parameters(method, given), instruments), chamber


def verdict(procedure, dataset):
    method = type(procedure)
    data = method_data("testbed.methods", method.id, method.version)
    found = method.evaluate(dataset, procedure.parameters, data)
    outcome, rows = judge(method, found, method.limits(procedure.parameters, data))
    return outcome, {row.measurand: row for row in rows}, found


def test_cold_is_held_as_long_as_it_is_asked_for():
    clock = Clock()
    procedure, chamber = set_up(Cold, clock, duration=2.0)
    run = carry_out(procedure, clock)
    outcome, rows, found = verdict(procedure, run.dataset())
    assert outcome is Outcome.PASS
    assert rows["dwell"].value == pytest.approx(HELD, abs=1e-3)
    assert rows["uniformity"].value == pytest.approx(0.8)
    assert rows["gradient"].value == pytest.approx(0.8)
    assert not found.findings
    assert not chamber.on
    assert chamber.safe == 1


def test_a_pause_in_the_dwell_is_made_up_for_and_named():
    clock = Clock()
    procedure, _ = set_up(Cold, clock, duration=2.0)
    run = carry_out(procedure, clock, pause_at=(3.0 * 3600.0, 900.0))
    outcome, rows, found = verdict(procedure, run.dataset())
    assert outcome is Outcome.PASS
    assert rows["dwell"].value >= 2.0
    (gap,) = found.findings
    assert gap.code == "unproven-gap"
    assert gap.values["longest"] >= 900.0
    assert gap.values["at"] == pytest.approx(3.0, abs=0.01)


def test_a_pause_on_the_ramp_leaves_its_rate_unproven():
    clock = Clock()
    procedure, _ = set_up(Cold, clock, duration=2.0)
    run = carry_out(procedure, clock, pause_at=(600.0, 1200.0))
    outcome, rows, found = verdict(procedure, run.dataset())
    assert outcome is Outcome.FAIL
    assert rows["max_ramp"].reason == "reason.ramp-unproven"
    assert "ramp-gap" in [each.code for each in found.findings]
    assert np.abs(np.diff(run.dataset()["set_point"])).max() < 0.6


def test_an_excursion_begins_the_dwell_anew():
    clock = Clock()
    warmed = (3.0 * 3600.0, 3.0 * 3600.0 + 120.0)
    procedure, chamber = set_up(Cold, clock, duration=2.0)
    procedure.instruments["logger"].specimen = lambda: (
        chamber.specimen + (4.0 if warmed[0] <= clock.now < warmed[1] else 0.0)
    )
    run = carry_out(procedure, clock)
    outcome, rows, _ = verdict(procedure, run.dataset())
    assert outcome is Outcome.PASS
    assert rows["dwell"].value == pytest.approx(HELD, abs=1e-3)
    ends = run.dataset()["time"].to_numpy()[run.dataset()["segment"].to_numpy() == 1.0][-1]
    assert ends == pytest.approx(warmed[1] + 3600.0 * HELD, abs=30.0)


def test_a_specimen_that_never_gets_cold_ends_the_run_though_the_air_is():
    clock = Clock()
    procedure, chamber = set_up(Cold, clock, duration=2.0, specimen=lambda: -30.0)
    with pytest.raises(TimeoutError):
        carry_out(procedure, clock)
    assert chamber.safe == 1
    assert not chamber.on


def test_an_interrupted_dwell_goes_on_from_what_was_proven():
    clock = Clock()
    procedure, _ = set_up(Cold, clock, duration=4.0)
    before = carry_out(procedure, clock).dataset()
    at = before["segment"].to_numpy()
    kept = np.flatnonzero(at == 1.0)[:480]  # the first two hours of it
    earlier = before.isel(time=slice(0, int(kept[-1]) + 1))
    proven = procedure._proven_before(type("Run", (), {"earlier": earlier})(), 1)
    _, rows, _ = verdict(procedure, earlier)
    assert proven == pytest.approx(rows["dwell"].value * 3600.0)
    assert 1.5 * 3600.0 < proven < 2.0 * 3600.0
    assert Cold.resumes_at == DampHeatSteady.resumes_at == "approach"
    assert {m.resumes_at for m in (RapidChange, ChangeAtRate, DampHeatCyclic)} == {""}


def test_a_chamber_too_lazy_for_a_rapid_change_completes_and_fails():
    clock = Clock()
    procedure, chamber = set_up(RapidChange, clock, exposure_time=0.5, cycles=1.0)
    outcome, rows, _ = verdict(procedure, carry_out(procedure, clock).dataset())
    assert outcome is Outcome.FAIL
    assert rows["longest_transfer"].value > 3.0
    assert rows["passed_cycles"].value == 0.0
    assert chamber.safe == 1


def test_a_rate_that_the_specimen_does_not_follow_fails():
    clock = Clock()
    procedure, _ = set_up(ChangeAtRate, clock, rate=10.0, dwell_time=0.5, cycles=1.0)
    outcome, rows, _ = verdict(procedure, carry_out(procedure, clock).dataset())
    assert outcome is Outcome.FAIL
    assert rows["lowest_rate"].value < 8.0
    assert rows["dwell"].outcome is Outcome.PASS


def test_too_dry_a_cycle_is_not_counted():
    clock = Clock()
    procedure, chamber = set_up(DampHeatCyclic, clock, cycles=1.0)
    chamber.set_humidity = lambda percent: setattr(chamber, "wanted", min(percent, 94.0))
    outcome, rows, _ = verdict(procedure, carry_out(procedure, clock).dataset())
    assert outcome is Outcome.FAIL
    assert rows["passed_cycles"].value == 0.0
    assert rows["humidity_margin"].value == pytest.approx(-1.0, abs=0.1)
    assert rows["longest_rise"].outcome is Outcome.PASS


@pytest.mark.parametrize("method", METHODS, ids=lambda each: each.id)
def test_a_programme_is_whole_and_its_guides_lie_about_its_levels(method):
    parameters = complete_parameters(method, {})
    data = method_data("testbed.methods", method.id, method.version)
    programme = method.programme(parameters, data)
    for before, after in pairwise(programme):
        assert after.start is None or after.start == pytest.approx(before.temperature)
    levels = {each.temperature for each in programme if each.kind is SegmentKind.DWELL}
    guided = {guide.value for guide in method.guides(parameters)
              if guide.channel == "monitor_temperature"}  # fmt: skip
    assert all(any(abs(value - level) <= 3.0 for level in levels) for value in guided)
    assert {guide.channel for guide in method.guides(parameters)} <= {
        channel.name for channel in method.channels
    }
    assert method is installed_methods()[method.id]


ENGINE = {
    "iec-60068-2-1": ("climate-2", {"duration": 2.0}),
    "iec-60068-2-14-na": ("shock-1", {"cycles": 2.0}),
    "iec-60068-2-14-nb": ("climate-2", {"cycles": 1.0, "dwell_time": 0.5}),
    "iec-60068-2-30": ("climate-2", {"cycles": 1.0}),
    "iec-60068-2-78": ("climate-2", {"duration": 12.0}),
}


@pytest.mark.parametrize("name", ENGINE)
def test_a_method_passes_on_its_simulated_bench(name: str, tmp_path: Path):
    bench_name, given = ENGINE[name]
    file = tmp_path / "run.h5"
    with stage(bench_name, tmp_path) as bench:
        result = bench.run(file, name, given)
        outputs = bench.outputs()
    assert (result.ending, result.outcome) == (Ending.COMPLETED, "pass"), result
    # One cycle is enough to see; the standard prefers more.
    assert {each.code for each in result.findings} <= {"cycles-not-preferred"}
    assert not any(outputs.values())
    method = installed_methods()[name]
    parameters = complete_parameters(method, given)
    dataset = joined(all_parts([file]))
    assert {f"space_{n}" for n in range(1, 10)} <= set(dataset)
    data = method_data("testbed.methods", name, method.version)
    found = method.evaluate(dataset, parameters, data)
    assert method.evaluate(dataset, parameters, data) == found
    # The simulated chamber: 0.8 K over 100 K between the outermost places, 0.15 K of swing.
    assert 0.0 < found.values["uniformity"].value < 1.0
    assert 0.0 < found.values["fluctuation"].value < 0.8
    assert abs(found.values["mean_deviation"].value) < 0.1


def test_a_cold_run_that_is_aborted_leaves_all_off(tmp_path: Path):
    with stage("climate-2", tmp_path) as bench:
        # Two hours from now the scanner reads half as much again as there is.
        bench.control.ask(
            "fault", role="logger", fault="drift", size=0.5, count=1_000_000, after=7200.0
        )
        result = bench.run(tmp_path / "far.h5", "iec-60068-2-1", {"duration": 16.0})
        outputs = bench.outputs()
    assert result.ending is Ending.ABORTED, result
    assert result.remark is not None
    assert result.remark.values["monitor"] == "specimen_in_danger"
    assert result.safe
    assert not any(outputs.values())
