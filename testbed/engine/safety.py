"""Safe actions: started last-in first-out at any end of a run, each bounded, all of them tried.

An action whose instrument does not answer must not keep the outputs of all others on: the next one
begins once it is done, or after a moment of patience, while it goes on in a thread of its own.
"""

import threading
import time
from collections import deque
from collections.abc import Callable, Iterable
from queue import SimpleQueue
from typing import ClassVar, Generic, TypeVar

__all__ = ["Action", "SafeActions", "all_bounded", "bounded"]

Value = TypeVar("Value")
Action = tuple[str, Callable[[], None]]
"""A name for people, and what is done."""

_PATIENCE = 1.0  # [s] before the next action begins
_LONGEST = 15.0  # [s] for each of them


class _Hand(threading.Thread):
    """A thread that carries out one action after the other: to start one for each takes longer.

    It is idle again once its action is done; one whose action hangs is never asked again.
    """

    _idle: ClassVar[deque["_Hand"]] = deque()

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self._given: SimpleQueue[tuple[Callable[[], None], threading.Event]] = SimpleQueue()
        self.start()

    def run(self) -> None:
        while True:
            action, done = self._given.get()
            action()
            self._idle.append(self)
            done.set()

    @classmethod
    def take_on(cls, action: Callable[[], None]) -> threading.Event:
        """Begin an action that raises nothing; gives the event of its end."""
        done = threading.Event()
        try:
            hand = cls._idle.pop()
        except IndexError:
            hand = cls()
        hand._given.put((action, done))
        return done


class _Task(Generic[Value]):
    """An action in a thread of its own."""

    def __init__(self, action: Callable[[], Value]) -> None:
        self._action = action
        self._values: list[Value] = []
        self._failure: BaseException | None = None
        self._began = time.monotonic()
        self._done = _Hand.take_on(self._carry_out)

    def _carry_out(self) -> None:
        try:
            self._values.append(self._action())
        except BaseException as error:
            self._failure = error

    def wait(self, seconds: float) -> None:
        self._done.wait(seconds)

    def result(self, within: float) -> Value:
        """Give its value, waiting until `within` [s] after its beginning."""
        if not self._done.wait(max(self._began + within - time.monotonic(), 0.0)):
            raise TimeoutError(f"not done within {within:g} s")
        if self._failure is not None:
            raise self._failure
        return self._values[0]


def bounded(action: Callable[[], Value], seconds: float) -> Value:
    """Carry out `action`, but wait for it no longer than `seconds` [s].

    Raises
    ------
    TimeoutError
        It is not done by then; it goes on in a thread of its own, which nothing waits for.
    """
    return _Task(action).result(seconds)


def all_bounded(actions: Iterable[Action], seconds: float) -> dict[str, str]:
    """Carry out all actions at the same time, each for `seconds` [s]; gives failures by name."""
    return _failures(_begun(actions, 0.0), seconds)


def _begun(actions: Iterable[Action], patience: float) -> list[tuple[str, _Task[None]]]:
    tasks: list[tuple[str, _Task[None]]] = []
    for name, action in actions:
        task = _Task(action)
        task.wait(patience)
        tasks.append((name, task))
    return tasks


def _failures(tasks: Iterable[tuple[str, _Task[None]]], seconds: float) -> dict[str, str]:
    failures: dict[str, str] = {}
    for name, task in tasks:
        try:
            task.result(seconds)
        except BaseException as error:
            failures[name] = str(error) or type(error).__name__
    return failures


class SafeActions:
    """The safe actions that a run has registered so far."""

    def __init__(self) -> None:
        self._actions: list[Action] = []

    def add(self, name: str, action: Callable[[], None]) -> None:
        """Register an action; it will begin before all that were registered earlier."""
        self._actions.append((name, action))

    def run(self, *afterwards: Action) -> dict[str, str]:
        """Carry all out, once; gives the failures by name.

        Parameters
        ----------
        afterwards
            What follows them, all at the same time.
        """
        actions, self._actions = self._actions[::-1], []
        return _failures(_begun(actions, _PATIENCE) + _begun(afterwards, 0.0), _LONGEST)
