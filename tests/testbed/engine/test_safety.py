"""Safe actions: last-in first-out, each bounded, all of them tried, whatever the others do."""

import threading
import time

import pytest

from testbed.engine import safety
from testbed.engine.safety import SafeActions, bounded


def test_they_begin_last_in_first_out_and_once():
    done: list[str] = []
    actions = SafeActions()
    for name in ("load off", "supply off", "chamber off"):
        actions.add(name, lambda name=name: done.append(name))
    assert actions.run() == {}
    assert done == ["chamber off", "supply off", "load off"]
    assert actions.run() == {}
    assert len(done) == 3


def test_one_that_fails_is_named_and_the_others_are_tried():
    done: list[str] = []

    def refuse() -> None:
        raise OSError("no such device")

    actions = SafeActions()
    actions.add("first", lambda: done.append("first"))
    actions.add("broken", refuse)
    actions.add("last", lambda: done.append("last"))
    assert actions.run() == {"broken": "no such device"}
    assert done == ["last", "first"]


def test_one_that_hangs_keeps_no_other_waiting_for_long(monkeypatch: pytest.MonkeyPatch):
    # openhtf 790, 1259: a blocked teardown kept everything behind it from happening.
    monkeypatch.setattr(safety, "_LONGEST", 2.5)
    hanging = threading.Event()
    done: dict[str, float] = {}
    begun = time.monotonic()

    def note(name: str) -> None:
        done[name] = time.monotonic() - begun

    actions = SafeActions()
    actions.add("first", lambda: note("first"))
    actions.add("hangs", lambda: hanging.wait(30) and None)
    assert actions.run(("role", lambda: note("role"))) == {"hangs": "not done within 2.5 s"}
    assert done["first"] < 2.0
    assert done["role"] < 2.0
    hanging.set()


def test_an_interrupt_inside_one_is_its_own_failure_alone():
    def interrupted() -> None:
        raise KeyboardInterrupt

    done: list[str] = []
    actions = SafeActions()
    actions.add("first", lambda: done.append("first"))
    actions.add("interrupted", interrupted)
    assert actions.run() == {"interrupted": "KeyboardInterrupt"}
    assert done == ["first"]


def test_a_bounded_action_gives_its_value_or_its_error():
    assert bounded(lambda: 7, 1.0) == 7
    with pytest.raises(ZeroDivisionError):
        bounded(lambda: 1 // 0, 1.0)
    with pytest.raises(TimeoutError, match=r"0\.1 s"):
        bounded(lambda: time.sleep(1.0), 0.1)
