"""Work done in a process of its own: it may hang, crash or be killed, and its maker lives on."""

import os
import traceback
from collections.abc import Callable
from multiprocessing import get_context
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from pathlib import Path

__all__ = ["PATIENCE", "finished", "start"]

PATIENCE = 60.0  # [s], after which something hangs
# Forked from a process that has imported everything and opened nothing.
_CONTEXT = get_context("forkserver")
_CONTEXT.set_forkserver_preload(["tests.faults.record_healing", "tests.faults.record_writer"])


def _apart(errors: Path, told: Connection | None, work: Callable[..., object], *given: object):
    """Do some work in a forked process: its errors into a file, its result into a pipe."""
    descriptor = os.open(errors, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    os.dup2(descriptor, 2)
    try:
        result = work(*given)
    except BaseException:
        os.write(2, traceback.format_exc().encode())
        os._exit(1)
    if told is not None:
        told.send(result)
    os._exit(0)


def start(
    errors: Path, work: Callable[..., object], *given: object
) -> tuple[BaseProcess, Connection]:
    """Start some work in a process of its own; gives it and the end of its pipe."""
    heard, told = _CONTEXT.Pipe(duplex=False)
    process = _CONTEXT.Process(target=_apart, args=(errors, told, work, *given), daemon=True)
    process.start()
    told.close()
    return process, heard


def finished(process: BaseProcess, heard: Connection, patience: float = PATIENCE) -> object:
    """Wait for the result of some work; None where it ended without one.

    Raises
    ------
    TimeoutError
        It hangs.
    """
    try:
        if not heard.poll(patience):
            raise TimeoutError(f"no answer within {patience:g} s")
        return heard.recv()
    except EOFError:
        return None
    finally:
        if process.is_alive():
            process.join(0.2)
        process.kill()
        process.join()
        heard.close()
