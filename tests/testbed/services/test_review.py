"""Review: a second person decides, once, and what was decided stays."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from testbed.domain.names import Name
from testbed.domain.objections import Refused
from testbed.domain.people import Activity, Actor, Authorisation, Role
from testbed.domain.review import (
    REVIEW_TABLE,
    Decision,
    ReviewCase,
    ReviewState,
    decided,
    objections_to_review,
)
from testbed.domain.runs import RUN_TABLE, RunState, RunStep, WrongStep, after
from testbed.engine.ports import Ending
from testbed.services.commands import BookingKind, Done
from tests.testbed.centres import METHOD, NOW, Centre, open_centre


@pytest.fixture
def centre(tmp_path: Path) -> Iterator[Centre]:
    with open_centre(tmp_path) as opened:
        yield opened


def codes(answer: Done | Refused) -> list[str]:
    assert isinstance(answer, Refused)
    return [each.code for each in answer.objections]


@given(
    performers=st.frozensets(st.integers(1, 5)),
    account=st.integers(1, 5),
    roles=st.frozensets(st.sampled_from(Role)),
    state=st.sampled_from(ReviewState),
    decision=st.sampled_from([Decision.ACCEPT, Decision.SEND_BACK]),
    authorised=st.booleans(),
    comment=st.text(max_size=3),
)
def test_nobody_reviews_what_they_performed(
    performers: frozenset[int],
    account: int,
    roles: frozenset[Role],
    state: ReviewState,
    decision: Decision,
    authorised: bool,
    comment: str,
) -> None:
    """Four eyes hold whatever roles, authorisations and states come together."""
    held = Authorisation(
        account=account,
        method=METHOD,
        version="1",
        activity=Activity.REVIEW,
        valid_from=NOW - timedelta(days=1),
    )
    case = ReviewCase(
        actor=Actor(account=account, login="x", name=Name("", ""), organisation=1, roles=roles),
        authorisations=(held,) if authorised else (),
        run="R-2026-00001",
        method=METHOD,
        version="1",
        state=state,
        performers=performers,
        decision=decision,
        comment=comment,
        now=NOW,
    )
    may = not objections_to_review(case)
    if may:
        assert account not in performers
        assert Role.REVIEWER in roles
        assert authorised
        assert state is ReviewState.WAITING
        assert decision is Decision.ACCEPT or comment.strip()
    assert objections_to_review(replace(case, performers=performers | {account}))


@given(st.lists(st.sampled_from(RunStep), max_size=8))
def test_a_run_moves_only_along_its_table(steps: list[RunStep]) -> None:
    state = RunState.QUEUED
    for step in steps:
        if (state, step) not in RUN_TABLE:
            with pytest.raises(WrongStep):
                after(state, step)
            continue
        state = after(state, step)
    assert state is not RunState.ENDED or not any((state, step) in RUN_TABLE for step in RunStep)


@given(st.sampled_from(ReviewState), st.sampled_from(Decision))
def test_a_review_moves_only_along_its_table(state: ReviewState, decision: Decision) -> None:
    assert decided(state, decision) == REVIEW_TABLE.get((state, decision))
    if state in (ReviewState.ACCEPTED, ReviewState.SENT_BACK):
        assert decided(state, decision) is None


def test_a_second_person_accepts_and_the_firm_sees_the_result(centre: Centre) -> None:
    number = centre.whole_run()
    review, queries = centre.testbed.review, centre.testbed.queries
    before = queries.run(centre.who("alpha"), number)
    assert before is not None
    assert (before.row.outcome, before.judgements, before.may_download) == (None, (), False)
    assert review.accept(centre.who("reviewer"), number, "Agt read at the plateau") == Done()
    after_it = queries.run(centre.who("alpha"), number)
    assert after_it is not None
    assert after_it.row.review == "accepted"
    assert after_it.judgements
    assert after_it.may_download
    assert [(each.text, each.decision) for each in after_it.comments] == [
        ("Agt read at the plateau", "accept")
    ]
    assert codes(review.accept(centre.who("colleague"), number, "")) == ["review-not-waiting"]
    assert codes(review.send_back(centre.who("colleague"), number, "no")) == ["review-not-waiting"]


def test_who_ran_does_not_review(centre: Centre) -> None:
    number = centre.whole_run(performer="colleague")
    review = centre.testbed.review
    assert codes(review.accept(centre.who("colleague"), number, "")) == ["review-by-performer"]
    assert codes(review.accept(centre.who("engineer"), number, "")) == ["review-needs-reviewer"]
    assert codes(review.accept(centre.who("trainee"), number, "")) == ["review-not-authorised"]
    firm = codes(review.accept(centre.who("alpha"), number, ""))
    assert firm == ["review-needs-reviewer", "review-not-authorised"]


def test_sending_back_needs_a_reason(centre: Centre) -> None:
    number = centre.whole_run()
    review = centre.testbed.review
    reviewer = centre.who("reviewer")
    assert codes(review.send_back(reviewer, number, "  ")) == ["review-needs-comment"]
    assert review.send_back(reviewer, number, "E is too low") == Done()
    seen = centre.testbed.queries.run(centre.who("alpha"), number)
    assert seen is not None
    assert (seen.row.review, seen.judgements, seen.comments) == ("sent_back", (), ())


def test_only_completed_work_for_a_customer_waits_for_review(centre: Centre) -> None:
    waiting = centre.whole_run()
    aborted = centre.whole_run(ending=Ending.ABORTED)
    direct = centre.whole_run(kind=BookingKind.DIRECT, performer="alpha")
    page = centre.testbed.queries.runs(centre.who("reviewer"), waiting=True)
    assert [row.number for row in page.rows] == [waiting]
    for number in (aborted, direct):
        answer = centre.testbed.review.accept(centre.who("reviewer"), number, "")
        assert codes(answer) == ["review-not-waiting"]


def test_remarks_keep_their_order_and_their_length(centre: Centre) -> None:
    number = centre.whole_run()
    review = centre.testbed.review
    engineer = centre.who("engineer")
    assert review.comment(engineer, number, " first ") == Done()
    assert review.comment(centre.who("reviewer"), number, "second") == Done()
    assert codes(review.comment(engineer, number, "  ")) == ["comment-length"]
    assert codes(review.comment(engineer, number, "x" * 4001)) == ["comment-length"]
    assert codes(review.comment(centre.who("beta"), number, "hello")) == ["run-unknown"]
    detail = centre.testbed.queries.run(engineer, number)
    assert detail is not None
    assert [each.text for each in detail.comments] == ["first", "second"]
