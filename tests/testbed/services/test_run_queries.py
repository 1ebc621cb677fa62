"""What people read of runs: their own, when they may, and nothing of anybody else's."""

from collections.abc import Iterator
from pathlib import Path
from unicodedata import normalize

import pytest

from testbed.domain.people import Actor
from testbed.engine.ports import BenchState, Ending
from testbed.services.commands import BookingKind
from testbed.services.looking import Seen, View
from testbed.services.records import WRITERS
from tests.testbed.centres import Centre, open_centre, progress

FORMATS = tuple(WRITERS)
SECRETS = ("Beta", "베타", "Secret", "S-2026", "R-2026")


@pytest.fixture
def centre(tmp_path: Path) -> Iterator[Centre]:
    with open_centre(tmp_path) as opened:
        yield opened


def seen(centre: Centre, actor: Actor, number: str, view: View) -> tuple[Seen, ...]:
    looking = centre.testbed.looking
    return looking.windows(looking.find(actor, (number,)), view)


def everything(centre: Centre, actor: Actor, number: str) -> dict[str, object]:
    """Ask all that can be asked of runs."""
    testbed = centre.testbed
    queries, records = testbed.queries, testbed.records
    return {
        "runs": queries.runs(actor).rows,
        "total": queries.runs(actor).total,
        "search": queries.runs(actor, "beta").rows,
        "number": queries.runs(actor, number).rows,
        "waiting": queries.runs(actor, waiting=True).rows,
        "outcome": queries.runs(actor, outcome="fail").rows,
        "run": queries.run(actor, number),
        "live": queries.live(actor),
        "live_one": queries.live_one(actor, number),
        "audit": queries.audit(actor, number),
        "curve": seen(centre, actor, number, View(y="force")),
        "offers": testbed.looking.offers(actor, number),
        "many": list(testbed.looking.gather(actor, (number,), View(y="force")))[-1].numbers,
        "file": records.file(actor, number),
        "tail": records.tail(actor, number),
        "bench": [bench.run + bench.detail for bench in queries.benches(actor) if bench.run],
        **{form: records.export(actor, number, form) for form in FORMATS},
    }


NOTHING = (None, 0, (), [])


def test_a_firm_learns_nothing_of_another_firms_run_at_any_time(centre: Centre) -> None:
    alpha = centre.who("alpha")
    number = centre.start(centre.book("beta"))
    assert all(each in NOTHING for each in everything(centre, alpha, number).values())
    assignment = centre.claim()
    centre.record(assignment)
    centre.testbed.centre.beat(number, progress())
    centre.testbed.centre.bench_is("utm-1", BenchState.RUNNING, number)
    assert all(each in NOTHING for each in everything(centre, alpha, number).values())
    centre.finish(assignment)
    assert all(each in NOTHING for each in everything(centre, alpha, number).values())
    centre.testbed.review.accept(centre.who("reviewer"), number, "fine")
    assert all(each in NOTHING for each in everything(centre, alpha, number).values())
    told = repr(centre.testbed.queries.benches(alpha))
    assert not any(secret in told for secret in SECRETS)


def test_the_walk_itself_would_see_a_leak(centre: Centre) -> None:
    number = centre.whole_run("beta", BookingKind.DIRECT, performer="beta")
    found = everything(centre, centre.who("beta"), number)
    tail = centre.testbed.records.tail(centre.who("beta"), number)
    assert tail is not None
    tail.close()
    seen = {name for name, each in found.items() if each not in NOTHING}
    assert {"runs", "total", "run", "curve", "audit", *FORMATS} <= seen


def test_a_firm_sees_values_of_a_requested_test_only_once_it_is_accepted(centre: Centre) -> None:
    alpha = centre.who("alpha")
    number = centre.whole_run("alpha")
    centre.testbed.review.comment(centre.who("engineer"), number, "Rm is 497 MPa")
    found = everything(centre, alpha, number)
    for name in ("curve", "file", "tail", "outcome", *FORMATS):
        assert found[name] in NOTHING, name
    assert "497" not in repr(found)
    assert "fail" not in repr(found)
    centre.testbed.review.accept(centre.who("reviewer"), number, "fine")
    found = everything(centre, alpha, number)
    for name in ("curve", "file", "outcome", *FORMATS):
        assert found[name] not in NOTHING, name
    assert "497" in repr(found)


