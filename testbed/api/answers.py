"""What every route has in common: who asks, and what an answer or its absence becomes."""

from typing import Annotated, Any

from fastapi import Depends, HTTPException, Request

from testbed.domain.objections import Refused
from testbed.domain.people import Actor

__all__ = ["Person", "done", "found"]


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
