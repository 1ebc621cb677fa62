"""What goes on in the demonstration centre right now: two benches at work, so that it moves."""

import threading
from collections.abc import Callable
from datetime import timedelta

from testbed.bootstrap import Testbed
from testbed.demo.fill import read_parameters
from testbed.demo.plan import LIVE
from testbed.domain.objections import Refused
from testbed.services.commands import BookingKind, RequestBooking, StartRun

__all__ = ["keep_moving"]

_PATIENCE = 40  # looks for a prompt, half a second apart


def keep_moving(testbed: Testbed, stop: threading.Event, say: Callable[[str], None]) -> None:
    """Start a run on each bench of `LIVE` that has none, under a booking that covers now."""
    engineer = testbed.people.find("engineer")
    going = {live.row.method for live in testbed.queries.live(engineer)}
    for equipment, hours, login, purpose, method, parameters in LIVE:
        if method in going:
            continue
        booking = _booking(testbed, equipment, hours, login, purpose, method)
        if booking is None:
            continue
        chosen = testbed.methods()[method]
        started = testbed.execution.start(
            engineer,
            StartRun(
                booking=booking, method=method, parameters=read_parameters(chosen, parameters)
            ),
        )
        if isinstance(started, Refused):
            codes = ", ".join(objection.code for objection in started.objections)
            say(f"  {method} was not started: {codes}")
            continue
        _answer(testbed, started.run, stop)


def _booking(
    testbed: Testbed, equipment: tuple[str, ...], hours: int, login: str, purpose: str, method: str
) -> str | None:
    engineer = testbed.people.find("engineer")
    for row in testbed.queries.bookings(engineer):
        if row.startable and row.method == method and set(equipment) <= set(row.equipment):
            return row.number
    now = testbed.clock.now()
    actor = testbed.people.find(login)
    booked = testbed.booking.request(
        actor,
        RequestBooking(
            equipment=equipment,
            start=now,
            end=now + timedelta(hours=hours),
            kind=BookingKind.REQUESTED,
            purpose=purpose,
            method=method,
        ),
    )
    if isinstance(booked, Refused):
        return None
    if booked.state == "requested":
        testbed.booking.approve(testbed.people.find("office"), booked.number)
    return booked.number


def _answer(testbed: Testbed, run: str, stop: threading.Event) -> None:
    engineer = testbed.people.find("engineer")
    for _ in range(_PATIENCE):
        live = testbed.queries.live_one(engineer, run)
        if live is None:
            return
        if live.prompt is not None and live.prompt.options:
            testbed.execution.answer(engineer, run, live.prompt.number, live.prompt.options[0])
            return
        if stop.wait(0.5):
            return
