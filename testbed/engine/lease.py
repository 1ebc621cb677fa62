"""The right to use a bench: a live booking, which may end while a run goes on, or be extended.

Bookings live in the time of the centre, whatever clock the bench has.
"""

from datetime import datetime, timedelta

from testbed.domain.clock import Clock, SystemClock

__all__ = ["Lease"]


class Lease:
    """How long a run may use its bench.

    Parameters
    ----------
    ends
        When its booking ends, UTC; None where it holds until the run is done.
    grace
        How long [s] a run waits for an extension once the booking has ended.
    clock
        The centre's.

    Attributes
    ----------
    waiting
        Whether the run stands and waits for an extension.
    """

    def __init__(self, ends: datetime | None, grace: float, clock: Clock | None = None) -> None:
        self.ends = ends
        self.waiting = False
        self._grace = timedelta(seconds=grace)
        self._clock = clock or SystemClock()

    def renew(self, ends: datetime) -> None:
        """Take in that the booking now ends at another instant."""
        if self.ends is not None:
            self.ends = ends

    @property
    def over(self) -> bool:
        """Whether the booking has ended."""
        return self.ends is not None and self._clock.now() >= self.ends

    @property
    def forfeit(self) -> bool:
        """Whether nobody has extended it in time."""
        return self.ends is not None and self._clock.now() >= self.ends + self._grace
