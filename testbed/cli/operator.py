"""The person at the terminal of a run: sees its progress, answers its questions, steers it."""

import os
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import click

from testbed.engine.control import Aborted, Control
from testbed.engine.ports import Command, CommandKind, Progress, Prompt, PromptKind
from testbed.engine.prompts import accepted_range, read_answer
from testbed.i18n import Words
from testbed.procedure import Note, Procedure, picture_file
from testbed.procedure.parameters import ParameterError

__all__ = ["Operator", "signals_abort"]

_KEYS = {
    "p": CommandKind.PAUSE,
    "c": CommandKind.RESUME,
    "s": CommandKind.STOP_AFTER_PHASE,
    "a": CommandKind.ABORT,
}


@contextmanager
def signals_abort(control: Control, by: str, said: Words) -> Iterator[None]:
    """Let Ctrl-C and SIGTERM abort the run; however often they come, nothing else is disturbed."""
    words = f"\n{said('Aborting: the safe actions follow.')}\n".encode()

    def abort(*_: object) -> None:
        if control.abort(Aborted("remark.aborted", by=by)):
            # A stream could be in the middle of a line, and refuses to be entered twice.
            os.write(2, words)

    kept = {number: signal.signal(number, abort) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in kept.items():
            signal.signal(number, handler)


class Operator:
    """The person at the terminal.

    Lines are read from the standard input by one thread: those of a terminal at any time, those of
    a pipe or a file only while a question is open.

    Parameters
    ----------
    by
        Login under which answers and commands go on record.
    yes
        Answer every question that has options with the first of them.
    """

    def __init__(self, said: Words, method: type[Procedure], by: str, *, yes: bool) -> None:
        self._said = said
        self._method = method
        self._by = by
        self._yes = yes
        self._prompt: Prompt | None = None
        self._asked = 0
        self._suspended: Note | None = None
        self._waiting = threading.Event()
        self._commands: list[Command] = []
        self._eager = sys.stdin.isatty()
        if self._eager:
            self._print(said("Keys, each with Enter: p pause, c continue, s stop after the phase, "
                             "a abort"))  # fmt: skip
        threading.Thread(target=self._listen, daemon=True).start()

    def look(self, progress: Progress) -> tuple[Command, ...]:
        """Show progress and hand over what was said meanwhile."""
        self._follow(progress.prompt)
        if progress.suspended != self._suspended:
            self._suspended = progress.suspended
            if self._suspended is not None:
                self._print(self._said(self._suspended.code, **self._suspended.values))
        if self._prompt is None and sys.stderr.isatty():
            self._show(progress)
        commands, self._commands = tuple(self._commands), []
        return commands

    def _follow(self, prompt: Prompt | None) -> None:
        if prompt is None or prompt.number == self._asked:
            # It may have been answered in the dashboard.
            self._prompt = None if prompt is None else self._prompt
            return
        self._asked = prompt.number
        if self._yes and prompt.options:
            self._answer(prompt, prompt.options[0])
            return
        self._ask(prompt)
        self._prompt = prompt
        self._waiting.set()

    def _show(self, progress: Progress) -> None:
        phase = self._said(f"phase.{self._method.id}.{progress.phase}")
        left = "" if progress.remaining is None else f"  {progress.remaining:.0f} s"
        state = self._said("Paused") if progress.paused else ""
        state = self._said("Suspended") if progress.suspended else state
        if progress.stopping:
            state = f"{state} {self._said('Stops after this phase')}"
        click.echo(f"\r\033[K{phase}  {progress.done:4.0%}{left}  {state}", nl=False, err=True)

    def _ask(self, prompt: Prompt) -> None:
        self._print(self._said(prompt.code, **prompt.values))
        if prompt.picture and (file := picture_file(self._method, prompt.picture)) is not None:
            self._print(self._said("Picture: {path}", path=file))
        if prompt.kind is PromptKind.NUMBER:
            self._print(self._said("A number: {accepted}", accepted=accepted_range(prompt)))
        for place, option in enumerate(prompt.options, 1):
            self._print(f"  {place}  {self._said(option)}")

    def _listen(self) -> None:
        while True:
            if not self._eager:
                self._waiting.wait()
            line = sys.stdin.readline()
            if not line:
                return
            self._hear(line.strip())

    def _hear(self, text: str) -> None:
        if (prompt := self._prompt) is not None:
            self._take(prompt, text)
        elif text in _KEYS:
            self._commands.append(Command(kind=_KEYS[text], by=self._by))
        elif text:
            self._print(self._said("{text} is no key; accepted: {accepted}", text=text,
                                   accepted=", ".join(_KEYS)))  # fmt: skip

    def _take(self, prompt: Prompt, text: str) -> None:
        if prompt.options:
            place = int(text) if text.isdecimal() else 1 if len(prompt.options) == 1 else 0
            if not 0 < place <= len(prompt.options):
                last = len(prompt.options)
                self._print(self._said("Type a number from 1 to {last}.", last=last))
                return
            text = prompt.options[place - 1]
        try:
            read_answer(prompt, text)
        except ParameterError as error:
            self._print(f"✗ {self._said(f'objection.{error.code}', **error.values)}")
            return
        self._answer(prompt, text)

    def _answer(self, prompt: Prompt, text: str) -> None:
        self._waiting.clear()
        self._prompt = None
        self._commands.append(
            Command(kind=CommandKind.ANSWER, prompt=prompt.number, text=text, by=self._by)
        )

    @staticmethod
    def _print(line: str) -> None:
        head = "\r\033[K" if sys.stderr.isatty() else ""
        click.echo(f"{head}{line}", err=True)

    def end(self) -> None:
        """Leave the progress line."""
        if sys.stderr.isatty():
            click.echo("\r\033[K", nl=False, err=True)
