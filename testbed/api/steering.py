"""REST of a running run: how it stands, what people tell it, and the pictures it shows."""

from typing import Any

from fastapi import APIRouter, HTTPException, Response
from pydantic import BaseModel, Field

from testbed.api.answers import Person, done, found
from testbed.bootstrap import Testbed
from testbed.procedure import method_picture

__all__ = ["add_steering"]


class NewAnswer(BaseModel):
    """The answer to a question: an option, words, or a number that may carry its unit."""

    prompt: int
    text: str = Field(max_length=2000)


def add_steering(router: APIRouter, testbed: Testbed) -> None:
    """Add the routes."""
    execution = testbed.execution

    @router.get("/runs/{number}/live")
    def live(number: str, person: Person) -> Any:  # noqa: ANN401
        return found(testbed.queries.live_one(person, number))

    @router.post("/runs/{number}/pause")
    def pause(number: str, person: Person) -> Any:  # noqa: ANN401
        return done(execution.pause(person, number))

    @router.post("/runs/{number}/continue")
    def go_on(number: str, person: Person) -> Any:  # noqa: ANN401
        return done(execution.resume(person, number))

    @router.post("/runs/{number}/stop-after-phase")
    def stop_after_phase(number: str, person: Person) -> Any:  # noqa: ANN401
        return done(execution.stop_after_phase(person, number))

    @router.post("/runs/{number}/abort")
    def abort(number: str, person: Person) -> Any:  # noqa: ANN401
        return done(execution.abort(person, number))

    @router.post("/runs/{number}/answer")
    def answer(number: str, given: NewAnswer, person: Person) -> Any:  # noqa: ANN401
        return done(execution.answer(person, number, given.prompt, given.text))

    @router.get("/methods/{method}/pictures/{name}")
    def picture(method: str, name: str, person: Person) -> Response:
        declared = testbed.methods().get(method)
        shipped = None if declared is None else method_picture(declared, name)
        if shipped is None:
            raise HTTPException(404, "not found")
        content, media_type = shipped
        headers = {"Cache-Control": "private, max-age=3600"}
        return Response(content, media_type=media_type, headers=headers)
