"""What a page asks of the shell that carries it, and of the centre behind it."""

from collections.abc import Callable, Mapping
from typing import Any, Protocol, TypeVar

from dashboard.live_follow import Tail
from testbed.domain.objections import Refused
from testbed.domain.people import Actor
from testbed.i18n import Words
from testbed.procedure import Procedure
from testbed.services.catalogue import SavedSearch, SearchPage
from testbed.services.commands import Done
from testbed.services.looking import Offer
from testbed.services.rows import (
    BenchRow,
    BookingRow,
    EquipmentRow,
    LiveRow,
    RunDetail,
    RunPage,
)
from testbed.services.searching import Search

__all__ = ["Centre", "Host"]

Function = TypeVar("Function", bound=Callable[..., Any])


class Queries(Protocol):
    """Rows for the screens, scoped to the actor."""

    def runs(
        self,
        actor: Actor,
        search: str = "",
        page: int = 1,
        size: int = 25,
        *,
        waiting: bool = False,
        outcome: str = "",
    ) -> RunPage:
        """Read one page of the list of runs."""
        ...

    def run(self, actor: Actor, number: str) -> RunDetail | None:
        """Read all about one run."""
        ...

    def live(self, actor: Actor) -> tuple[LiveRow, ...]:
        """Read the runs that go on."""
        ...

    def live_one(self, actor: Actor, run: str) -> LiveRow | None:
        """Read one run that goes on."""
        ...

    def benches(self, actor: Actor) -> tuple[BenchRow, ...]:
        """Read the benches."""
        ...

    def bookings(self, actor: Actor, *, upcoming: bool = True) -> tuple[BookingRow, ...]:
        """Read the actor's bookings."""
        ...

    def equipment(self, actor: Actor) -> tuple[EquipmentRow, ...]:
        """Read the register."""
        ...


class Records(Protocol):
    """The recorded samples, scoped to the actor."""

    def tail(self, actor: Actor, run: str) -> Tail | None:
        """Follow a growing record."""
        ...


class Looking(Protocol):
    """The recorded curves, scoped to the actor."""

    def offers(self, actor: Actor, number: str) -> tuple[Offer, ...]:
        """List the channels that can be drawn of a run."""
        ...


class Execution(Protocol):
    """What people may tell a running run."""

    def pause(self, actor: Actor, run: str) -> Done | Refused:
        """Let it stand at its next pause point."""
        ...

    def resume(self, actor: Actor, run: str) -> Done | Refused:
        """Let it go on."""
        ...

    def stop_after_phase(self, actor: Actor, run: str) -> Done | Refused:
        """End it once its phase is done."""
        ...

    def abort(self, actor: Actor, run: str) -> Done | Refused:
        """End it; every output is switched off."""
        ...

    def answer(self, actor: Actor, run: str, prompt: int, text: str) -> Done | Refused:
        """Answer its question."""
        ...


class Review(Protocol):
    """Decisions and remarks on a run."""

    def accept(self, actor: Actor, run: str, comment: str) -> Done | Refused:
        """Accept it."""
        ...

    def send_back(self, actor: Actor, run: str, comment: str) -> Done | Refused:
        """Send it back."""
        ...

    def comment(self, actor: Actor, run: str, text: str) -> Done | Refused:
        """Leave a remark."""
        ...


class Catalogue(Protocol):
    """Finding runs, scoped to the actor, and the searches that people keep."""

    def search(self, actor: Actor, search: Search) -> SearchPage:
        """Answer a question."""
        ...

    def saved(self, actor: Actor) -> tuple[SavedSearch, ...]:
        """List what the actor keeps."""
        ...

    def save(self, actor: Actor, name: str, query: str) -> int | Refused:
        """Keep a search under a name."""
        ...

    def rename(self, actor: Actor, saved: int, name: str) -> Done | Refused:
        """Give a kept search another name."""
        ...

    def drop(self, actor: Actor, saved: int) -> Done | Refused:
        """Remove a kept search."""
        ...


class Centre(Protocol):
    """The part of the centre that these pages read and command."""

    @property
    def queries(self) -> Queries:
        """What can be read."""
        ...

    @property
    def records(self) -> Records:
        """The samples."""
        ...

    @property
    def looking(self) -> Looking:
        """The curves."""
        ...

    @property
    def catalogue(self) -> Catalogue:
        """Finding runs."""
        ...

    @property
    def execution(self) -> Execution:
        """Running runs."""
        ...

    @property
    def review(self) -> Review:
        """Decisions."""
        ...

    def methods(self) -> Mapping[str, type[Procedure]]:
        """List the test methods by id."""
        ...


class Host(Protocol):
    """The shell, as a page sees it.

    `actor` and `words` belong to the request that is being answered; they work in callbacks,
    in page layouts, and in the threads that those start.
    """

    @property
    def testbed(self) -> Centre:
        """The centre."""
        ...

    def actor(self) -> Actor:
        """Tell who asks."""
        ...

    def words(self) -> Words:
        """Pick the language of who asks."""
        ...

    def callback(self, *wiring: Any, **options: Any) -> Callable[[Function], Function]:  # noqa: ANN401
        """Register a callback; plain functions run in a thread, errors are logged."""
        ...
