"""Verdicts on 2,000 random chambers each, whose conformity is known in closed form.

Indifference zone: what lies nearer to a limit than sampling and noise can tell apart is not asked
for. It is stated beside each show, and how many chambers lay in it is held below a share.
"""

import numpy as np
import pytest

from testbed.domain.conformity import Outcome
from testbed.evaluation import judge
from testbed.methods.iec_60068_2_1 import Cold
from testbed.methods.iec_60068_2_14_na import RapidChange
from testbed.methods.iec_60068_2_14_nb import ChangeAtRate
from testbed.methods.iec_60068_2_78 import DampHeatSteady
from testbed.procedure import complete_parameters, method_data
from tests.testbed.evaluation.climates import LaggingRamp, Settling, record

CASES = 2000
NOISE = 0.02  # [K]


def data_of(method):
    return method_data("testbed.methods", method.id, method.version)


def outcome(method, dataset, parameters):
    found = method.evaluate(dataset, parameters, data_of(method))
    return judge(method, found, method.limits(parameters, data_of(method))), found


def rows_of(judged):
    return {row.measurand: row for row in judged[1]}


def noisy(random, values):
    return values + np.clip(random.normal(0.0, NOISE, np.shape(values)), -3 * NOISE, 3 * NOISE)


@pytest.mark.parametrize("method", [Cold, DampHeatSteady])
def test_a_dwell_is_long_enough_where_the_closed_form_is(method):
    """Zone: a dwell within three periods, or an edge within 4 sigma, of its limit."""
    random = np.random.default_rng(60068)
    data, period = data_of(method), 15.0
    stays = data["dwell"]["stays"] * 60.0
    asked, right, doubtful = 0, 0, 0
    while asked < CASES:
        answer = Settling(
            size=random.uniform(-60.0, 60.0),
            tau=random.uniform(60.0, 1500.0),
            turn=random.choice([np.inf, random.uniform(400.0, 6000.0)]),
        )
        offset = random.uniform(-2.4, 2.4)
        hours = random.uniform(1.0, 3.0)
        length = random.uniform(0.6, 1.6) * hours * 3600.0 + answer.last_outside(1.0)
        parameters = complete_parameters(method, {"duration": hours, "ramp": 0.8})
        level = parameters["temperature"]
        time = np.arange(0.0, length, period)
        deviation = answer.at(time) + offset
        # The exact deviation, on a grid twenty times as fine, decides what is true.
        fine = np.arange(0.0, time[-1] + 1e-9, period / 20.0)
        exact = np.abs(answer.at(fine) + offset)
        truths = [_proven(fine, exact <= 2.0 + side, stays) for side in (-4 * NOISE, 4 * NOISE)]
        needed, slack = hours * 3600.0, 3 * period
        if truths[0] - slack >= needed and _stays_in(exact, fine, truths[0], 2.0 - 4 * NOISE):
            truth = Outcome.PASS
        elif truths[1] + slack < needed:
            truth = Outcome.FAIL
        else:
            doubtful += 1
            continue
        asked += 1
        ramp = np.arange(-600.0, 0.0, period)
        dataset = record(
            np.concatenate((ramp, time)),
            level + noisy(random, np.concatenate((np.full(len(ramp), deviation[0]), deviation))),
            np.concatenate((np.zeros(len(ramp)), np.ones(len(time)))),
            humidity=None if method is Cold else 93.0,
        )
        judged, _ = outcome(method, dataset, parameters)
        rows = rows_of(judged)
        ends = {rows["dwell"].outcome, rows["max_deviation"].outcome}
        right += (truth is Outcome.PASS) == (ends == {Outcome.PASS})
    assert right == CASES
    assert doubtful < asked


def _proven(fine, inside, stays):
    """Length from the last entry that is stayed in, to the end; 0 where it never stays."""
    outside = np.flatnonzero(~inside)
    if not len(outside):
        return fine[-1] - fine[0]
    since = fine[min(outside[-1] + 1, len(fine) - 1)]
    long_enough = outside[-1] + 1 < len(fine) and fine[-1] - since >= stays
    return fine[-1] - since if long_enough else 0.0


def _stays_in(exact, fine, proven, band):
    return bool(np.all(exact[fine >= fine[-1] - proven] <= band))


