"""Whether a running run can be told something, and what stands against it."""

from dataclasses import dataclass

from testbed.domain.objections import Objection
from testbed.domain.people import Actor, Role
from testbed.domain.runs import RunState
from testbed.engine.ports import Command, CommandKind, Prompt
from testbed.engine.prompts import read_answer
from testbed.procedure import Note
from testbed.procedure.parameters import ParameterError

__all__ = ["ControlledRun", "objection_to_tell"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ControlledRun:
    """A run that somebody wants to steer.

    Attributes
    ----------
    prompt
        The question that it waits with, as of its last heartbeat.
    paused, suspended
        Whether a person lets it stand, and why a monitor does.
    """

    id: int
    number: str
    organisation: int
    bench: str
    state: RunState
    direct: bool
    prompt: Prompt | None = None
    paused: bool = False
    suspended: Note | None = None


def objection_to_tell(actor: Actor, run: ControlledRun, command: Command) -> Objection | None:
    """Find what stands against a command; None where nothing does."""
    own = run.direct and run.organisation == actor.organisation
    if not (actor.has(Role.ENGINEER) or own):
        return Objection("run-needs-engineer", {"booking": run.number})
    if run.state is RunState.ENDED:
        return Objection("run-ended", {"run": run.number})
    if command.kind is CommandKind.RESUME and run.suspended is not None and not run.paused:
        values = run.suspended.values
        if run.suspended.code == "remark.disk-full":
            return Objection("run-awaits-room", {"free": values["free"]})
        return Objection(
            "run-suspended",
            {
                "monitor": values["monitor"],
                "accepted": values["accepted"],
                "settle": values["settle"],
            },
        )
    if command.kind is CommandKind.ANSWER:
        return _objection_to_answer(run, command)
    return None


def _objection_to_answer(run: ControlledRun, command: Command) -> Objection | None:
    if run.prompt is None or run.prompt.number != command.prompt:
        return Objection("prompt-not-open", {"run": run.number})
    try:
        read_answer(run.prompt, command.text)
    except ParameterError as error:
        return Objection(error.code, error.values)
    return None
