"""What the engine asks of the centre: the one small port between a bench worker and the rest."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from pathlib import Path
from typing import Protocol

from testbed.domain.conformity import Limit, Outcome
from testbed.domain.decision_rule import SIMPLE, DecisionRule
from testbed.domain.judgement import Judgement
from testbed.procedure import Construction, Finding, Note, ParameterValue

__all__ = [
    "Assignment",
    "BenchState",
    "Centre",
    "Command",
    "CommandKind",
    "Ending",
    "Progress",
    "Prompt",
    "PromptKind",
    "RunResult",
]


class BenchState(StrEnum):
    """What a bench can do now.

    An *unsafe* bench becomes *cleared* by a person and *ready* by a fresh proof alone.
    """

    READY = "ready"
    RUNNING = "running"
    UNSAFE = "unsafe"
    CLEARED = "cleared"
    OFFLINE = "offline"

    @property
    def refuses(self) -> bool:
        """Whether it takes no work until its safe state is proven."""
        return self in (BenchState.UNSAFE, BenchState.CLEARED)


class Ending(StrEnum):
    """How a run ended; apart from its verdict."""

    COMPLETED = "completed"
    ABORTED = "aborted"
    ERROR = "error"
    INTERRUPTED = "interrupted"


class CommandKind(StrEnum):
    """What people may tell a running run."""

    PAUSE = "pause"
    RESUME = "resume"
    STOP_AFTER_PHASE = "stop-after-phase"
    ABORT = "abort"
    LEASE = "lease"
    ANSWER = "answer"


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """One instruction to a running run; `prompt` and `text` only with ANSWER.

    Attributes
    ----------
    until
        With LEASE: when the booking now ends, UTC.
    """

    kind: CommandKind
    prompt: int = 0
    text: str = ""
    by: str = ""
    until: datetime | None = None


class PromptKind(StrEnum):
    """What kind of answer a question waits for."""

    TEXT = "text"
    NUMBER = "number"
    CHOICE = "choice"
    PICTURE = "picture"
    PASS_FAIL = "pass-fail"


@dataclass(frozen=True, slots=True, kw_only=True)
class Prompt:
    """A question that waits for the operator.

    Attributes
    ----------
    options
        Message ids, one of which is the answer of a choice, a picture or a pass/fail question.
    unit, low, high
        Of a number: the unit that the method sees, and the accepted range in it, ends included.
    picture
        File that the method's package ships (see `testbed.procedure.method_picture`), or "".
    """

    number: int
    code: str
    kind: PromptKind
    options: tuple[str, ...] = ()
    unit: str = ""
    low: float | None = None
    high: float | None = None
    picture: str = ""
    values: Mapping[str, str | float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How far a run is, sent with every heartbeat.

    Attributes
    ----------
    phase
        Name of the phase in effect, "" before the first.
    done
        Share done [0..1].
    remaining
        Time left [s], None where unknown.
    paused
        Whether somebody has paused the run.
    suspended
        Why a monitor lets it stand until its quantity is back; None where none does.
    stopping
        Whether it ends after the phase in effect.
    prompt
        The open question, if any.
    rows
        Rows recorded so far.
    bench_time
        The bench clock's present instant, UTC.
    lease_ends
        When the booking ends as far as the run knows, UTC; None where it needs none.
    """

    phase: str
    done: float
    remaining: float | None
    paused: bool
    prompt: Prompt | None
    rows: int
    bench_time: datetime
    suspended: Note | None = None
    stopping: bool = False
    lease_ends: datetime | None = None

    @property
    def stands(self) -> bool:
        """Whether the run stands, for whatever reason."""
        return self.paused or self.suspended is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class Assignment:
    """A claimed run: all that a bench needs to carry it out.

    Attributes
    ----------
    run
        Run number ("R-2026-00042").
    facts
        Who, what, where and under which booking, for the header of the file: flat names to text.
    limits
        The specification that the values are judged by.
    rule
        How, as agreed before the test.
    file
        Where the record is to be written.
    lease_ends
        When the booking ends, UTC; the run must not outlive it. None for no end.
    lease_grace
        How long [s] a run that stands safe waits for the booking to be extended.
    continues
        Files of the interrupted segments that this run goes on with, oldest first.
    calibrated
        Day of the last calibration by role, where the register knows it.
    """

    run: str
    method: str
    version: str
    parameters: Mapping[str, ParameterValue]
    limits: tuple[Limit, ...]
    facts: Mapping[str, str]
    file: Path
    rule: DecisionRule = SIMPLE
    lease_ends: datetime | None = None
    lease_grace: float = 900.0
    continues: tuple[Path, ...] = ()
    calibrated: Mapping[str, date] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class RunResult:
    """How a run ended and what was found, handed over with the file.

    Attributes
    ----------
    ending
        COMPLETED, ABORTED, ERROR or INTERRUPTED.
    outcome
        The verdict.
    safe
        Whether every output was read back as off.
    remark
        What went wrong, in a code with values; None where nothing did.
    unsafe
        Why the safe state could not be proven, by role; "" where it was.
    """

    ending: Ending
    outcome: Outcome
    judgements: tuple[Judgement, ...]
    findings: tuple[Finding, ...]
    constructions: tuple[Construction, ...]
    rows: int
    safe: bool
    ended: datetime
    remark: Note | None = None
    unsafe: str = ""


class Centre(Protocol):
    """The centre, as a bench worker sees it."""

    def bench_is(self, bench: str, state: BenchState, detail: str = "") -> None:
        """Report the state of the bench; also serves as the sign of life between runs."""
        ...

    def is_cleared(self, bench: str) -> bool:
        """Tell whether a person has cleared a bench, so that it waits for a fresh proof."""
        ...

    def proven(self, bench: str) -> None:
        """Report that every role of a cleared bench was read back as safe just now."""
        ...

    def claim(self, bench: str) -> Assignment | None:
        """Claim the next queued run of the bench and its instruments' leases, all or nothing."""
        ...

    def beat(self, run: str, progress: Progress) -> tuple[Command, ...]:
        """Send the heartbeat of a run and fetch the commands that wait for it."""
        ...

    def finished(self, run: str, result: RunResult) -> None:
        """Hand over the ended run and give its leases back."""
        ...

    def lost_runs(self, bench: str) -> tuple[Assignment, ...]:
        """List runs of this bench that are on record as running although no worker lives."""
        ...
