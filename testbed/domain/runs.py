"""The life of a run: queued, running or paused, ended; nothing else writes its state.

::

    queued --claim--> running --pause--> paused
       |                 |  <--resume--    |
       +--withdraw--+    +------end--------+
                    v             v
                          ended
"""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType

__all__ = ["RUN_TABLE", "RunState", "RunStep", "WrongStep", "after"]


class RunState(StrEnum):
    """How far a run is; apart from how it ended and from its verdict."""

    QUEUED = "queued"
    RUNNING = "running"
    PAUSED = "paused"
    ENDED = "ended"


class RunStep(StrEnum):
    """What can happen to a run."""

    CLAIM = "claim"
    PAUSE = "pause"
    RESUME = "resume"
    END = "end"
    WITHDRAW = "withdraw"


class WrongStep(Exception):
    """A step that the table does not have from this state."""


RUN_TABLE: Mapping[tuple[RunState, RunStep], RunState] = MappingProxyType(
    {
        (RunState.QUEUED, RunStep.CLAIM): RunState.RUNNING,
        (RunState.QUEUED, RunStep.WITHDRAW): RunState.ENDED,
        (RunState.RUNNING, RunStep.PAUSE): RunState.PAUSED,
        (RunState.RUNNING, RunStep.END): RunState.ENDED,
        (RunState.PAUSED, RunStep.RESUME): RunState.RUNNING,
        (RunState.PAUSED, RunStep.END): RunState.ENDED,
    }
)


def after(state: RunState, step: RunStep) -> RunState:
    """Tell the state that a step leads to.

    Raises
    ------
    WrongStep
        The table has no such step from `state`.
    """
    try:
        return RUN_TABLE[state, step]
    except KeyError:
        raise WrongStep(f"a run that is {state} cannot {step}") from None
