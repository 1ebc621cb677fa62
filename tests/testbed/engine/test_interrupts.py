"""Ctrl-C in a notebook: the run ends at its next point, with its safe actions."""

import os
import signal
import threading
from collections.abc import Iterator

import pytest

from testbed.engine.control import Aborted, Control
from testbed.engine.interrupts import interrupts
from testbed.engine.ports import Ending
from tests.testbed.engine.stage import stage


@pytest.fixture(autouse=True)
def as_python_starts() -> Iterator[None]:
    kept = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, kept)


def test_ten_signals_are_one_abort_and_no_exception() -> None:
    control = Control()
    with interrupts(control):
        for _ in range(10):
            os.kill(os.getpid(), signal.SIGINT)
        with pytest.raises(Aborted) as ended:
            control.check()
    assert ended.value.values == {"by": "keyboard"}
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_a_door_keeps_its_own_handler() -> None:
    told: list[int] = []
    signal.signal(signal.SIGINT, lambda *_: told.append(1))
    control = Control()
    with interrupts(control):
        os.kill(os.getpid(), signal.SIGINT)
    control.check()
    assert told == [1]


def test_another_thread_leaves_signals_alone() -> None:
    failures: list[BaseException] = []

    def run() -> None:
        try:
            with interrupts(Control()):
                assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
        except BaseException as error:
            failures.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    assert failures == []


def test_a_run_that_was_interrupted_ten_times_is_safe_and_sealed(tmp_path) -> None:
    with stage("climate-1", tmp_path) as bench:

        def strike() -> None:
            for _ in range(10):
                os.kill(os.getpid(), signal.SIGINT)

        # The first samples of five weeks of dry heat are past by then, its end is not.
        timer = threading.Timer(1.0, strike)
        timer.start()
        result = bench.run(tmp_path / "struck.h5", "iec-60068-2-2", {"duration": 900.0})
        timer.join()
        outputs = bench.control.ask("truth")["truth"]["outputs"]
    assert result.ending is Ending.ABORTED
    assert result.remark is not None
    assert result.remark.values == {"by": "keyboard"}
    assert result.safe
    assert result.rows > 0
    assert not any(outputs.values())
