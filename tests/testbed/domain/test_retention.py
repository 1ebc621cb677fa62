"""How long records are kept: nothing held, open or within its years is ever due."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from testbed.domain.names import Name
from testbed.domain.people import Actor, Role
from testbed.domain.retention import (
    DEFAULT_CLASSES,
    Hold,
    KeptRun,
    Schedule,
    kept_until,
    objections_to_classifying,
    objections_to_deleting,
    objections_to_holding,
    objections_to_lifting,
)

SCHEDULE = Schedule(DEFAULT_CLASSES)
_FIRST, _LAST = datetime(2020, 1, 1), datetime(2040, 1, 1)  # noqa: DTZ001
instants = st.datetimes(_FIRST, _LAST, timezones=st.just(UTC))
maybe = st.none() | instants
holds = st.builds(Hold, st.just("lawsuit"), st.just("office"), instants)
kept_runs = st.builds(
    KeptRun,
    number=st.just("R-2026-00001"),
    kind=st.sampled_from(["requested", "direct", "maintenance"]),
    chosen=st.sampled_from(["", *DEFAULT_CLASSES]),
    ended=maybe,
    awaits_review=st.booleans(),
    decided=maybe,
    reported=maybe,
    holds=st.lists(holds, max_size=2).map(tuple),
    deleted=st.none(),
)


def who(*roles: Role) -> Actor:
    return Actor(account=1, login="x", name=Name("x", "x"), organisation=1, roles=frozenset(roles))


actors = st.builds(who, st.sampled_from(list(Role)), st.sampled_from(list(Role)))


def codes(objections: tuple[object, ...]) -> set[str]:
    return {each.code for each in objections}  # type: ignore[attr-defined]


@given(actors, kept_runs, instants)
def test_what_may_be_deleted_is_over_reviewed_expired_and_not_held(
    actor: Actor, run: KeptRun, now: datetime
) -> None:
    if objections_to_deleting(actor, run, SCHEDULE, now):
        return
    assert Role.OFFICE in actor.roles
    assert run.ended is not None
    assert not run.awaits_review
    assert not run.holds
    years = SCHEDULE.years[SCHEDULE.class_of(run)]
    for happened in (run.ended, run.decided, run.reported):
        assert happened is None or now - happened >= timedelta(days=365 * years)


@given(kept_runs, instants)
def test_every_hold_is_named_whoever_asks_and_however_old_the_run_is(
    run: KeptRun, now: datetime
) -> None:
    found = objections_to_deleting(who(Role.OFFICE), run, SCHEDULE, now)
    assert [o.values["by"] for o in found if o.code == "record-held"] == ["office"] * len(run.holds)


@given(kept_runs, instants, instants)
def test_what_is_due_stays_due_and_a_longer_class_is_never_shorter(
    run: KeptRun, now: datetime, later: datetime
) -> None:
    until = kept_until(run, SCHEDULE)
    longer = kept_until(run, Schedule({name: n + 1 for name, n in DEFAULT_CLASSES.items()}))
    assert (until is None) == (longer is None)
    if until is not None and longer is not None:
        assert until < longer
        if until <= now <= later:
            office = who(Role.OFFICE)
            before = objections_to_deleting(office, run, SCHEDULE, now)
            assert objections_to_deleting(office, run, SCHEDULE, later) == before


def test_the_years_count_from_the_report_and_whole_days_are_kept() -> None:
    run = KeptRun(
        number="R",
        kind="requested",
        ended=datetime(2026, 1, 5, 10, tzinfo=UTC),
        decided=datetime(2026, 1, 9, tzinfo=UTC),
        reported=datetime(2028, 2, 29, 15, tzinfo=UTC),
    )
    assert kept_until(run, SCHEDULE) == datetime(2038, 3, 2, tzinfo=UTC)
    direct = KeptRun(number="R", kind="direct", ended=datetime(2026, 1, 5, 10, tzinfo=UTC))
    assert kept_until(direct, SCHEDULE) == datetime(2029, 1, 6, tzinfo=UTC)
    assert kept_until(direct, Schedule({"certification": 10})) is None


def test_holding_is_for_staff_with_a_reason_and_lifting_for_the_office() -> None:
    run = KeptRun(number="R", kind="direct", ended=None)
    held = KeptRun(
        number="R", kind="direct", ended=None, holds=(Hold("x", "y", datetime.now(UTC)),)
    )
    assert not objections_to_holding(who(Role.ENGINEER), run, "complaint 12")
    assert codes(objections_to_holding(who(Role.SME), run, "why")) == {"retention-by-staff"}
    assert codes(objections_to_holding(who(Role.OFFICE), run, " ")) == {"hold-reason"}
    assert codes(objections_to_lifting(who(Role.ENGINEER), held, "over")) == {"retention-by-office"}
    assert codes(objections_to_lifting(who(Role.OFFICE), run, "over")) == {"record-not-held"}
    assert not objections_to_lifting(who(Role.OFFICE), held, "settled")


def test_only_the_office_shortens() -> None:
    run = KeptRun(number="R", kind="direct", ended=None)
    assert not objections_to_classifying(who(Role.ENGINEER), run, "certification", SCHEDULE)
    shorter = objections_to_classifying(who(Role.ENGINEER), run, "demonstration", SCHEDULE)
    assert codes(shorter) == {"retention-by-office"}
    assert not objections_to_classifying(who(Role.OFFICE), run, "demonstration", SCHEDULE)
    unknown = objections_to_classifying(who(Role.OFFICE), run, "for-ever", SCHEDULE)
    assert codes(unknown) == {"retention-class-unknown"}
    assert codes(objections_to_classifying(who(Role.SME), run, "development", SCHEDULE)) == {
        "retention-by-staff"
    }
