"""A stored run is evaluated again from its sealed file; what was found first always stays."""

from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from datetime import datetime
from importlib.metadata import version as installed
from pathlib import Path
from typing import Protocol

from testbed.domain.clock import Clock
from testbed.domain.conformity import Limit, Outcome, verdict
from testbed.domain.decision_rule import DecisionRule
from testbed.domain.judgement import Judgement
from testbed.domain.names import Name
from testbed.domain.objections import Objection, Refused
from testbed.domain.people import Actor
from testbed.domain.same_bits import Compared, compare
from testbed.engine import segments
from testbed.engine.evaluating import (
    Evaluated,
    ParametersMissing,
    evaluate_files,
    package_of,
    parameters_of,
)
from testbed.procedure import Procedure, method_versions
from testbed.services.records import RecordLocator

__all__ = [
    "FirstResult",
    "KeptEvaluation",
    "Reevaluated",
    "ReevaluationChange",
    "ReevaluationRow",
    "ReevaluationService",
    "ReevaluationStore",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class FirstResult:
    """What a completed run found when it ended, and what it was asked for.

    Attributes
    ----------
    segments
        Numbers and hashes of the runs that it goes on with, oldest first, and of itself.
    """

    id: int
    number: str
    organisation: int
    method: str
    version: str
    outcome: Outcome
    judgements: tuple[Judgement, ...]
    limits: tuple[Limit, ...]
    rule: DecisionRule
    segments: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reevaluated:
    """A run as it was found first and as it is found now.

    Attributes
    ----------
    version
        Of the method that it was evaluated by now.
    rows
        Measurand by measurand.
    kept
        Whether it went on record.
    """

    first: FirstResult
    version: str
    found: Evaluated
    rows: tuple[Compared, ...]
    kept: bool = False

    @property
    def same_version(self) -> bool:
        """Whether it was evaluated by the version that the run was carried out by."""
        return self.version == self.first.version

    @property
    def identical(self) -> bool:
        """Whether every value, U and verdict is that of the first time, to the bit."""
        return self.found.outcome == self.first.outcome and all(r.identical for r in self.rows)


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptEvaluation:
    """A re-evaluation as it goes on record; `software` is what it was made with."""

    run: int
    version: str
    software: str
    found: Evaluated


@dataclass(frozen=True, slots=True, kw_only=True)
class ReevaluationRow:
    """A re-evaluation on record: who made it, when, by which version, and what was found."""

    at: datetime
    person: Name
    version: str
    software: str
    found: Evaluated


class ReevaluationChange(Protocol):
    """One change, all or nothing."""

    def keep(self, actor: Actor, kept: KeptEvaluation) -> None:
        """Put a re-evaluation on record, beside those that are there."""
        ...

    def audit(
        self, actor: Actor, organisation: int, subject: str, transition: str, detail: str
    ) -> None:
        """Put one transition on record."""
        ...

    def commit(self) -> None:
        """Let the change stand."""
        ...


class ReevaluationStore(Protocol):
    """Where results and re-evaluations are kept."""

    def first(self, actor: Actor, number: str) -> FirstResult | None:
        """Load what a completed run found, if the person may see it."""
        ...

    def kept(self, actor: Actor, number: str) -> tuple[ReevaluationRow, ...]:
        """List the re-evaluations of a run that the person may see, oldest first."""
        ...

    def change(self, now: datetime) -> AbstractContextManager[ReevaluationChange]:
        """Open a change; what is not committed has not happened."""
        ...


class ReevaluationService:
    """The use cases of evaluating again."""

    def __init__(
        self,
        store: ReevaluationStore,
        locator: RecordLocator,
        methods: Mapping[str, type[Procedure]],
        clock: Clock,
    ) -> None:
        self._store = store
        self._locator = locator
        self._methods = methods
        self._clock = clock

    def listed(self, actor: Actor, run: str) -> tuple[ReevaluationRow, ...]:
        """List the re-evaluations of a run, oldest first; none where they are not the person's."""
        return self._store.kept(actor, run)

    def versions(self, method: str) -> tuple[str, ...]:
        """List the versions of a method that a run can be evaluated by, oldest first."""
        chosen = self._methods.get(method)
        return () if chosen is None else method_versions(package_of(chosen), chosen.id)

    def evaluate(
        self, actor: Actor, run: str, version: str = "", *, keep: bool = False
    ) -> Reevaluated | Refused:
        """Evaluate a run again, from its sealed file.

        Parameters
        ----------
        version
            Of the method; "" for that by which the run was carried out.
        keep
            Whether a re-evaluation by another version goes on record. One by the same version
            only proves the first, and leaves nothing.
        """
        if not actor.is_staff:
            return _refused("evaluation-by-staff", run=run)
        first = self._store.first(actor, run)
        if first is None:
            return _refused("evaluation-none", run=run)
        method = self._methods.get(first.method)
        if method is None:
            return _refused("evaluation-method-missing", run=run, method=first.method)
        version = version or first.version
        known = self.versions(first.method)
        if version not in known:
            return _refused(
                "evaluation-version-unknown",
                method=first.method, version=version, accepted=", ".join(known) or "–",
            )  # fmt: skip
        files = self._files(actor, first)
        if isinstance(files, Refused):
            return files
        try:
            found = evaluate_files(
                method, version, files, parameters_of(method, files[-1]), first.limits, first.rule
            )
        except ParametersMissing as missing:
            return _refused("evaluation-parameters", run=run, names=", ".join(missing.names))
        except Exception as error:  # a third party's method may fail in any way
            cause = f"{type(error).__name__}: {error}"
            return _refused("evaluation-failed", run=run, cause=cause)
        if version == first.version:
            found = _decided_as_then(found, first)
        again = Reevaluated(
            first=first,
            version=version,
            found=found,
            rows=compare(first.judgements, found.judgements),
        )
        return self._keep(actor, again) if keep and not again.same_version else again

    def _files(self, actor: Actor, first: FirstResult) -> tuple[Path, ...] | Refused:
        """Find the sealed files of a run, every one as it was sealed."""
        found = []
        for number, sha256 in first.segments:
            located = self._locator.file(actor, number)
            if located is None or not located[0].is_file():
                return _refused("evaluation-record-missing", run=number)
            checked = segments.verify(located[0], sha256 or None)
            if not checked.ok:
                cause = "; ".join(checked.problems)
                return _refused("evaluation-record-damaged", run=number, cause=cause)
            found.append(located[0])
        return tuple(found)

    def _keep(self, actor: Actor, again: Reevaluated) -> Reevaluated:
        first = again.first
        with self._store.change(self._clock.now()) as change:
            change.keep(
                actor,
                KeptEvaluation(
                    run=first.id,
                    version=again.version,
                    software=f"testbed {installed('testbed-center')}",
                    found=again.found,
                ),
            )
            detail = f"{first.method} {first.version} → {again.version}: {again.found.outcome}"
            change.audit(actor, first.organisation, first.number, "re-evaluate", detail)
            change.commit()
        return replace(again, kept=True)


def _refused(code: str, **values: str) -> Refused:
    return Refused((Objection(code, values),))


def _decided_as_then(found: Evaluated, first: FirstResult) -> Evaluated:
    """Decide without a rule where the run was decided before there were rules.

    Then a value inside its limits passed, whatever its uncertainty.
    """
    then = {each.measurand: each for each in first.judgements}
    rows = tuple(_without_rule(each, then.get(each.measurand)) for each in found.judgements)
    valid = not any(finding.invalidates for finding in found.findings)
    outcome = verdict((row.outcome for row in rows), completed=True, valid=valid)
    return replace(found, judgements=rows, outcome=outcome)


def _without_rule(now: Judgement, then: Judgement | None) -> Judgement:
    if then is None or then.limit is None or then.decision is not None or now.limit is None:
        return now
    outcome = Outcome.PASS if _inside(now.value, now.limit) else Outcome.FAIL
    return replace(now, outcome=outcome, decision=None)


def _inside(value: float | None, limit: Limit) -> bool:
    if value is None:
        return False
    low, high = limit.low, limit.high
    return (low is None or value >= low) and (high is None or value <= high)
