"""The maintenance booking under which the terminal at a bench carries out a run."""

import secrets
from datetime import timedelta

from testbed.adapters.benches import BenchFile
from testbed.bootstrap import Testbed
from testbed.cli.words import leave
from testbed.domain.names import Name
from testbed.domain.objections import Refused
from testbed.domain.people import Activity, Actor, Role
from testbed.engine.context import BenchClock
from testbed.i18n import Words
from testbed.procedure import Procedure, complete_parameters
from testbed.procedure.parameters import ParameterError
from testbed.services.commands import BookingKind, RequestBooking, StartRun
from testbed.services.register import NewEquipment

__all__ = ["account_at", "book"]

_ACCOUNT = "bench"
_HOUR = timedelta(hours=1)
_MARGIN = 1.2  # of the method's forecast
_LONGEST = timedelta(days=31)  # that the database keeps as one occupancy


def account_at(testbed: Testbed, file: BenchFile, method: type[Procedure]) -> Actor:
    """Find the account that works at the bench itself; set it up on first use."""
    testbed.register.add_organisation(None, "centre", Name(ko="센터", en="Centre"))
    try:
        actor = testbed.people.find(_ACCOUNT)
    except LookupError:
        name, password = Name(ko="시험대", en="Bench"), secrets.token_urlsafe(24)
        testbed.people.create_account(_ACCOUNT, name, "centre", [Role.ENGINEER], password)
        actor = testbed.people.find(_ACCOUNT)
    testbed.register.authorise(None, _ACCOUNT, method.id, method.version, Activity.PERFORM)
    for setting in file.roles.values():
        new = NewEquipment(
            code=setting.equipment or f"{file.name}/{setting.role}",
            name=Name(ko=setting.driver, en=setting.driver),
            serial=setting.serial,
            bench=file.name,
            role=setting.role,
            methods=(method.id,),
        )
        testbed.register.add_equipment(None, new)
    return actor


def book(
    testbed: Testbed,
    actor: Actor,
    file: BenchFile,
    method: type[Procedure],
    wish: StartRun,
    clock: BenchClock,
    said: Words,
) -> str:
    """Book the bench for maintenance; what was cut off goes on under its own live booking."""
    now = testbed.clock.now()
    codes = tuple(s.equipment or f"{file.name}/{s.role}" for s in file.roles.values())
    earlier = testbed.queries.run(actor, wish.continues) if wish.continues else None
    if earlier is not None:
        row = testbed.queries.booking(actor, earlier.row.booking)
        if row is not None and row.start <= now < row.end:
            return row.number
    for row in testbed.queries.bookings(actor):
        # A process that was killed could not give back what it had booked.
        mine = row.person == actor.name and row.kind == BookingKind.MAINTENANCE and row.startable
        if mine and set(row.equipment) == set(codes):
            return row.number
    booked = testbed.booking.request(
        actor,
        RequestBooking(
            equipment=codes,
            start=now,
            end=now + _length(method, wish, clock),
            kind=BookingKind.MAINTENANCE,
            purpose=method.id,
        ),
    )
    if isinstance(booked, Refused):
        leave(booked, said)
        raise AssertionError
    return booked.number


def _length(method: type[Procedure], wish: StartRun, clock: BenchClock) -> timedelta:
    """Book an hour more than the run is expected to take in the time of the centre."""
    if clock.factor is None:
        return _HOUR
    try:
        procedure = method(complete_parameters(method, wish.parameters), {})
    except ParameterError:
        # Starting names what is wrong with them.
        return _HOUR
    expected = timedelta(seconds=_MARGIN * procedure.forecast() / clock.factor)
    return min(_HOUR + expected, _LONGEST)
