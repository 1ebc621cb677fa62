"""A method carried out on simulated instruments in virtual time, to see what it would do.

Nothing of a centre is touched: no register, no lease, no bench; the record is thrown away.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

import runs
from testbed.engine.bench import Bench
from testbed.engine.context import BenchClock
from testbed.engine.control import Control
from testbed.engine.executor import carry_out
from testbed.engine.ports import Assignment, Progress, Prompt, PromptKind, RunResult
from testbed.engine.segments import joined, parts
from testbed.procedure import ParameterValue, Procedure

__all__ = ["DryRun", "Span", "rehearse"]

_RUN = "DRY-RUN"


@dataclass(frozen=True, slots=True)
class Span:
    """The lowest and the highest value of a channel [its unit]; NaN where nothing was recorded."""

    unit: str
    lowest: float
    highest: float


@dataclass(frozen=True, slots=True, kw_only=True)
class DryRun:
    """What a run would be like.

    Attributes
    ----------
    result
        How it ended and what was found.
    phases
        Simulated duration [s] by phase, in their order.
    forecast
        What the method itself expects as a whole [s]; 0 where it does not say.
    prompts
        What the operator would be asked, each question once.
    channels
        What was recorded, by channel.
    """

    result: RunResult
    phases: Mapping[str, float]
    forecast: float
    prompts: tuple[Prompt, ...]
    channels: Mapping[str, Span]

    @property
    def duration(self) -> float:
        """Simulated duration of the whole [s]."""
        return sum(self.phases.values())


def rehearse(
    method: type[Procedure],
    parameters: Mapping[str, ParameterValue],
    bench: Bench,
    clock: BenchClock,
    directory: Path,
    hand: Callable[[Prompt], None] = lambda _: None,
) -> DryRun:
    """Carry a method out, and answer every question with the first option or the middle.

    Parameters
    ----------
    parameters
        Complete.
    bench
        Simulated.
    directory
        For the record, which the caller throws away.
    hand
        Does at the simulated bench what a question asks to be done, before it is answered.
    """
    operator = _Operator(hand)
    assignment = Assignment(
        run=_RUN,
        method=method.id,
        version=method.version,
        parameters=parameters,
        limits=(),
        facts={"dry_run": "on simulated instruments in virtual time"},
        file=directory / f"{_RUN}.h5",
    )
    result = carry_out(assignment, method, bench, clock, operator.look, control=operator.control)
    phases, channels = {}, {name: Span(unit, np.nan, np.nan) for name, unit in _units(method)}
    if assignment.file.exists():
        phases, channels = _phases(assignment.file), _spans(method, assignment.file)
    return DryRun(
        result=result,
        phases=phases,
        forecast=method(parameters, {}).forecast(),
        prompts=tuple(operator.asked),
        channels=channels,
    )


class _Operator:
    """Answers whatever is asked."""

    def __init__(self, hand: Callable[[Prompt], None]) -> None:
        self._hand = hand
        self.control = Control()
        self.asked: list[Prompt] = []

    def look(self, progress: Progress) -> tuple[()]:
        """Answer the open question, if there is one."""
        prompt = progress.prompt
        if prompt is not None and all(prompt.number != known.number for known in self.asked):
            self.asked.append(prompt)
            self._hand(prompt)
            self.control.answer(prompt.number, _answer(prompt), by=_RUN)
        return ()


def _answer(prompt: Prompt) -> str:
    if prompt.kind is not PromptKind.NUMBER:
        # Two who are asked for their names are two.
        return prompt.options[0] if prompt.options else f"{_RUN} {prompt.number}"
    ends = [end for end in (prompt.low, prompt.high) if end is not None]
    return repr(sum(ends) / len(ends)) if ends else "1"


def _units(method: type[Procedure]) -> list[tuple[str, str]]:
    return [(channel.name, channel.unit) for channel in method.channels]


def _phases(file: Path) -> dict[str, float]:
    """Add up how long each phase took, from the events of the record."""
    # A run of more than a day lies in several files that count time from the same origin.
    files = parts(file)
    description = runs.describe(files[-1])
    ended = description.ended or description.started
    end = (ended - description.started).total_seconds()
    entered = [
        (event.time, event.text)
        for each in files
        for event in runs.events(each)
        if event.kind == "phase"
    ]
    durations: dict[str, float] = {}
    for place, (since, name) in enumerate(entered):
        until = entered[place + 1][0] if place + 1 < len(entered) else end
        durations[name] = durations.get(name, 0.0) + until - since
    return durations


def _spans(method: type[Procedure], file: Path) -> dict[str, Span]:
    dataset = joined(parts(file))
    found = {}
    for name, unit in _units(method):
        values = dataset[name].to_numpy()
        values = values[~np.isnan(values)]
        ends = (values.min(), values.max()) if len(values) else (np.nan, np.nan)
        found[name] = Span(unit, float(ends[0]), float(ends[1]))
    return found
