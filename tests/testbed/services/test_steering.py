"""What people tell a running run: judged before it is handed to the bench."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from testbed.domain.objections import Refused
from testbed.engine.ports import CommandKind, Ending, Prompt, PromptKind
from testbed.procedure import Note
from tests.testbed.centres import Centre, open_centre, progress

SUSPENDED = Note(
    "remark.monitor-suspends", {"monitor": "room", "accepted": "15…35 degC", "settle": 600.0}
)
WIDTH = Prompt(number=3, code="prompt.x", kind=PromptKind.NUMBER, unit="mm", low=10.0, high=50.0)


@pytest.fixture
def centre(tmp_path: Path) -> Iterator[Centre]:
    with open_centre(tmp_path) as opened:
        yield opened


def codes(answer: object) -> list[str]:
    return [each.code for each in answer.objections] if isinstance(answer, Refused) else []


def test_an_answer_is_judged_by_the_question_that_is_open(centre: Centre) -> None:
    execution, port = centre.testbed.execution, centre.testbed.centre
    number, engineer = centre.start(centre.book()), centre.who("engineer")
    centre.claim()
    assert codes(execution.answer(engineer, number, 3, "12")) == ["prompt-not-open"]
    port.beat(number, progress(prompt=WIDTH))
    assert codes(execution.answer(engineer, number, 2, "12")) == ["prompt-not-open"]
    refused = execution.answer(engineer, number, 3, "12 kg")
    assert codes(refused) == ["answer-unit"]
    assert refused.objections[0].values["accepted"] == "10…50 mm"
    assert codes(execution.answer(engineer, number, 3, "9")) == ["answer-out-of-range"]
    assert port.beat(number, progress(prompt=WIDTH)) == ()
    assert codes(execution.answer(engineer, number, 3, "1.2 cm")) == []
    (command,) = port.beat(number, progress(prompt=WIDTH))
    assert (command.kind, command.text, command.by) == (CommandKind.ANSWER, "1.2 cm", "engineer")
    live = centre.testbed.queries.live_one(engineer, number)
    assert live is not None
    assert live.prompt == WIDTH


def test_a_suspended_run_stands_and_is_not_talked_into_going_on(centre: Centre) -> None:
    execution, port = centre.testbed.execution, centre.testbed.centre
    number, engineer = centre.start(centre.book()), centre.who("engineer")
    centre.claim()
    port.beat(number, progress(suspended=SUSPENDED))
    live = centre.testbed.queries.live_one(engineer, number)
    assert live is not None
    assert (live.row.state, live.paused, live.suspended) == ("paused", False, SUSPENDED)
    assert codes(execution.resume(engineer, number)) == ["run-suspended"]
    port.beat(number, progress(suspended=SUSPENDED, paused=True))
    assert codes(execution.resume(engineer, number)) == []
    port.beat(number, progress())
    live = centre.testbed.queries.live_one(engineer, number)
    assert live is not None
    assert (live.row.state, live.suspended) == ("running", None)


def test_stopping_reaches_the_bench_and_withdraws_what_has_not_begun(centre: Centre) -> None:
    execution, port = centre.testbed.execution, centre.testbed.centre
    number, engineer = centre.start(centre.book()), centre.who("engineer")
    assert codes(execution.stop_after_phase(centre.who("alpha"), number)) == ["run-needs-engineer"]
    assert codes(execution.stop_after_phase(engineer, number)) == []
    detail = centre.testbed.queries.run(engineer, number)
    assert detail is not None
    assert (detail.row.state, detail.row.ending) == ("ended", Ending.ABORTED)
    assert codes(execution.stop_after_phase(engineer, number)) == ["run-ended"]

    centre.clock.sleep(3 * 3600)
    centre.ready()
    number = centre.start(centre.book())
    centre.claim()
    assert codes(execution.stop_after_phase(engineer, number)) == []
    (command,) = port.beat(number, progress())
    assert (command.kind, command.by) == (CommandKind.STOP_AFTER_PHASE, "engineer")
    transitions = [row.transition for row in centre.testbed.queries.audit(engineer, number)]
    assert transitions == ["queue", "claim", "stop-after-phase"]
