"""The register: organisations, equipment, specimens, authorisations and outages."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Protocol

from testbed.domain.clock import Clock
from testbed.domain.names import Name
from testbed.domain.objections import Objection, Refused
from testbed.domain.people import Activity, Actor, Role
from testbed.services.booking import SlotTaken

__all__ = ["NewEquipment", "RegisterService", "RegisterStore"]


@dataclass(frozen=True, slots=True, kw_only=True)
class NewEquipment:
    """A piece of equipment as the office enters it; units see `EquipmentRow`."""

    code: str
    name: Name
    maker: str = ""
    model: str = ""
    serial: str = ""
    location: str = ""
    bench: str = ""
    role: str = ""
    unit_count: int = 1
    methods: tuple[str, ...] = ()
    calibrated_on: date | None = None
    calibration_due: date | None = None
    calibration_certificate: str = ""
    needs_approval: bool = False
    direct_use: bool = True
    setup_minutes: int = 0
    cooldown_minutes: int = 0
    shortest_minutes: int = 15
    longest_hours: int = 72


class RegisterStore(Protocol):
    """Where the register is kept; every change is audited with who made it."""

    def add_organisation(self, by: int | None, now: datetime, code: str, name: Name) -> None:
        """Add an organisation, or leave it where the code is there."""
        ...

    def add_equipment(self, by: int | None, now: datetime, new: NewEquipment) -> None:
        """Add a piece of equipment with its units, or leave it where the code is there."""
        ...

    def add_specimen(self, actor: Actor, organisation: int, name: str, now: datetime) -> str:
        """Add a specimen; gives its number."""
        ...

    def authorise(
        self,
        by: int | None,
        now: datetime,
        login: str,
        method: str,
        version: str,
        activity: Activity,
    ) -> None:
        """Let a person do an activity with a method version from now on."""
        ...

    def add_outage(
        self, by: int, code: str, start: datetime, end: datetime, reason: str, now: datetime
    ) -> None:
        """Take all units of a piece of equipment out of use.

        Raises
        ------
        SlotTaken
            It is booked in that time.
        """
        ...


class RegisterService:
    """The use cases of the register; `by` is None only for the centre's own set-up."""

    def __init__(self, store: RegisterStore, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    def add_organisation(self, by: Actor | None, code: str, name: Name) -> Refused | None:
        """Add an organisation."""
        if refused := _by_office(by):
            return refused
        self._store.add_organisation(_who(by), self._clock.now(), code, name)
        return None

    def add_equipment(self, by: Actor | None, new: NewEquipment) -> Refused | None:
        """Add a piece of equipment."""
        if refused := _by_office(by):
            return refused
        self._store.add_equipment(_who(by), self._clock.now(), new)
        return None

    def authorise(
        self, by: Actor | None, login: str, method: str, version: str, activity: Activity
    ) -> Refused | None:
        """Authorise a person for a method version (ISO/IEC 17025:2017, 6.2.6)."""
        if refused := _by_office(by):
            return refused
        self._store.authorise(_who(by), self._clock.now(), login, method, version, activity)
        return None

    def add_specimen(self, actor: Actor, name: str) -> str | Refused:
        """Add a specimen of the person's own organisation; gives its number."""
        if not name.strip() or len(name) > 200:
            return Refused((Objection("specimen-name", {"characters": 200}),))
        return self._store.add_specimen(actor, actor.organisation, name.strip(), self._clock.now())

    def add_outage(
        self, by: Actor, code: str, start: datetime, end: datetime, reason: str
    ) -> Refused | None:
        """Take a piece of equipment out of use for a while."""
        if not by.has(Role.OFFICE, Role.ENGINEER):
            return Refused((Objection("maintenance-by-centre"),))
        try:
            self._store.add_outage(by.account, code, start, end, reason, self._clock.now())
        except SlotTaken:
            return Refused((Objection("slot-taken", {"equipment": code}),))
        return None


def _by_office(by: Actor | None) -> Refused | None:
    if by is None or by.has(Role.OFFICE):
        return None
    return Refused((Objection("register-by-office"),))


def _who(by: Actor | None) -> int | None:
    return None if by is None else by.account
