"""What a bench worker asks of the centre, on both databases."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from threading import Barrier

import pytest

import runs
from testbed.domain.objections import Refused
from testbed.engine.ports import BenchState, Command, CommandKind, Ending, Prompt, PromptKind
from testbed.services.commands import BookingKind, StartRun
from tests.testbed.centres import ENGINES, METHOD, Centre, open_centre, progress, result


@pytest.fixture(params=ENGINES)
def centre(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Centre]:
    with open_centre(tmp_path, request.param) as opened:
        yield opened


def test_the_whole_life_of_a_run_through_the_port(centre: Centre) -> None:
    port, queries = centre.testbed.centre, centre.testbed.queries
    engineer = centre.who("engineer")
    assert port.claim("utm-1") is None
    number = centre.start(centre.book())

    assert port.claim("utm-2") is None
    assignment = centre.claim()
    assert assignment.run == number
    assert assignment.parameters["s0"] == 33.93
    assert assignment.facts["specimen"] == centre.specimens["alpha"]
    assert assignment.facts["frame_equipment"] == "EQ-001"
    assert assignment.facts["frame_certificate"] == "KC-2026-0311"
    assert assignment.lease_ends == centre.clock.now() + timedelta(hours=2)
    assert port.claim("utm-1") is None
    assert [lost.run for lost in port.lost_runs("utm-1")] == [number]

    mounted = Prompt(number=1, code="prompt.iso-6892-1.mount", kind=PromptKind.TEXT)
    port.beat(number, progress(prompt=mounted))
    assert centre.testbed.execution.pause(engineer, number)
    assert centre.testbed.execution.resume(engineer, number)
    assert centre.testbed.execution.answer(engineer, number, 1, "mounted")
    commands = port.beat(number, progress(rows=12))
    assert [each.kind for each in commands] == [
        CommandKind.PAUSE,
        CommandKind.RESUME,
        CommandKind.ANSWER,
    ]
    assert commands[-1].text == "mounted"
    assert port.beat(number, progress(rows=13, paused=True)) == ()
    live = queries.live_one(engineer, number)
    assert live is not None
    assert (live.rows, live.paused, live.row.state) == (13, True, "paused")

    centre.record(assignment)
    centre.finish(assignment)
    centre.finish(assignment, Ending.ERROR)  # a second report of the end changes nothing
    detail = queries.run(engineer, number)
    assert detail is not None
    assert detail.row.ending is Ending.COMPLETED
    assert detail.row.review == "waiting"
    assert detail.file_hash == runs.file_digest(assignment.file)
    assert detail.judgements == result(centre.clock.now()).judgements
    assert detail.findings == result(centre.clock.now()).findings
    assert detail.constructions == result(centre.clock.now()).constructions
    assert port.lost_runs("utm-1") == ()
    assert queries.live(engineer) == ()
    transitions = [row.transition for row in queries.audit(engineer, number)]
    assert transitions == ["queue", "claim", "pause", "resume", "answer", "end", "submit"]


def test_of_many_workers_that_claim_at_once_one_gets_the_run(centre: Centre) -> None:
    port = centre.testbed.centre
    for _ in range(8):
        centre.ready()
        number = centre.start(centre.book())
        together = Barrier(6)

        def claim(together: Barrier = together) -> str | None:
            together.wait()
            assignment = port.claim("utm-1")
            return None if assignment is None else assignment.run

        with ThreadPoolExecutor(6) as pool:
            claimed = [future.result() for future in [pool.submit(claim) for _ in range(6)]]
        assert [run for run in claimed if run] == [number]
        port.finished(number, result(centre.clock.now()))
        centre.clock.sleep(3 * 3600)


def test_each_command_is_handed_out_exactly_once(centre: Centre) -> None:
    number = centre.start(centre.book())
    centre.claim()
    engineer = centre.who("engineer")

    def tell(prompt: int) -> None:
        command = Command(kind=CommandKind.ANSWER, prompt=prompt)
        with centre.testbed.execution._store.change(centre.clock.now()) as change:
            run = change.run(engineer, number)
            assert run is not None
            change.tell(run.id, command)
            change.commit()

    received: list[int] = []
    with ThreadPoolExecutor(3) as pool:
        told = [pool.submit(tell, prompt) for prompt in range(30)]
        while not all(each.done() for each in told):
            received += [c.prompt for c in centre.testbed.centre.beat(number, progress())]
        received += [c.prompt for c in centre.testbed.centre.beat(number, progress())]
    assert sorted(received) == list(range(30))


def test_two_who_start_at_once_on_one_bench_do_not_both_succeed(centre: Centre) -> None:
    booking = centre.book()
    together = Barrier(4)

    def start() -> bool:
        together.wait()
        try:
            centre.start(booking)
        except AssertionError:
            return False
        return True

    with ThreadPoolExecutor(4) as pool:
        started = [future.result() for future in [pool.submit(start) for _ in range(4)]]
    assert sum(started) == 1


def test_a_run_that_waited_longer_than_its_booking_is_withdrawn(centre: Centre) -> None:
    number = centre.start(centre.book())
    centre.clock.sleep(2 * 3600)
    assert centre.testbed.centre.claim("utm-1") is None
    detail = centre.testbed.queries.run(centre.who("engineer"), number)
    assert detail is not None
    assert (detail.row.state, detail.row.ending) == ("ended", Ending.ABORTED)


def test_a_bench_that_ended_unsafe_takes_no_run_until_a_person_cleared_it(centre: Centre) -> None:
    execution, port = centre.testbed.execution, centre.testbed.centre
    engineer = centre.who("engineer")
    centre.start(centre.book())
    centre.finish(centre.claim(), Ending.ERROR, safe=False)

    centre.ready()  # the sign of life of the next worker does not take the mark away
    assert not centre.testbed.queries.health().ok
    assert isinstance(execution.clear_bench(engineer, "utm-1", " "), Refused)
    assert isinstance(execution.clear_bench(centre.who("alpha"), "utm-1", "looked"), Refused)
    assert not isinstance(execution.clear_bench(engineer, "utm-1", "looked at it"), Refused)
    assert isinstance(execution.clear_bench(engineer, "utm-1", "again"), Refused)

    # Words do not make it safe: nothing is claimed before it was read back once more.
    port.bench_is("utm-1", BenchState.READY)
    assert port.is_cleared("utm-1")
    assert not centre.testbed.queries.health().ok
    port.proven("utm-1")
    assert centre.testbed.queries.health().ok
    rows = centre.testbed.queries.audit(centre.who("office"), "utm-1")
    assert [row.transition for row in rows] == ["unsafe", "clear", "prove"]
    centre.clock.sleep(3 * 3600)
    centre.ready()
    number = centre.start(centre.book())
    assert centre.claim().run == number


def test_a_proof_alone_does_not_clear_an_unsafe_bench(centre: Centre) -> None:
    port = centre.testbed.centre
    port.bench_is("utm-1", BenchState.UNSAFE, "frame: no answer")
    port.proven("utm-1")
    assert port.claim("utm-1") is None
    assert centre.testbed.queries.health().parts["bench utm-1"] == "unsafe"


def test_the_refusal_names_the_first_cause_to_the_centre_alone(centre: Centre) -> None:
    port = centre.testbed.centre
    port.bench_is("utm-1", BenchState.UNSAFE, "frame: no answer")
    port.bench_is("utm-1", BenchState.UNSAFE, "frame: something later")
    booking = centre.book(kind=BookingKind.DIRECT)
    told = {}
    for login in ("engineer", "alpha"):
        command = StartRun(booking=booking, method=METHOD, parameters={"s0": 10.0})
        answer = centre.testbed.execution.start(centre.who(login), command)
        assert isinstance(answer, Refused)
        told[login] = {each.code: dict(each.values) for each in answer.objections}
    assert told["engineer"]["run-bench-unsafe"]["cause"] == "frame: no answer"
    assert told["alpha"]["run-bench-closed"] == {"bench": "utm-1"}


def test_health_knows_every_bench(centre: Centre) -> None:
    queries = centre.testbed.queries
    assert queries.health().ok
    centre.testbed.centre.bench_is("utm-2", BenchState.OFFLINE)
    health = queries.health()
    assert not health.ok
    assert health.parts["bench utm-2"] == "offline"
    centre.ready()
    centre.clock.sleep(30)
    assert not queries.health().ok
    centre.ready()
    centre.testbed.centre.bench_is("utm-1", BenchState.RUNNING, "R-2026-00001")
    assert queries.health().ok
    centre.testbed.centre.bench_is("utm-1", BenchState.UNSAFE, "load: no answer")
    assert queries.health().parts["bench utm-1"] == "unsafe"


def test_a_lost_run_keeps_its_name_and_is_not_carried_out_again(centre: Centre) -> None:
    number = centre.start(centre.book())
    assignment = centre.claim()
    (lost,) = centre.testbed.centre.lost_runs("utm-1")
    assert lost == assignment
    centre.finish(lost, Ending.INTERRUPTED)
    assert centre.testbed.centre.claim("utm-1") is None
    detail = centre.testbed.queries.run(centre.who("engineer"), number)
    assert detail is not None
    assert detail.row.ending is Ending.INTERRUPTED
    assert detail.row.review == "none"
