"""Puts the house together: from settings to one object, Testbed, that every door receives."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, replace

from testbed.adapters.archive import FsspecArchive
from testbed.adapters.booking_store import DatabaseBookings
from testbed.adapters.catalogue_store import DatabaseCatalogue
from testbed.adapters.catalogue_upkeep import ensure
from testbed.adapters.centre_port import DatabaseCentre
from testbed.adapters.database import Database
from testbed.adapters.facts import keep_fact
from testbed.adapters.keeping_store import DatabaseKeeping
from testbed.adapters.methods import installed_methods
from testbed.adapters.people_store import Argon2, DatabasePeople
from testbed.adapters.reading import Locator, Queries
from testbed.adapters.reevaluation_store import DatabaseReevaluations
from testbed.adapters.register_store import DatabaseRegister
from testbed.adapters.run_store import DatabaseReviews, DatabaseRuns
from testbed.domain.clock import Clock, SystemClock
from testbed.domain.retention import Schedule
from testbed.procedure import Procedure
from testbed.services.booking import BookingService
from testbed.services.catalogue import CatalogueService
from testbed.services.execution import ExecutionService
from testbed.services.keeping import KeepingService
from testbed.services.looking import Looking
from testbed.services.people import PeopleService
from testbed.services.records import Records
from testbed.services.reevaluation import ReevaluationService
from testbed.services.register import RegisterService
from testbed.services.review import ReviewService
from testbed.services.rows import AccountRow
from testbed.settings import Settings

__all__ = ["Testbed", "build"]


@dataclass(frozen=True, slots=True)
class Testbed:
    """The centre with all its use cases.

    Attributes
    ----------
    queries
        Everything that can be read, scoped to who asks.
    centre
        The port of the bench workers.
    """

    settings: Settings
    clock: Clock
    people: PeopleService
    register: RegisterService
    booking: BookingService
    execution: ExecutionService
    review: ReviewService
    reevaluation: ReevaluationService
    records: Records
    keeping: KeepingService
    looking: Looking
    catalogue: CatalogueService
    queries: Queries
    centre: DatabaseCentre
    database: Database

    def methods(self) -> Mapping[str, type[Procedure]]:
        """List the installed test methods by id."""
        return installed_methods()

    def demo_accounts(self) -> tuple[AccountRow, ...]:
        """List the accounts of the demonstration with their password; none elsewhere."""
        if not self.settings.demo:
            return ()
        rows = self.queries.all_accounts()
        return tuple(replace(row, demo_password=self.settings.demo_password) for row in rows)

    def close(self) -> None:
        """Close every file and connection."""
        self.looking.close()
        self.database.close()


def build(settings: Settings, clock: Clock | None = None) -> Testbed:
    """Open the centre, and bring its database up to date.

    Raises
    ------
    GuardMissing, SchemaUnknown
        The database is not to be trusted, or not to be understood.
    """
    clock = clock or SystemClock()
    settings.home.mkdir(parents=True, exist_ok=True)
    database = Database(settings.database)
    try:
        database.prepare()
        ensure(database)
        keep_fact(database, "id-key", secrets.token_hex(32))
    except BaseException:
        database.close()
        raise
    methods = installed_methods()
    locator = Locator(database, settings.runs, settings.cache, settings.archive_cache)
    return Testbed(
        settings=settings,
        clock=clock,
        people=PeopleService(DatabasePeople(database), Argon2(), clock),
        register=RegisterService(DatabaseRegister(database), clock),
        booking=BookingService(DatabaseBookings(database), clock),
        execution=ExecutionService(DatabaseRuns(database), methods, clock),
        review=ReviewService(DatabaseReviews(database), clock),
        reevaluation=ReevaluationService(DatabaseReevaluations(database), locator, methods, clock),
        records=Records(locator, settings.exports),
        keeping=KeepingService(
            DatabaseKeeping(database),
            FsspecArchive(),
            settings.runs,
            (settings.exports, settings.cache),
            Schedule(settings.retention),
            clock,
        ),
        looking=Looking(locator),
        catalogue=CatalogueService(DatabaseCatalogue(database, settings.runs), clock),
        queries=Queries(database, methods, clock),
        centre=DatabaseCentre(database, settings.runs, clock),
        database=database,
    )
