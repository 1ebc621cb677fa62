"""No driver and no method repeats what has failed: only `run.retry` does, and says so.

To wait on for the reply to one question is no repetition. Links are not looked at: to come back in
step they repeat their sentinel, never the question that has failed.
"""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FAILURES = {
    "InstrumentError", "LinkLost", "NoAnswer", "BadAnswer", "InstrumentFault",
    "TimeoutError", "OSError", "Exception", "BaseException",
}  # fmt: skip
WAITING = {"receive", "_judged"}
PLACES = [
    *sorted((ROOT / "instruments" / "drivers").glob("*.py")),
    *sorted((ROOT / "testbed" / "methods").glob("*.py")),
    ROOT / "instruments" / "scpi_instrument.py",
    ROOT / "instruments" / "line_instrument.py",
]


def repetitions(source: str) -> list[int]:
    """Lines of handlers in a loop after which what has failed is carried out once more."""
    found = set()
    for loop in ast.walk(ast.parse(source)):
        if isinstance(loop, ast.For | ast.While):
            for tried in (n for n in ast.walk(loop) if isinstance(n, ast.Try)):
                if _called(tried.body) - WAITING:
                    found |= set(_going_on(tried))
    return sorted(found)


def _called(body: list[ast.stmt]) -> set[str]:
    calls = [n.func for part in body for n in ast.walk(part) if isinstance(n, ast.Call)]
    return {getattr(func, "attr", getattr(func, "id", "")) for func in calls}


def _going_on(tried: ast.Try) -> Iterator[int]:
    for handler in tried.handlers:
        named = ast.walk(handler.type) if handler.type is not None else ()
        caught = {n.id for n in named if isinstance(n, ast.Name)} or {"BaseException"}
        ends = isinstance(handler.body[-1], ast.Raise | ast.Return | ast.Break)
        if caught & FAILURES and not ends:
            yield handler.lineno


def test_the_guard_sees_what_it_guards_against():
    assert repetitions("for _ in range(3):\n try:\n  f()\n except (A, BadAnswer):\n  pass") == [4]
    assert repetitions("while True:\n try:\n  return l.query(q)\n except:\n  n += 1") == [4]
    assert repetitions("while True:\n try:\n  f()\n except NoAnswer as e:\n  raise X from e") == []
    assert repetitions("while True:\n try:\n  l.receive()\n except NoAnswer:\n  pass") == []
    assert repetitions("for _ in x:\n try:\n  f()\n except ValueError:\n  pass") == []


@pytest.mark.parametrize("place", PLACES, ids=lambda path: path.stem)
def test_nothing_is_tried_twice_in_silence(place: Path):
    assert repetitions(place.read_text(encoding="utf-8")) == []
