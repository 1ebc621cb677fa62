"""Stopping after a phase, and repetitions that were declared."""

import pytest

from instruments.errors import BadAnswer, NoAnswer
from testbed.engine.control import Aborted
from testbed.engine.ports import Command, CommandKind
from tests.testbed.engine.course import Course


def test_a_run_told_to_stop_ends_where_the_next_phase_would_begin() -> None:
    course = Course()
    done: list[str] = []

    def work(run) -> None:
        for by in ("kim", "lee"):
            course.steering.take(Command(kind=CommandKind.STOP_AFTER_PHASE, by=by))
        run.sleep(60.0)
        done.append("to its end")

    course.phase(work)
    assert done == ["to its end"]
    assert course.steering.progress(0, course.clock.now()).stopping
    with pytest.raises(Aborted) as ended:
        course.phase(lambda run: done.append("not begun"))
    assert ended.value.code == "remark.stopped-after-phase"
    assert ended.value.values == {"phase": "step", "by": "kim"}
    assert done == ["to its end"]
    assert course.sheet.texts("stop") == ["after step, by kim"]


def test_who_stops_before_the_first_phase_gets_the_first_phase() -> None:
    course = Course()
    course.steering.stop_after_phase("kim")
    course.phase(lambda run: run.sleep(1.0))
    with pytest.raises(Aborted):
        course.phase(lambda run: run.sleep(1.0))


def failing(course: Course, times: int, error: type[Exception] = NoAnswer):
    tried: list[float] = []

    def read() -> float:
        tried.append(course.context.elapsed())
        if len(tried) <= times:
            raise error("nothing came back")
        return 4.2

    return tried, read


def test_a_declared_repetition_is_counted_and_on_record() -> None:
    course = Course()
    tried, read = failing(course, 2)
    got: list[float] = []
    course.phase(
        lambda run: got.append(run.retry("read the cell", read, times=3, on=(NoAnswer,), after=5.0))
    )
    assert got == [4.2]
    assert tried == [0.0, 5.0, 10.0]
    assert [text.partition(" after")[0] for text in course.sheet.texts("retry")] == [
        "read the cell: 1 of 3",
        "read the cell: 2 of 3",
    ]
    (finding,) = course.context.findings()
    assert finding.code == "retried"
    assert finding.values == {"what": "read the cell", "times": 2}


def test_what_fails_more_often_than_declared_fails() -> None:
    course = Course()
    tried, read = failing(course, 3)
    with pytest.raises(NoAnswer):
        course.phase(lambda run: run.retry("read", read, times=2, on=(NoAnswer,)))
    assert len(tried) == 3


def test_another_error_than_declared_is_not_tried_again() -> None:
    course = Course()
    tried, read = failing(course, 1, BadAnswer)
    with pytest.raises(BadAnswer):
        course.phase(lambda run: run.retry("read", read, times=2, on=(NoAnswer,)))
    assert len(tried) == 1


def test_an_abort_is_never_an_error_to_be_repeated() -> None:
    course = Course()
    tried: list[int] = []

    def work(run) -> None:
        def action() -> None:
            tried.append(1)
            course.steering.abort(Aborted("remark.aborted", by="kim"))
            run.progress(0.5)

        run.retry("read", action, times=5, on=(Exception,))

    with pytest.raises(Aborted):
        course.phase(work)
    assert tried == [1]


def test_a_phase_is_repeated_as_often_as_it_declares_and_not_without() -> None:
    for retries, on, tries in ((2, (NoAnswer,), 2), (0, (), 1), (2, (BadAnswer,), 1)):
        course = Course()
        tried, read = failing(course, 1)

        if tries == 2:
            course.phase(lambda run, read=read: read(), retries=retries, on=on)
        else:
            with pytest.raises(NoAnswer):
                course.phase(lambda run, read=read: read(), retries=retries, on=on)
        assert len(tried) == tries
        assert len(course.sheet.texts("retry")) == tries - 1
