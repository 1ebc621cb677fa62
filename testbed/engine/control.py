"""What people want of a run, and what it tells them: between the heartbeat and the phases."""

import threading
from collections.abc import Mapping
from datetime import datetime

from testbed.engine.ports import Command, CommandKind, Progress, Prompt

__all__ = ["Aborted", "Control"]


class Aborted(Exception):
    """Ends the phase that is going on; phases do not catch it."""

    def __init__(self, code: str = "remark.aborted", **values: str | float) -> None:
        self.code = code
        self.values = values
        super().__init__(code)


class Control:
    """State shared by the thread of the phases and that of the heartbeat."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._aborted: Aborted | None = None
        self._paused = False
        self._prompt: Prompt | None = None
        self._answer: str | None = None
        self._prompts = 0
        self.phase = ""
        self.done = 0.0
        self.remaining: float | None = None

    def take(self, command: Command) -> None:
        """Take in a command of the heartbeat."""
        match command.kind:
            case CommandKind.PAUSE:
                self.pause()
            case CommandKind.RESUME:
                self.resume()
            case CommandKind.ABORT:
                self.abort(Aborted("remark.aborted", by=command.by))
            case CommandKind.ANSWER:
                self.answer(command.prompt, command.text)

    def pause(self) -> None:
        """Stand at the next point."""
        with self._changed:
            self._paused = True

    def resume(self) -> None:
        """Go on."""
        with self._changed:
            self._paused = False
            self._changed.notify_all()

    def abort(self, reason: Aborted) -> None:
        """End at the next point; the first reason stands."""
        with self._changed:
            self._aborted = self._aborted or reason
            self._changed.notify_all()

    def answer(self, number: int, text: str) -> None:
        """Answer the open prompt; what fits no open prompt or none of its options is ignored."""
        with self._changed:
            prompt = self._prompt
            if prompt is None or prompt.number != number:
                return
            if prompt.options and text not in prompt.options:
                return
            self._answer = text
            self._changed.notify_all()

    @property
    def paused(self) -> bool:
        """Whether the run stands, or will at its next point."""
        return self._paused

    def check(self) -> None:
        """Raise what ends the run.

        Raises
        ------
        Aborted
            Somebody aborted it.
        """
        if self._aborted is not None:
            raise self._aborted

    def wait(self, seconds: float) -> None:
        """Wait until something changes, `seconds` [s] at most."""
        with self._changed:
            if self._aborted is None:
                self._changed.wait(seconds)

    def ask(self, code: str, options: tuple[str, ...], values: Mapping[str, str | float]) -> int:
        """Open a prompt; gives its number."""
        with self._changed:
            self._prompts += 1
            self._answer = None
            self._prompt = Prompt(
                number=self._prompts, code=code, options=options, values=dict(values)
            )
            return self._prompts

    def take_answer(self) -> str | None:
        """Give the answer and close the prompt; None while it is open."""
        with self._changed:
            answer, self._answer = self._answer, None
            if answer is not None:
                self._prompt = None
            return answer

    def progress(self, rows: int, bench_time: datetime) -> Progress:
        """Tell how far the run is."""
        with self._changed:
            return Progress(
                phase=self.phase,
                done=self.done,
                remaining=self.remaining,
                paused=self._paused,
                prompt=self._prompt,
                rows=rows,
                bench_time=bench_time,
            )
