"""Review: a second person accepts a run or sends it back, and everybody may remark."""

from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from testbed.domain.clock import Clock
from testbed.domain.objections import Objection, Refused
from testbed.domain.people import Actor, Authorisation
from testbed.domain.review import (
    Decision,
    ReviewCase,
    ReviewState,
    decided,
    objections_to_review,
)
from testbed.services.commands import Done

__all__ = ["ReviewChange", "ReviewService", "ReviewStore", "ReviewedRun"]

_LONGEST = 4000


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewedRun:
    """A run as its reviewers' rules need it.

    Attributes
    ----------
    performers
        Accounts that performed it or any run that it repeats.
    """

    id: int
    number: str
    organisation: int
    method: str
    version: str
    review: ReviewState
    performers: frozenset[int]


class ReviewChange(Protocol):
    """One change of a review, all or nothing."""

    def run(self, actor: Actor, number: str) -> ReviewedRun | None:
        """Load a run that the person may know of, and keep others from deciding on it."""
        ...

    def authorisations(self, actor: Actor) -> tuple[Authorisation, ...]:
        """List what the person may perform and review."""
        ...

    def decide(self, run: int, state: ReviewState) -> None:
        """Write the new state."""
        ...

    def comment(self, run: int, actor: Actor, text: str, decision: str) -> None:
        """Add a remark."""
        ...

    def audit(
        self, actor: Actor, organisation: int, subject: str, transition: str, detail: str
    ) -> None:
        """Put one transition on record."""
        ...

    def commit(self) -> None:
        """Let the change stand."""
        ...


class ReviewStore(Protocol):
    """Where reviews are kept."""

    def change(self, now: datetime) -> AbstractContextManager[ReviewChange]:
        """Open a change; what is not committed has not happened."""
        ...


class ReviewService:
    """The use cases of review."""

    def __init__(self, store: ReviewStore, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    def accept(self, actor: Actor, run: str, comment: str = "") -> Done | Refused:
        """Accept a run; the firm sees it from then on."""
        return self._decide(actor, run, Decision.ACCEPT, comment)

    def send_back(self, actor: Actor, run: str, comment: str) -> Done | Refused:
        """Send a run back, with the reason; it stays as it is, and another one repeats it."""
        return self._decide(actor, run, Decision.SEND_BACK, comment)

    def comment(self, actor: Actor, run: str, text: str) -> Done | Refused:
        """Remark on a run without deciding."""
        if not text.strip() or len(text) > _LONGEST:
            return Refused((Objection("comment-length", {"characters": _LONGEST}),))
        with self._store.change(self._clock.now()) as change:
            found = change.run(actor, run)
            if found is None:
                return Refused((Objection("run-unknown", {"run": run}),))
            change.comment(found.id, actor, text.strip(), "")
            change.audit(actor, found.organisation, found.number, "comment", "")
            change.commit()
        return Done()

    def _decide(self, actor: Actor, run: str, decision: Decision, text: str) -> Done | Refused:
        if len(text) > _LONGEST:
            return Refused((Objection("comment-length", {"characters": _LONGEST}),))
        now = self._clock.now()
        with self._store.change(now) as change:
            found = change.run(actor, run)
            if found is None:
                return Refused((Objection("run-unknown", {"run": run}),))
            case = ReviewCase(
                actor=actor,
                authorisations=change.authorisations(actor),
                run=found.number,
                method=found.method,
                version=found.version,
                state=found.review,
                performers=found.performers,
                decision=decision,
                comment=text,
                now=now,
            )
            if objections := objections_to_review(case):
                return Refused(objections)
            state = decided(found.review, decision)
            assert state is not None
            change.decide(found.id, state)
            change.comment(found.id, actor, text.strip(), str(decision))
            change.audit(actor, found.organisation, found.number, str(decision), text.strip())
            change.commit()
        return Done()
