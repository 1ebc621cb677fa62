"""The one way in which callbacks are registered, and what pages see of the shell."""

import asyncio
import functools
import inspect
import logging
from collections.abc import Callable
from typing import Any, TypeVar

from dash import Dash
from dash.exceptions import PreventUpdate

from dashboard.security import CURRENT
from testbed.bootstrap import Testbed
from testbed.domain.people import Actor
from testbed.i18n import Words, words

__all__ = ["Shell"]

Function = TypeVar("Function", bound=Callable[..., Any])
_log = logging.getLogger(__name__)


class Shell:
    """What a page asks of the shell that carries it; see `dashboard.pages.host.Host`."""

    def __init__(self, app: Dash, testbed: Testbed) -> None:
        self._app = app
        self.testbed = testbed

    def actor(self) -> Actor:
        """Tell who asks; the gate has made sure that it is somebody."""
        return CURRENT.get()

    def words(self) -> Words:
        """Pick the language of who asks."""
        return words(CURRENT.get().locale)

    def callback(self, *wiring: Any, **options: Any) -> Callable[[Function], Function]:  # noqa: ANN401
        """Register a callback; plain functions run in a thread, errors are logged.

        The function itself stays as it was, so that a test can call it.
        """

        def register(function: Function) -> Function:
            @functools.wraps(function)
            async def answer(*given: Any) -> Any:  # noqa: ANN401
                try:
                    if inspect.iscoroutinefunction(function):
                        return await function(*given)
                    return await asyncio.to_thread(function, *given)
                except PreventUpdate:
                    raise
                except Exception:
                    _log.exception("callback %s failed", function.__qualname__)
                    raise

            self._app.callback(*wiring, **options)(answer)
            return function

        return register