def test_maintenance_is_the_centres_own_affair(centre: Centre) -> None:
    number = centre.whole_run("engineer", BookingKind.MAINTENANCE)
    assert centre.testbed.queries.run(centre.who("alpha"), number) is None
    assert centre.testbed.queries.run(centre.who("reviewer"), number) is not None


def test_runs_are_found_by_words_in_both_languages(centre: Centre) -> None:
    number = centre.whole_run()
    queries, engineer = centre.testbed.queries, centre.who("engineer")
    for search in (
        number,
        "00001",
        "iso-6892",
        "금속재료",
        "tensile TEST",
        "알파",
        "alpha metals",
        "sus304",
        centre.specimens["alpha"],
        "utm-1",
        "",
        normalize("NFD", "알파금속"),
    ):
        found = [row.number for row in queries.runs(engineer, search).rows]
        assert found == [number], search
    for search in ("%", "_", "\\", "베타", "alpha beta"):
        assert queries.runs(engineer, search).rows == (), search


def test_pages_hold_what_they_promise(centre: Centre) -> None:
    numbers = [centre.whole_run(ending=Ending.ABORTED) for _ in range(5)]
    queries, engineer = centre.testbed.queries, centre.who("engineer")
    page = queries.runs(engineer, page=2, size=2)
    assert (page.total, page.page, page.pages) == (5, 2, 3)
    assert [row.number for row in page.rows] == [numbers[2], numbers[1]]
    assert queries.runs(engineer, page=99, size=2).page == 3
    assert queries.runs(engineer, page=-1, size=2).page == 1


def test_a_run_shows_its_instruments_and_declared_units(centre: Centre) -> None:
    number = centre.whole_run()
    detail = centre.testbed.queries.run(centre.who("engineer"), number)
    assert detail is not None
    assert detail.channels["force"] == "N"
    assert detail.parameter_units["s0"] == "mm2"
    assert "LF-EQ-001" in detail.instruments["frame"]
    assert "2027-03-31" in detail.instruments["frame"]


def test_only_staff_see_processes_and_causes(centre: Centre) -> None:
    centre.testbed.centre.bench_is("utm-2", BenchState.UNSAFE, "frame: no answer")
    firm = {row.name: row for row in centre.testbed.queries.benches(centre.who("alpha"))}
    staff = {row.name: row for row in centre.testbed.queries.benches(centre.who("engineer"))}
    assert (firm["utm-2"].detail, firm["utm-2"].worker_pid) == ("", None)
    assert staff["utm-2"].detail == "frame: no answer"
    assert staff["utm-2"].worker_pid is not None
    assert firm["utm-2"].state == staff["utm-2"].state == "unsafe"


def test_a_growing_record_is_followed_and_a_broken_one_shows_nothing(centre: Centre) -> None:
    engineer, records = centre.who("engineer"), centre.testbed.records
    number = centre.start(centre.book())
    assert records.tail(engineer, number) is None
    assignment = centre.claim()
    assert seen(centre, engineer, number, View(y="force")) == ()
    centre.record(assignment)
    tail = records.tail(engineer, number)
    assert tail is not None
    assert (tail.rows, tail.finished) == (200, True)
    tail.close()
    assert records.export(engineer, number, "h5") is None  # the run has not ended
    (curve,) = seen(centre, engineer, number, View(y="force", x="extension", low=0.05, high=0.1))
    assert len(curve.window.x) == len(curve.window.y) > 10
    assert curve.samples == 200
    for nothing in (View(y="no"), View(y="force", x="no"), View(y="force", stream="no")):
        assert seen(centre, engineer, number, nothing) == ()
    assignment.file.write_bytes(b"not a run")
    assert seen(centre, engineer, number, View(y="force")) == ()
    assert centre.testbed.looking.offers(engineer, number) == ()
    assert records.tail(engineer, number) is None


def test_exports_hold_every_row(centre: Centre) -> None:
    number = centre.whole_run()
    path = centre.testbed.records.export(centre.who("engineer"), number, "csv")
    assert path is not None
    assert len(path.read_text(encoding="utf-8").splitlines()) == 201
    assert sorted(each.name for each in path.parent.iterdir()) == [f"{number}.csv"]
