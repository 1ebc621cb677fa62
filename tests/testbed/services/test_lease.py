"""Runs go on under live bookings alone, and a booking that is extended reaches its run."""

from datetime import timedelta
from pathlib import Path

import pytest

from testbed.domain.objections import Refused
from testbed.engine.ports import CommandKind, Ending
from testbed.services.commands import Booked, BookingKind, StartRun
from tests.testbed.centres import METHOD, NOW, Centre, open_centre, progress

HOURS = 3600.0


@pytest.fixture
def centre(tmp_path: Path):
    with open_centre(tmp_path) as opened:
        yield opened


def refused(centre: Centre, login: str, booking: str) -> set[str]:
    answer = centre.testbed.execution.start(
        centre.who(login), StartRun(booking=booking, method=METHOD, parameters={"s0": 10.0})
    )
    assert isinstance(answer, Refused)
    return {each.code for each in answer.objections}


def extend(centre: Centre, booking: str, hours: float, login: str = "office"):
    end = NOW + timedelta(hours=hours)
    return centre.testbed.booking.extend(centre.who(login), booking, end)


def test_a_run_starts_under_a_live_booking_alone(centre: Centre):
    booking = centre.book(hours=1)
    centre.clock.sleep(1 * HOURS)
    centre.ready()
    assert "run-outside-booking" in refused(centre, "engineer", booking)


def test_another_firm_does_not_know_the_booking(centre: Centre):
    booking = centre.book("alpha", kind=BookingKind.DIRECT)
    assert refused(centre, "beta", booking) == {"booking-unknown"}


def test_what_was_queued_is_not_claimed_once_the_booking_is_over(centre: Centre):
    number = centre.start(centre.book(hours=1))
    centre.clock.sleep(1 * HOURS)
    centre.ready()
    assert centre.testbed.centre.claim("utm-1") is None
    detail = centre.testbed.queries.run(centre.who("engineer"), number)
    assert detail is not None
    assert detail.row.ending is Ending.ABORTED


def test_the_heartbeat_tells_the_run_of_an_extension(centre: Centre):
    booking = centre.book()
    number = centre.start(booking)
    assignment = centre.claim()
    known = assignment.lease_ends
    port = centre.testbed.centre
    assert port.beat(number, progress(lease_ends=known)) == ()
    assert isinstance(extend(centre, booking, 5), Booked)
    (command,) = port.beat(number, progress(lease_ends=known))
    assert (command.kind, command.until) == (CommandKind.LEASE, NOW + timedelta(hours=5))
    assert port.beat(number, progress(lease_ends=command.until)) == ()
    audited = centre.testbed.queries.audit(centre.who("office"), booking)
    assert "extend" in [row.transition for row in audited]


def test_an_ended_booking_can_be_extended_while_its_run_waits(centre: Centre):
    booking = centre.book(hours=1)
    centre.start(booking)
    centre.claim()
    centre.clock.sleep(1 * HOURS + 300)
    assert isinstance(extend(centre, booking, 2), Booked)


def test_an_extension_takes_nobody_elses_slot(centre: Centre):
    booking = centre.book(hours=1)
    centre.clock.sleep(1 * HOURS)
    centre.book("beta", kind=BookingKind.DIRECT)
    answer = extend(centre, booking, 3)
    assert isinstance(answer, Refused)
    assert {each.code for each in answer.objections} == {"slot-taken"}


@pytest.mark.parametrize(
    ("login", "hours", "code"),
    [
        ("alpha", 5, "extension-by-centre"),
        ("office", 1, "extension-not-later"),
        ("office", 30 * 24, "period-too-long"),
    ],
)
def test_an_extension_that_is_refused_says_why(centre: Centre, login: str, hours: float, code: str):
    answer = extend(centre, centre.book(), hours, login)
    assert isinstance(answer, Refused)
    assert code in {each.code for each in answer.objections}


def test_maintenance_holds_its_bench_until_it_is_done(centre: Centre):
    booking = centre.book("engineer", kind=BookingKind.MAINTENANCE)
    centre.start(booking)
    assert centre.claim().lease_ends is None
