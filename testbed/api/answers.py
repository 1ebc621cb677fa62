"""What every route has in common: who asks, and what an answer or its absence becomes."""

from collections.abc import Callable, Coroutine
from typing import Annotated, Any

from fastapi import Depends, HTTPException, Request, Response
from fastapi.routing import APIRoute

from testbed.domain.objections import Refused
from testbed.domain.people import Actor
from testbed.services.records import RecordUnreachable

__all__ = ["Person", "RecordRoute", "done", "found"]


def _actor(request: Request) -> Actor:
    actor: Actor = request.state.actor
    return actor


Person = Annotated[Actor, Depends(_actor)]


def done(answer: object) -> Any:  # noqa: ANN401
    """Give the answer, or turn objections into 409 with codes and values."""
    if isinstance(answer, Refused):
        detail = [{"code": each.code, "values": dict(each.values)} for each in answer.objections]
        raise HTTPException(409, detail)
    return answer


def found(answer: object) -> Any:  # noqa: ANN401
    """Give the answer, or 404: what a person may not know of is not there."""
    if answer is None:
        raise HTTPException(404, "not found")
    return answer


class RecordRoute(APIRoute):
    """A route that answers 503 where an archived record cannot be had; why, to staff only."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Wrap what the route does."""
        handle = super().get_route_handler()

        async def reached(request: Request) -> Response:
            try:
                return await handle(request)
            except RecordUnreachable as error:
                why = str(error) if _actor(request).is_staff else "the record is in the archive"
                raise HTTPException(503, f"{why}; try again later, or ask the centre") from error

        return reached
