"""Starting runs: every reason against it is named, nothing is left behind."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from testbed.domain.conformity import Limit
from testbed.domain.objections import Refused
from testbed.domain.people import Actor
from testbed.engine.ports import Ending
from testbed.i18n import words
from testbed.services.commands import BookingKind, RequestBooking, Started, StartRun
from tests.testbed.centres import METHOD, Centre, open_centre


@pytest.fixture
def centre(tmp_path: Path) -> Iterator[Centre]:
    with open_centre(tmp_path) as opened:
        yield opened


def refusal(
    centre: Centre,
    actor: Actor,
    booking: str,
    *,
    method: str = METHOD,
    s0: float | None = 33.93,
    specimen: str = "",
) -> dict[str, dict[str, object]]:
    parameters = {} if s0 is None else {"s0": s0}
    command = StartRun(booking=booking, method=method, parameters=parameters, specimen=specimen)
    answer = centre.testbed.execution.start(actor, command)
    assert isinstance(answer, Refused)
    assert centre.testbed.queries.live(centre.who("engineer")) == ()
    for objection in answer.objections:
        for locale in ("ko", "en"):
            text = words(locale)(f"objection.{objection.code}", **objection.values)
            assert not text.startswith("objection."), objection.code
    return {each.code: dict(each.values) for each in answer.objections}


def test_an_engineer_starts_a_requested_test_with_its_limits(centre: Centre) -> None:
    limits = (Limit(measurand="rm", low=500.0, source="order"),)
    number = centre.start(centre.book(), limits=limits)
    assert number == "R-2026-00001"
    assignment = centre.claim()
    assert assignment.limits == limits
    assert assignment.file.name == f"{number}.h5"
    assert assignment.file.parent.name == "2026"


def test_a_firm_starts_its_own_direct_use_and_no_requested_test(centre: Centre) -> None:
    alpha, beta = centre.who("alpha"), centre.who("beta")
    requested = centre.book()
    assert "run-needs-engineer" in refusal(centre, alpha, requested)
    assert set(refusal(centre, beta, requested)) == {"booking-unknown"}
    direct = centre.book(kind=BookingKind.DIRECT, bench="utm-2")
    assert set(refusal(centre, beta, direct)) == {"booking-unknown"}
    assert centre.start(direct, "alpha")


def test_a_booking_that_does_not_exist_reads_like_one_of_another_firm(centre: Centre) -> None:
    beta = centre.who("beta")
    foreign, absent = centre.book(), "B-2026-99999"
    first, second = refusal(centre, beta, foreign), refusal(centre, beta, absent)
    assert first == {"booking-unknown": {"booking": foreign}}
    assert second == {"booking-unknown": {"booking": absent}}


def test_all_reasons_are_told_at_once(centre: Centre) -> None:
    booking = centre.book()
    centre.clock.sleep(2 * 3600)  # the booking is over and the bench has been silent
    codes = refusal(centre, centre.who("trainee"), booking, s0=-1.0)
    assert set(codes) == {
        "run-outside-booking",
        "run-not-authorised",
        "run-bench-offline",
        "parameter-out-of-range",
    }
    assert codes["parameter-out-of-range"]["value"] == -1.0
    assert "mm2" in str(codes["parameter-out-of-range"]["accepted"])


def test_a_run_does_not_start_before_its_booking(centre: Centre) -> None:
    now = centre.clock.now()
    command = RequestBooking(
        equipment=("EQ-001",),
        start=now + timedelta(minutes=30),
        end=now + timedelta(hours=2),
        kind=BookingKind.REQUESTED,
        method=METHOD,
    )
    booked = centre.testbed.booking.request(centre.who("alpha"), command)
    assert not isinstance(booked, Refused)
    assert set(refusal(centre, centre.who("engineer"), booked.number)) == {"run-outside-booking"}


def test_a_cancelled_booking_starts_nothing(centre: Centre) -> None:
    booking = centre.book()
    centre.testbed.booking.cancel(centre.who("alpha"), booking, "no longer needed")
    codes = refusal(centre, centre.who("engineer"), booking)
    assert set(codes) == {"run-booking-not-approved"}


def test_calibration_has_to_outlast_the_booking(centre: Centre) -> None:
    """The register says 2027-03-31 is the last day; direct use may be booked across it."""
    centre.clock.sleep(
        (datetime(2027, 3, 31, 14, 0, tzinfo=UTC) - centre.clock.now()).total_seconds()
    )
    centre.ready()
    booking = centre.book(kind=BookingKind.DIRECT, hours=4)
    codes = refusal(centre, centre.who("engineer"), booking)
    assert set(codes) == {"run-calibration-lapses"}
    assert codes["run-calibration-lapses"]["equipment"] == "EQ-001"


@pytest.mark.parametrize(
    ("s0", "code"), [(None, "parameter-missing"), (float("nan"), "parameter-out-of-range")]
)
def test_parameters_are_held_against_the_method(
    centre: Centre, s0: float | None, code: str
) -> None:
    codes = refusal(centre, centre.who("engineer"), centre.book(), s0=s0)
    assert set(codes) == {code}
    assert codes[code]["name"] == "s0"


def test_an_unknown_method_names_those_that_are_installed(centre: Centre) -> None:
    codes = refusal(centre, centre.who("engineer"), centre.book(), method="iso-0")
    assert METHOD in str(codes["method-unknown"]["accepted"])


def test_a_bench_takes_one_run_at_a_time(centre: Centre) -> None:
    booking = centre.book()
    centre.start(booking)
    engineer = centre.who("engineer")
    answer = centre.testbed.execution.start(
        engineer, StartRun(booking=booking, method=METHOD, parameters={"s0": 10.0})
    )
    assert isinstance(answer, Refused)
    assert [each.code for each in answer.objections] == ["run-bench-busy"]


def test_the_specimen_of_another_firm_is_not_tested(centre: Centre) -> None:
    booking = centre.book(kind=BookingKind.DIRECT)
    foreign = centre.specimens["beta"]
    codes = refusal(centre, centre.who("alpha"), booking, specimen=foreign)
    assert codes == {"specimen-unknown": {"specimen": foreign}}


def test_who_may_steer_a_run(centre: Centre) -> None:
    execution = centre.testbed.execution
    number = centre.start(centre.book())
    centre.claim()
    for login, code in (("alpha", "run-needs-engineer"), ("reviewer", "run-needs-engineer"),
                        ("beta", "run-unknown")):  # fmt: skip
        for answer in (
            execution.pause(centre.who(login), number),
            execution.resume(centre.who(login), number),
            execution.abort(centre.who(login), number),
            execution.answer(centre.who(login), number, 1, "yes"),
        ):
            assert isinstance(answer, Refused)
            assert [each.code for each in answer.objections] == [code]
    direct = centre.start(centre.book("beta", "utm-2", BookingKind.DIRECT), "beta")
    assert not isinstance(execution.abort(centre.who("beta"), direct), Refused)
    ended = centre.testbed.queries.run(centre.who("beta"), direct)
    assert ended is not None
    assert (ended.row.state, ended.row.ending) == ("ended", Ending.ABORTED)
    assert centre.testbed.centre.claim("utm-2") is None
    late = execution.pause(centre.who("beta"), direct)
    assert isinstance(late, Refused)
    assert [each.code for each in late.objections] == ["run-ended"]


def test_maintenance_is_not_reportable_and_not_reviewed(centre: Centre) -> None:
    booking = centre.book("engineer", kind=BookingKind.MAINTENANCE)
    number = centre.start(booking)
    assignment = centre.claim()
    assert assignment.lease_ends is None
    centre.finish(assignment)
    detail = centre.testbed.queries.run(centre.who("engineer"), number)
    assert detail is not None
    assert (detail.row.review, detail.row.reportable) == ("none", False)


def test_what_follows_a_run_that_was_sent_back_repeats_it(centre: Centre) -> None:
    """Who performed any run of such a chain does not review its last one."""
    first = centre.whole_run(performer="colleague")
    review = centre.testbed.review
    review.send_back(centre.who("reviewer"), first, "slipped in the grips")
    centre.whole_run(ending=Ending.ABORTED, performer="engineer")
    second = centre.whole_run(performer="engineer")
    answer = review.accept(centre.who("colleague"), second, "fine")
    assert isinstance(answer, Refused)
    assert [each.code for each in answer.objections] == ["review-by-performer"]
    third = centre.whole_run(performer="engineer")
    assert not isinstance(review.accept(centre.who("colleague"), third, "fine"), Refused)
    assert not isinstance(review.accept(centre.who("reviewer"), second, "fine"), Refused)


def test_an_accepted_start_gives_the_number_alone(centre: Centre) -> None:
    command = StartRun(booking=centre.book(), method=METHOD, parameters={"s0": 33.93})
    assert centre.testbed.execution.start(centre.who("engineer"), command) == Started(
        "R-2026-00001"
    )
