"""Time as a phase sees it: absolute, with lateness on record, and without the pauses."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from testbed.engine.context import PhaseTooLong
from tests.testbed.engine.course import Clock, Course

MICRO = 1e-6
periods = st.sampled_from([0.02, 0.1, 0.25, 1.0, 60.0])
shares = st.lists(st.floats(0.0, 0.95), min_size=1, max_size=30)
lengths = st.floats(0.01, 100.0)


@given(period=periods, busy=shares, pause=lengths, at=st.integers(0, 29))
def test_ticks_keep_their_place_whatever_the_work_between_them_and_a_pause(
    period: float, busy: list[float], pause: float, at: int
) -> None:
    course = Course()
    ticks: list[tuple[int, float]] = []

    def work(run) -> None:
        paused = 0.0
        for tick in run.every(period, during=period * len(busy)):
            ticks.append((tick, run.elapsed() - paused))
            if tick == len(busy):
                break
            course.clock.sleep(busy[tick] * period)
            if tick == at:
                began = run.elapsed()
                course.steering.pause_for(pause)
                run.progress(0.5)
                paused += run.elapsed() - began

    course.phase(work)
    assert [tick for tick, _ in ticks] == list(range(len(busy) + 1))
    for tick, active in ticks:
        assert active == pytest.approx(tick * period, abs=4 * MICRO)
    assert course.sheet.texts("late") == []
    assert course.context.attributes()["ticks_missed"] == 0


@given(period=periods, busy=st.lists(st.floats(0.0, 5.0), min_size=1, max_size=30))
def test_what_came_late_is_on_record_and_nothing_is_made_up_for(
    period: float, busy: list[float]
) -> None:
    course = Course()
    last = len(busy)
    ticks: list[int] = []

    def work(run) -> None:
        for tick in run.every(period, during=period * last):
            ticks.append(tick)
            if tick < last:
                late = run.elapsed() - tick * period
                assert -MICRO <= late < period + MICRO
                course.clock.sleep(busy[tick] * period)

    course.phase(work)
    assert ticks[0] == 0
    assert ticks == sorted(set(ticks))
    assert ticks[-1] == last, "the end is sampled, however late"
    missed = sum(int(text.split()[0]) for text in course.sheet.texts("late"))
    assert missed == last + 1 - len(ticks)
    sums = course.context.attributes()
    assert (sums["ticks"], sums["ticks_missed"]) == (len(ticks), missed)
    told = [float(re.search(r"([\d.]+) s$", t)[1]) for t in course.sheet.texts("late")]
    if told:
        assert max(told) == pytest.approx(sums["latest_tick_s"], abs=1e-3)


@given(steps=st.integers(1, 1000), period=st.sampled_from([0.1, 0.3, 0.7, 1.1]))
def test_the_last_tick_is_not_lost_to_rounding(steps: int, period: float) -> None:
    course = Course()
    ticks: list[int] = []
    course.phase(lambda run: ticks.extend(run.every(period, during=period * steps)))
    assert len(ticks) == steps + 1


@given(limit=st.floats(1.0, 100.0), pauses=st.lists(lengths, max_size=3), share=st.floats(0.1, 2))
def test_a_phase_is_ended_by_its_own_time_alone(
    limit: float, pauses: list[float], share: float
) -> None:
    course = Course()

    def work(run) -> None:
        for pause in pauses:
            course.steering.pause_for(pause)
            run.progress(0.1)
        run.sleep(share * limit)

    # A pause of an earlier phase is no gift to the next one.
    course.phase(lambda run: (course.steering.pause_for(50.0), run.progress(0.0)))
    if share > 1.0 + 1e-5:
        with pytest.raises(PhaseTooLong) as ended:
            course.phase(work, limit)
        assert ended.value.limit == limit
    elif share < 1.0 - 1e-5:
        course.phase(work, limit)


@given(pause=lengths)
def test_waiting_for_a_condition_does_not_lose_its_patience_in_a_pause(pause: float) -> None:
    course = Course()

    def work(run) -> None:
        course.steering.pause_for(pause)
        with pytest.raises(TimeoutError):
            run.wait_until(lambda: False, within=10.0)
        assert run.elapsed() == pytest.approx(10.0 + pause, abs=1e-3)

    course.phase(work)


def test_a_sleep_in_slices_looks_at_the_commands_ten_times_a_second() -> None:
    course = Course(clock=Clock(factor=1.0))
    before = len(course.sheet.events)

    def work(run) -> None:
        course.steering.pause_for(5.0)
        run.sleep(1.0)
        assert run.elapsed() == pytest.approx(6.0, abs=1e-3)

    course.phase(work)
    assert [kind for _, kind, _ in course.sheet.events[before:]] == ["phase", "pause", "resume"]
