"""What people want of a run, and what it tells them: between the heartbeat and the phases."""

import threading
from dataclasses import replace
from datetime import datetime

from testbed.engine.ports import Command, CommandKind, Progress, Prompt
from testbed.engine.prompts import Answer, read_answer
from testbed.procedure import Note
from testbed.procedure.parameters import ParameterError

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
        self._news = threading.Event()
        self._aborted: Aborted | None = None
        self._paused = False
        self._suspended: Note | None = None
        self._stopper: str | None = None
        self._prompt: Prompt | None = None
        self._answer: Answer | None = None
        self._refused: list[ParameterError] = []
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
            case CommandKind.STOP_AFTER_PHASE:
                self.stop_after_phase(command.by)
            case CommandKind.ABORT:
                self.abort(Aborted("remark.aborted", by=command.by))
            case CommandKind.ANSWER:
                self.answer(command.prompt, command.text, by=command.by)

    def pause(self) -> None:
        """Stand at the next point."""
        with self._changed:
            self._paused = True

    def resume(self) -> None:
        """Go on."""
        with self._changed:
            self._paused = False
            self._changed.notify_all()

    def abort(self, reason: Aborted) -> bool:
        """End at the next point; the first reason stands, and is told by True."""
        with self._changed:
            first = self._aborted is None
            self._aborted = self._aborted or reason
            self._changed.notify_all()
            return first

    def stop_after_phase(self, by: str = "") -> None:
        """End once the phase in effect has come to its end; the first who says so is named."""
        with self._changed:
            self._stopper = by if self._stopper is None else self._stopper

    @property
    def stopper(self) -> str | None:
        """Who wants the run to end after its phase; None where nobody does."""
        return self._stopper

    def suspend(self, reason: Note | None) -> None:
        """Stand until called again with None; a monitor's word, apart from people's pauses."""
        with self._changed:
            self._suspended = reason
            self._changed.notify_all()

    def answer(self, number: int, text: str, *, by: str = "") -> None:
        """Answer the open prompt.

        What is meant for a prompt that is not open is ignored: somebody was faster. What the open
        prompt does not accept leaves it open, and goes on record.
        """
        with self._changed:
            prompt = self._prompt
            if prompt is None or prompt.number != number:
                return
            try:
                value = read_answer(prompt, text)
            except ParameterError as error:
                self._refused.append(error)
            else:
                self._answer = Answer(text=text, value=value, by=by)
            self._changed.notify_all()

    @property
    def paused(self) -> bool:
        """Whether somebody has paused the run."""
        return self._paused

    @property
    def stands(self) -> bool:
        """Whether the run stands, or will at its next point."""
        return self._paused or self._suspended is not None

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

    def ask(self, prompt: Prompt) -> int:
        """Open a prompt; gives the number that it gets."""
        with self._changed:
            self._prompts += 1
            self._answer = None
            self._prompt = replace(prompt, number=self._prompts)
            self._news.set()
            return self._prompts

    def await_news(self, seconds: float) -> None:
        """Wait until there is something to be told at once, `seconds` [s] at most."""
        self._news.wait(seconds)
        self._news.clear()

    def hurry(self) -> None:
        """Have whoever awaits news look now."""
        self._news.set()

    def take_answer(self) -> Answer | None:
        """Give the answer and close the prompt; None while it is open."""
        with self._changed:
            answer, self._answer = self._answer, None
            if answer is not None:
                self._prompt = None
            return answer

    def take_refused(self) -> list[ParameterError]:
        """Give the answers that were not accepted since the last time."""
        with self._changed:
            refused, self._refused = self._refused, []
            return refused

    def progress(self, rows: int, bench_time: datetime) -> Progress:
        """Tell how far the run is."""
        with self._changed:
            return Progress(
                phase=self.phase,
                done=self.done,
                remaining=self.remaining,
                paused=self._paused,
                suspended=self._suspended,
                stopping=self._stopper is not None,
                prompt=self._prompt,
                rows=rows,
                bench_time=bench_time,
            )
