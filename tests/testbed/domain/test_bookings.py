"""Every rule of booking answers, whatever the others say."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import product

from hypothesis import given
from hypothesis import strategies as st

from testbed.domain.bookings import (
    BOOKING_TABLE,
    BookingCase,
    BookingState,
    BookingStep,
    Lent,
    may_change,
    objections_to_booking,
    step,
)
from testbed.domain.names import Name
from testbed.domain.people import Actor, Role

NOW = datetime(2026, 3, 2, 0, 0, tzinfo=UTC)
FIRM = Actor(
    account=1, login="firm", name=Name("firm", "firm"), organisation=7, roles=frozenset({Role.SME})
)
ENGINEER = replace(FIRM, account=2, organisation=1, roles=frozenset({Role.ENGINEER}))
FRAME = Lent(
    number=1,
    code="EQ-001",
    methods=frozenset({"tension"}),
    calibration_due=date(2026, 3, 31),
    needs_approval=False,
    direct_use=True,
    setup=timedelta(),
    cooldown=timedelta(),
    shortest=timedelta(minutes=30),
    longest=timedelta(hours=8),
)
FINE = BookingCase(
    actor=FIRM,
    equipment=(FRAME,),
    unknown_equipment=(),
    start=NOW + timedelta(days=1),
    end=NOW + timedelta(days=1, hours=2),
    kind="requested",
    method="tension",
    specimen="",
    specimen_found=False,
    last_day=date(2026, 3, 3),
    now=NOW,
)


def codes(case: BookingCase) -> set[str]:
    return {objection.code for objection in objections_to_booking(case)}


def test_a_fine_wish_meets_no_objection() -> None:
    assert codes(FINE) == set()


@given(st.integers(-600, 6000), st.integers(-600, 6000))
def test_only_periods_within_the_bounds_of_the_equipment_pass(begin: int, length: int) -> None:
    start = NOW + timedelta(minutes=begin)
    case = replace(FINE, start=start, end=start + timedelta(minutes=length))
    expected = set()
    if length <= 0:
        expected.add("period-empty")
    if begin < -30:
        expected.add("period-past")
    if 0 < length < 30:
        expected.add("period-too-short")
    if length > 8 * 60:
        expected.add("period-too-long")
    assert codes(case) == expected


@given(st.dates(date(2026, 1, 1), date(2026, 12, 31)))
def test_a_requested_test_ends_on_the_last_day_of_valid_calibration_at_the_latest(
    last_day: date,
) -> None:
    lapses = "calibration-lapses" in codes(replace(FINE, last_day=last_day))
    assert lapses == (last_day > date(2026, 3, 31))
    free = replace(FINE, equipment=(replace(FRAME, calibration_due=None),), last_day=last_day)
    assert codes(free) == set()


def test_all_objections_are_collected_at_once() -> None:
    wrong = replace(
        FINE,
        unknown_equipment=("EQ-999",),
        method="creep",
        specimen="S-2026-00009",
        start=NOW - timedelta(days=2),
        end=NOW,
        last_day=date(2026, 4, 1),
    )
    assert codes(wrong) == {
        "equipment-unknown",
        "period-past",
        "period-too-long",
        "method-not-on-equipment",
        "specimen-unknown",
        "calibration-lapses",
    }


def test_direct_use_where_it_is_not_offered_is_an_objection_to_firms_alone() -> None:
    case = replace(FINE, kind="direct", equipment=(replace(FRAME, direct_use=False),))
    assert codes(case) == {"direct-use-not-offered"}
    assert codes(replace(case, actor=ENGINEER)) == set()


def test_maintenance_is_for_the_centre() -> None:
    case = replace(FINE, kind="maintenance")
    assert codes(case) == {"maintenance-by-centre"}
    assert codes(replace(case, actor=ENGINEER)) == set()


def test_a_booking_changes_only_along_its_table() -> None:
    for state, wanted in product(BookingState, BookingStep):
        assert step(state, wanted) == BOOKING_TABLE.get((state, wanted))
    closed = (BookingState.REJECTED, BookingState.CANCELLED)
    assert all(step(state, wanted) is None for state, wanted in product(closed, BookingStep))


def test_a_firm_changes_its_own_bookings_and_the_centre_everybodys() -> None:
    assert may_change(FIRM, 7)
    assert not may_change(FIRM, 8)
    assert may_change(ENGINEER, 8)
    assert not may_change(replace(ENGINEER, roles=frozenset({Role.REVIEWER})), 8)
