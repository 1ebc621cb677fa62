"""Review of a run: none, waiting, then accepted or sent back; never by who performed it.

A run that was sent back stays as it is for ever; what follows is another run that repeats it.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType

from testbed.domain.objections import Objection
from testbed.domain.people import Activity, Actor, Authorisation, Role

__all__ = [
    "REVIEW_RULES",
    "REVIEW_TABLE",
    "Decision",
    "ReviewCase",
    "ReviewState",
    "decided",
    "objections_to_repeat",
    "objections_to_review",
    "review_at_end",
]


class ReviewState(StrEnum):
    """Where the review of a run stands."""

    NONE = "none"
    WAITING = "waiting"
    ACCEPTED = "accepted"
    SENT_BACK = "sent_back"


class Decision(StrEnum):
    """What happens to the review of a run."""

    SUBMIT = "submit"
    ACCEPT = "accept"
    SEND_BACK = "send_back"


REVIEW_TABLE: Mapping[tuple[ReviewState, Decision], ReviewState] = MappingProxyType(
    {
        (ReviewState.NONE, Decision.SUBMIT): ReviewState.WAITING,
        (ReviewState.WAITING, Decision.ACCEPT): ReviewState.ACCEPTED,
        (ReviewState.WAITING, Decision.SEND_BACK): ReviewState.SENT_BACK,
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewCase:
    """All that the rules need to know of one decision.

    Attributes
    ----------
    performers
        Accounts that performed the run or any run linked with it by repetition.
    """

    actor: Actor
    authorisations: tuple[Authorisation, ...]
    run: str
    method: str
    version: str
    state: ReviewState
    performers: frozenset[int]
    decision: Decision
    comment: str
    now: datetime


Rule = Callable[[ReviewCase], Iterator[Objection]]


def decided(state: ReviewState, decision: Decision) -> ReviewState | None:
    """Tell the state that a decision leads to; None where the table has no such step."""
    return REVIEW_TABLE.get((state, decision))


def review_at_end(*, completed: bool, for_customer: bool) -> ReviewState:
    """Tell whether a run that has just ended waits for review."""
    if completed and for_customer:
        return REVIEW_TABLE[ReviewState.NONE, Decision.SUBMIT]
    return ReviewState.NONE


def _reviewer(case: ReviewCase) -> Iterator[Objection]:
    if not case.actor.has(Role.REVIEWER):
        yield Objection("review-needs-reviewer", {"run": case.run})


def _authorised(case: ReviewCase) -> Iterator[Objection]:
    wanted = (case.actor.account, case.method, case.version, Activity.REVIEW)
    if not any(
        (held.account, held.method, held.version, held.activity) == wanted and held.covers(case.now)
        for held in case.authorisations
    ):
        yield Objection("review-not-authorised", {"method": case.method, "version": case.version})


def _four_eyes(case: ReviewCase) -> Iterator[Objection]:
    if case.actor.account in case.performers:
        yield Objection("review-by-performer", {"run": case.run})


def _waiting(case: ReviewCase) -> Iterator[Objection]:
    if decided(case.state, case.decision) is None:
        yield Objection("review-not-waiting", {"run": case.run})


def _reason(case: ReviewCase) -> Iterator[Objection]:
    if case.decision is Decision.SEND_BACK and not case.comment.strip():
        yield Objection("review-needs-comment", {"run": case.run})


REVIEW_RULES: tuple[Rule, ...] = (_reviewer, _authorised, _four_eyes, _waiting, _reason)


def objections_to_review(case: ReviewCase) -> tuple[Objection, ...]:
    """Ask every rule; an empty answer means that the decision stands."""
    return tuple(objection for rule in REVIEW_RULES for objection in rule(case))


def objections_to_repeat(
    run: str, state: ReviewState, *, same_method: bool, repeated: bool
) -> tuple[Objection, ...]:
    """Tell why `run` may not be repeated by a new run; only what was sent back is, and once."""
    if state is not ReviewState.SENT_BACK:
        return (Objection("repeat-not-sent-back", {"run": run}),)
    if not same_method:
        return (Objection("repeat-other-method", {"run": run}),)
    return (Objection("repeat-already-done", {"run": run}),) if repeated else ()
