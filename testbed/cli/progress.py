"""How far a long piece of work is, on the terminal of who waits for it."""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import click

__all__ = ["shown_progress"]

_PATIENCE = 1.0  # [s]


@contextmanager
def shown_progress() -> Iterator[Callable[[int, int], None]]:
    """Show a bar on standard error once the work takes longer than a second."""
    begun = time.monotonic()
    shown = False

    def tell(done: int, total: int) -> None:
        nonlocal shown
        if not sys.stderr.isatty() or time.monotonic() - begun < _PATIENCE:
            return
        shown = True
        click.echo(f"\r{done / max(total, 1):4.0%}  {done:,} / {total:,}", err=True, nl=False)

    try:
        yield tell
    finally:
        if shown:
            click.echo(err=True)
