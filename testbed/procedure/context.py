"""What a phase may ask of the run it is part of.

Every call is a point at which the run can pause or be aborted; an abort is raised through the
phase as an exception that phases do not catch.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol, TypeVar

from numpy.typing import ArrayLike

from instruments.readings import Reading, Waveform

if TYPE_CHECKING:
    import xarray

__all__ = ["Note", "RunContext", "StreamRecorder"]

Value = TypeVar("Value")


@dataclass(frozen=True, slots=True)
class Note:
    """A message id with the values it names; words come from the catalogue at the doors."""

    code: str
    values: Mapping[str, str | float] = field(default_factory=dict)


class StreamRecorder(Protocol):
    """A stream that the method has declared beside its main one."""

    def record(
        self, at: float | None = None, **channels: float | Reading | ArrayLike | Waveform
    ) -> None:
        """Append one row or, of a block stream, one record: every channel, in its unit.

        Parameters
        ----------
        at
            Time of the row, or of the record's start [s since the run started]; now where not
            given.
        channels
            Of a block stream, arrays of the shape that its axes declare. A waveform has to be in
            the unit of its channel and to have the steps of the axis; its standard uncertainty
            goes on record with it.
        """
        ...

    def record_block(self, times: ArrayLike, **channels: ArrayLike | Waveform) -> None:
        """Append many rows of a row stream at once: see `RunContext.record_block`."""
        ...


class RunContext(Protocol):
    """The run, as a phase sees it.

    Attributes
    ----------
    earlier
        What interrupted segments of this run have recorded, time in seconds [s] since the first
        one started; None where this run continues none.
    """

    earlier: "xarray.Dataset | None"

    def elapsed(self) -> float:
        """Seconds [s] of the bench clock since the run started, pauses included."""
        ...

    def sleep(self, seconds: float) -> None:
        """Let `seconds` [s] pass on the bench clock, pauses not counted."""
        ...

    def every(self, period: float, *, during: float | None = None) -> Iterator[int]:
        """Tick on absolute time, every `period` [s], `during` [s] long or until left.

        A tick that comes late is counted and recorded, and the next keeps its place. Pauses do
        not count. Where the last ticks were missed, one of them is made up for at the end.
        """
        ...

    def wait_until(
        self, condition: Callable[[], bool], *, within: float, poll: float = 1.0
    ) -> None:
        """Poll `condition` until it holds; pauses do not count.

        Raises
        ------
        TimeoutError
            It did not hold `within` [s].
        """
        ...

    def record(self, at: float | None = None, **channels: float | Reading) -> None:
        """Append one row to the main stream: every declared channel, in its unit.

        Parameters
        ----------
        at
            Time of the sample [s since the run started]; now where not given.
        channels
            A reading has to be in the unit of its channel; its standard uncertainty goes on
            record with it.
        """
        ...

    def record_block(self, times: ArrayLike, **channels: ArrayLike | Waveform) -> None:
        """Append many rows to the main stream at once, as fast instruments deliver them.

        Monitors look at the lowest and the highest value of the block.

        Parameters
        ----------
        times
            Of the samples [s since the run started], ascending.
        channels
            Every declared channel: as many values as times, in its unit.
        """
        ...

    def stream(self, name: str) -> StreamRecorder:
        """Give a stream that the method declares in `streams`.

        Raises
        ------
        LookupError
            It declares none of that name.
        """
        ...

    def ask(self, prompt: str, *options: str, picture: str = "", **values: str | float) -> str:
        """Ask the operator; wait for one of `options` (message ids), or for text if none.

        Parameters
        ----------
        prompt
            Message id of the question.
        picture
            File under ``pictures/<method>/`` beside the method, shown with the question.
        values
            What the question names.
        """
        ...

    def ask_text(self, prompt: str, *, picture: str = "", **values: str | float) -> str:
        """Ask for words; they are not empty."""
        ...

    def ask_name(self, prompt: str, *, picture: str = "", **values: str | float) -> tuple[str, str]:
        """Ask a person for the name, as where two have to release something.

        Returns
        -------
        tuple
            The name as typed, and the login under which it was answered; "" where the door does
            not know one. Several persons may stand at one door, under one login.
        """
        ...

    def ask_number(
        self,
        prompt: str,
        unit: str,
        *,
        low: float | None = None,
        high: float | None = None,
        picture: str = "",
        **values: str | float,
    ) -> float:
        """Ask for a number from `low` to `high`, both ends included; gives it in `unit`.

        The operator may type it in any unit that can be converted.
        """
        ...

    def ask_choice(
        self, prompt: str, *options: str, picture: str = "", **values: str | float
    ) -> str:
        """Ask for one of `options`; gives its message id."""
        ...

    def ask_pass(self, prompt: str, *, picture: str = "", **values: str | float) -> bool:
        """Ask whether something is in order; True for a pass."""
        ...

    def show(self, prompt: str, picture: str, **values: str | float) -> None:
        """Show a picture of what is to be done, and wait until the operator says that it is."""
        ...

    def retry(
        self,
        what: str,
        action: Callable[[], Value],
        *,
        times: int,
        on: tuple[type[Exception], ...],
        after: float = 0.0,
    ) -> Value:
        """Carry `action` out, and again where it fails in a way that was foreseen.

        Nothing else in the house tries anything twice. Each repetition is put on record, and the
        result says how many there were.

        Parameters
        ----------
        what
            Name of the action on record ("read the sensor").
        times
            How often it may be repeated.
        on
            The errors after which it may be.
        after
            Time to wait before the next try [s].
        """
        ...

    def note(self, code: str, **values: str | float) -> None:
        """Leave a remark in the run's events."""
        ...

    def on_exit(self, name: str, action: Callable[[], None]) -> None:
        """Register a safe action: run last-in first-out at any end of the run, then read back."""
        ...

    def on_pause(self, hold: Callable[[], None], go_on: Callable[[], None]) -> None:
        """Say what has to stand still while this phase is paused, and how it goes on.

        Without it a pause holds the procedure alone, and instruments keep their state.
        """
        ...

    def progress(self, done: float, *, remaining: float | None = None) -> None:
        """Report progress: share done [0..1] and time left [s] where known."""
        ...
