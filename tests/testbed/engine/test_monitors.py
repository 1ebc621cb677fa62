"""What is watched: a band left suspends or ends the run, and so does a monitor that is silent."""

import pytest

from instruments.errors import NoAnswer
from instruments.readings import Reading
from instruments.roles import Thermometer
from testbed.engine.control import Aborted
from testbed.procedure import Action, Monitor, OptionalNeeds, Procedure
from tests.testbed.engine.course import Clock, Course

MINUTE = 60.0


class Room:
    """A room whose air is told by minute; a None is a thermometer that does not answer."""

    def __init__(self, clock: Clock, *degrees: float | None) -> None:
        self.clock = clock
        self.degrees = degrees
        self.looks: list[float] = []

    def temperature(self, probe: int = 1) -> Reading:
        minute = int(self.clock.micros / 1e6 // MINUTE)
        self.looks.append(self.clock.micros / 1e6)
        value = self.degrees[min(minute, len(self.degrees) - 1)]
        if value is None:
            raise NoAnswer("nothing came back", address="COM1")
        return Reading(value=value, unit="degC")


class Recovery(Procedure):
    id, version, standard = "recovery", "1", ""
    channels = ()
    plots = ()
    room = OptionalNeeds(Thermometer)
    climate = Monitor(
        "degC",
        lambda p: p.room.temperature(),
        low=15.0,
        high=35.0,
        action=Action.SUSPEND,
        every=MINUTE,
        settle=3 * MINUTE,
        role="room",
    )


class Oven(Procedure):
    id, version, standard = "oven", "1", ""
    channels = ()
    plots = ()
    too_hot = Monitor(
        "degC",
        lambda p: p.instruments["room"].temperature(),
        high=lambda p: p.parameters["limit"],
        action=Action.END,
        every=10.0,
        phases=("step",),
    )


def recovery(*degrees: float | None) -> tuple[Course, Room]:
    clock = Clock()
    room = Room(clock, *degrees)
    return Course(Recovery({}, {"room": room}), clock), room


def oven(*degrees: float | None) -> tuple[Course, Room]:
    clock = Clock()
    room = Room(clock, *degrees)
    return Course(Oven({"limit": 80.0}, {"room": room}), clock), room


def test_a_room_out_of_its_band_suspends_and_the_run_goes_on_by_itself() -> None:
    # In the band for 5 min, out for 10, back for good.
    course, _ = recovery(*[23.0] * 5, *[36.5] * 10, 24.0)
    held: list[str] = []
    ticks: list[float] = []

    def work(run) -> None:
        run.on_pause(lambda: held.append("hold"), lambda: held.append("go on"))
        ticks.extend(run.elapsed() for _ in run.every(MINUTE, during=20 * MINUTE))

    course.phase(work)
    # Out from minute 5 to 15, and three minutes more to settle; 20 min of work take 33 min.
    assert course.clock.micros / 1e6 == pytest.approx(33 * MINUTE)
    assert len(ticks) == 21
    assert not any(5 * MINUTE < tick < 18 * MINUTE for tick in ticks)
    assert held == ["hold", "go on"]
    (alarm,) = course.sheet.texts("alarm")
    assert alarm == "climate: 36.5, accepted 15…35 degC; last in its band: 240.000 s"
    assert course.sheet.texts("back") == ["climate: 10.00 min out of its band"]
    assert course.context.attributes()["monitor_climate_out_of_band_s"] == 600.0
    (finding,) = course.context.findings()
    assert (finding.code, finding.invalidates) == ("suspended", False)
    assert finding.values == {"monitor": "climate", "times": 1, "minutes": "10.0"}


def test_a_room_that_does_not_come_back_ends_the_run_after_a_day() -> None:
    course, _ = recovery(23.0, 36.0)
    with pytest.raises(Aborted) as ended:
        course.phase(lambda run: run.sleep(3600.0))
    assert ended.value.code == "remark.monitor-stays"
    assert ended.value.values["hours"] == "24"
    assert course.clock.micros / 1e6 == pytest.approx(86_400.0 + 2 * MINUTE)


def test_a_short_return_does_not_count_as_settled() -> None:
    course, _ = recovery(36.0, 36.0, 30.0, 30.0, 36.0, 36.0, 30.0)
    course.phase(lambda run: run.sleep(MINUTE))
    # Back for good at minute 6; settled at 9; then the minute of work.
    assert course.clock.micros / 1e6 == pytest.approx(10 * MINUTE)
    assert course.context.attributes()["monitor_climate_out_of_band_s"] == 6 * MINUTE


def test_a_thermometer_that_falls_silent_suspends_like_any_other_alarm() -> None:
    course, _ = recovery(23.0, None, None, 23.0)
    course.phase(lambda run: run.sleep(2 * MINUTE))
    (alarm,) = course.sheet.texts("alarm")
    assert "cannot be read" in alarm
    assert "nothing came back" in alarm
    assert course.context.attributes()["monitor_climate_out_of_band_s"] == 2 * MINUTE


def test_who_pauses_a_suspended_run_keeps_it_after_the_room_is_back() -> None:
    course, room = recovery(36.0, 36.0, 23.0)
    suspended: list[bool] = []

    def pause(minute: float = MINUTE) -> None:
        if room.clock.micros / 1e6 >= minute and not suspended:
            suspended.append(course.steering.progress(0, course.clock.now()).suspended is not None)
            course.steering.pause_for(60 * MINUTE)

    before = room.temperature

    def temperature(probe: int = 1) -> Reading:
        pause()
        return before(probe)

    room.temperature = temperature
    course.phase(lambda run: run.sleep(MINUTE))
    assert suspended == [True]
    assert course.clock.micros / 1e6 == pytest.approx(62 * MINUTE)


@pytest.mark.parametrize(
    ("degrees", "code", "named"),
    [
        ((70.0, 70.0, 80.5), "remark.monitor-ends", {"value": "80.5", "accepted": "≤ 80 degC"}),
        ((70.0, None), "remark.monitor-unreadable", {"accepted": "≤ 80 degC"}),
        ((70.0, float("nan")), "remark.monitor-ends", {"value": "nan"}),
    ],
)
def test_too_hot_or_not_to_be_read_ends_the_run(degrees, code, named) -> None:
    course, _ = oven(*degrees)
    with pytest.raises(Aborted) as ended:
        course.phase(lambda run: run.sleep(3600.0))
    assert ended.value.code == code
    assert ended.value.values["monitor"] == "too_hot"
    assert named.items() <= ended.value.values.items()
    first = next(i for i, each in enumerate(degrees) if each is None or not each <= 80.0)
    # Seen at the first look after it happened, one period later at most.
    assert course.clock.micros / 1e6 <= first * MINUTE + 10.0


def test_a_pause_or_a_question_blinds_no_monitor() -> None:
    course, _ = oven(70.0, 90.0)
    with pytest.raises(Aborted):
        course.phase(lambda run: (course.steering.pause_for(3600.0), run.progress(0.1)))
    assert course.clock.micros / 1e6 <= 71.0
    course, _ = oven(70.0, 90.0)
    with pytest.raises(Aborted):
        course.phase(lambda run: run.ask("prompt.x"))
    assert course.clock.micros / 1e6 <= 71.0


def test_monitors_do_not_move_the_ticks_of_the_phase_and_look_in_time() -> None:
    course, room = oven(70.0)
    at: list[float] = []
    course.phase(lambda run: at.extend(run.elapsed() for _ in run.every(7.0, during=70.0)))
    assert at == pytest.approx([7.0 * tick for tick in range(11)])
    # A look that would fall into a sleep is taken before it.
    assert room.looks[0] == 0.0
    gaps = [later - look for look, later in zip(room.looks, room.looks[1:], strict=False)]
    assert 0.0 < min(gaps) <= max(gaps) <= 10.0


def test_what_a_phase_records_of_a_channel_is_a_look() -> None:
    course, room = oven(70.0)
    course.procedure.declared_monitors()["too_hot"].channel = "t"
    try:
        course.phase(lambda run: [run.record(t=70.0) for _ in run.every(10.0, during=60.0)])
        assert room.looks == [0.0]
        # Where nothing is recorded any more, the instrument is asked.
        course.phase(lambda run: run.sleep(30.0))
        assert len(room.looks) >= 3
        with pytest.raises(Aborted) as ended:
            course.phase(lambda run: run.record(t=80.5))
        assert ended.value.values["value"] == "80.5"
    finally:
        course.procedure.declared_monitors()["too_hot"].channel = ""


def test_a_reading_in_another_unit_is_an_alarm() -> None:
    course, room = oven(70.0)
    room.temperature = lambda: Reading(value=300.0, unit="K")
    with pytest.raises(Aborted) as ended:
        course.phase(lambda run: run.sleep(1.0))
    assert ended.value.values["cause"] == "read in K, declared in degC"


def test_a_bench_without_the_optional_role_is_not_watched_and_the_record_says_so() -> None:
    course = Course(Recovery({}, {}))
    assert course.procedure.room is None
    course.phase(lambda run: run.sleep(MINUTE))
    assert course.sheet.texts("monitor") == ["climate: not watched, the bench has no room"]
    assert Recovery.roles_at(("room", "other")) == ("room",)
    assert Recovery.roles_at(("other",)) == ()


def test_a_reading_that_hangs_is_given_up() -> None:
    from threading import Event

    from testbed.engine import monitors

    course, room = oven(70.0)
    hangs = Event()
    room.temperature = lambda: hangs.wait(30)
    longest, monitors._LONGEST = monitors._LONGEST, 0.05
    try:
        with pytest.raises(Aborted) as ended:
            course.phase(lambda run: run.sleep(1.0))
    finally:
        monitors._LONGEST = longest
        hangs.set()
    assert "not done within" in str(ended.value.values["cause"])
