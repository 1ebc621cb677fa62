"""Safe actions: run last-in first-out at any end of a run, each bounded, all of them tried."""

import threading
from collections.abc import Callable
from typing import TypeVar

__all__ = ["SafeActions", "bounded"]

Value = TypeVar("Value")
_LONGEST = 15.0  # [s]


def bounded(action: Callable[[], Value], seconds: float) -> Value:
    """Carry out `action`, but wait for it no longer than `seconds` [s].

    Raises
    ------
    TimeoutError
        It is not done by then; it goes on in a thread of its own, which nothing waits for.
    """
    results: list[Value] = []
    failures: list[BaseException] = []

    def carry_out() -> None:
        try:
            results.append(action())
        except BaseException as error:
            failures.append(error)

    thread = threading.Thread(target=carry_out, daemon=True)
    thread.start()
    thread.join(seconds)
    if thread.is_alive():
        raise TimeoutError(f"not done within {seconds:g} s")
    if failures:
        raise failures[0]
    return results[0]


class SafeActions:
    """The safe actions that a run has registered so far."""

    def __init__(self) -> None:
        self._actions: list[tuple[str, Callable[[], None]]] = []

    def add(self, name: str, action: Callable[[], None]) -> None:
        """Register an action; it will run before all that were registered earlier."""
        self._actions.append((name, action))

    def run(self) -> dict[str, str]:
        """Carry all out, once; gives the failures by name."""
        failures: dict[str, str] = {}
        while self._actions:
            name, action = self._actions.pop()
            try:
                bounded(action, _LONGEST)
            except Exception as error:
                failures[name] = str(error)
        return failures