def test_a_rate_conforms_where_the_closed_form_does():
    """Zone: a mean rate within 2 % of the nominal rate, and what noise adds, of either limit."""
    random = np.random.default_rng(14)
    assert data_of(ChangeAtRate)["rate"] == {"over": 5.0, "from": 0.1, "to": 0.9}
    asked, right, doubtful = 0, 0, 0
    while asked < CASES:
        rate = float(random.choice([1.0, 3.0, 5.0, 10.0, 15.0]))
        parameters = complete_parameters(
            ChangeAtRate, {"rate": rate, "dwell_time": 0.5, "cycles": 1.0}
        )
        # A third of the sensors lag so much that they never reach the rate in time.
        tau = random.uniform(1.0, 40.0 / rate * 60.0) if random.random() < 0.3 else 15.0
        real = rate * random.uniform(0.7, 1.3)
        ramps = (LaggingRamp(real, -65.0, tau), LaggingRamp(real, 125.0, tau))
        ends = np.array([ramp.mean_rates(300.0) for ramp in ramps])
        lowest, highest = ends.min() / rate, ends.max() / rate
        # Two readings, off by three sigma at most each, over the window of the rate.
        windows = [min(300.0, ramp.crossing(0.9) - ramp.crossing(0.1)) for ramp in ramps]
        noise = 6.0 * NOISE / (min(windows) / 60.0) / rate
        if min(abs(lowest - 0.8), abs(highest - 1.2)) < 0.02 + noise:
            doubtful += 1
            continue
        truth = lowest >= 0.8 and highest <= 1.2
        asked += 1
        dataset = _cycle(random, ramps)
        judged, _ = outcome(ChangeAtRate, dataset, parameters)
        rows = rows_of(judged)
        names = ("lowest_rate", "highest_rate")
        right += truth == all(rows[name].outcome is Outcome.PASS for name in names)
        assert rows["lowest_rate"].value == pytest.approx(lowest * rate, abs=(0.02 + noise) * rate)
    assert right == CASES
    assert doubtful < asked


def _cycle(random, ramps, period=5.0):
    """One cycle of test Nb: both ramps, each with a dwell of 0.75 h behind it."""
    times, values, segments, began, level = [], [], [], 0.0, 25.0
    for number, ramp in enumerate(ramps):
        length = ramp.seconds + 6.0 * ramp.tau + 2700.0
        time = np.arange(0.0, length, period)
        times.append(began + time)
        values.append(level + ramp.at(time))
        segments.append(np.where(time <= ramp.seconds, 2.0 * number, 2.0 * number + 1.0))
        began, level = began + length, level + ramp.change
    return record(
        np.concatenate(times), noisy(random, np.concatenate(values)), np.concatenate(segments)
    )


def test_a_transfer_conforms_where_the_closed_form_does():
    """Zone: a time within three periods of its limit."""
    random = np.random.default_rng(2014)
    period, asked, right, doubtful = 5.0, 0, 0, 0
    while asked < CASES:
        hours = random.uniform(0.3, 1.0)
        parameters = complete_parameters(RapidChange, {"exposure_time": hours, "cycles": 1.0})
        away = random.uniform(0.0, 260.0)  # [s] that the specimen is carried
        tau = random.uniform(5.0, 90.0)
        lasts = random.uniform(0.9, 1.2) * hours * 3600.0
        # The air goes from -40 to 85 degC: half of it, and the last 2 K, by the logarithm.
        transfer = away + tau * np.log(2.0)
        recovery = tau * (np.log(125.0 / 2.0) - np.log(2.0))
        exposure = lasts - tau * np.log(2.0)
        margins = (180.0 - transfer, 360.0 * hours - recovery, exposure - 3600.0 * hours)
        if min(abs(each) for each in margins) < 3 * period:
            doubtful += 1
            continue
        truth = min(margins) > 0.0
        asked += 1
        first = np.arange(0.0, 3600.0 * hours + 60.0, period)
        moved = np.arange(0.0, away + lasts, period)
        value = np.where(
            moved < away, -40.0, 85.0 - 125.0 * np.exp(-np.maximum(moved - away, 0.0) / tau)
        )
        over = np.where(moved <= transfer, 2.0, 3.0)
        dataset = record(
            np.concatenate((first, first[-1] + moved)),
            noisy(random, np.concatenate((np.full(len(first), -40.0), value))),
            np.concatenate((np.ones(len(first)), over)),
        )
        judged, _ = outcome(RapidChange, dataset, parameters)
        rows = rows_of(judged)
        right += truth == (rows["passed_cycles"].outcome is Outcome.PASS)
        limited = [row for row in judged[1] if row.limit is not None]
        assert truth == all(row.outcome is Outcome.PASS for row in limited)
    assert right == CASES
    assert doubtful < asked


@pytest.mark.parametrize("method", [Cold, DampHeatSteady])
def test_a_gap_of_one_period_more_than_allowed_is_never_counted(method):
    random = np.random.default_rng(3)
    data = data_of(method)
    period, allowed = data["sampling"]["period"], int(data["sampling"]["gap"])
    parameters = complete_parameters(method, {"duration": 2.0})
    for _ in range(300):
        time = np.arange(0.0, 7200.0 + 60.0 * period, period)
        at = int(random.integers(50, len(time) - 50))
        for missing, counted in ((allowed - 1, True), (allowed, False)):
            keep = np.ones(len(time), dtype=bool)
            keep[at : at + missing] = False
            dataset = record(
                time[keep],
                parameters["temperature"],
                1.0,
                humidity=None if method is Cold else 93.0,
            )
            found = method.evaluate(dataset, parameters, data)
            lost = 0.0 if counted else (missing + 1) * period
            proven = found.values["dwell"].value * 3600.0
            assert proven == pytest.approx(time[-1] - lost, abs=1e-6)
            named = [each for each in found.findings if each.code == "unproven-gap"]
            assert len(named) == (0 if counted else 1)
            if named:
                assert named[0].values["longest"] == pytest.approx((missing + 1) * period)
                assert named[0].values["at"] == pytest.approx(time[at - 1] / 3600.0)
