"""Ctrl-C during a run: it ends at its next point, and its safe actions are carried out."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from testbed.engine.control import Aborted, Control

__all__ = ["interrupts"]


@contextmanager
def interrupts(control: Control, by: str = "keyboard") -> Iterator[None]:
    """Let Ctrl-C abort the run instead of raising an exception anywhere, however often it comes.

    A door that has a handler of its own keeps it; so does every thread but the main one, which
    Python does not tell of signals.
    """
    main = threading.current_thread() is threading.main_thread()
    if not main or signal.getsignal(signal.SIGINT) is not signal.default_int_handler:
        yield
        return
    signal.signal(signal.SIGINT, lambda *_: control.abort(Aborted("remark.aborted", by=by)))
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, signal.default_int_handler)
