"""What can go wrong with the record of a run; each error names the thing and what is accepted."""

from pathlib import Path

__all__ = ["DiskFull", "NotARun", "RecordFailed", "RecordRefused", "RunsError", "WriterLives"]


class RunsError(Exception):
    """The record of a run could not be written or read."""


class RecordRefused(RunsError, ValueError):
    """A row, event or header that does not fit what was declared; nothing was recorded.

    Parameters
    ----------
    what
        The thing at fault ("channel", "time").
    value
        What was given.
    accepted
        What would be accepted, in words.
    """

    def __init__(self, what: str, value: object, accepted: str) -> None:
        self.what = what
        self.value = value
        self.accepted = accepted
        super().__init__(f"{what} {value!r} is refused; accepted: {accepted}")


class RecordFailed(RunsError, OSError):
    """The disk did not take the record; what was flushed before is safe."""


class DiskFull(RecordFailed):
    """There is no room for the record; what was flushed before is safe."""


class NotARun(RunsError):
    """The file is not a run of ours, or too damaged to be read as one."""

    def __init__(self, path: Path, reason: str) -> None:
        self.path = path
        super().__init__(f"{path} cannot be read as a run: {reason}")


class WriterLives(RunsError):
    """A writer still holds the file; it is not to be touched."""

    def __init__(self, path: Path) -> None:
        self.path = path
        super().__init__(f"{path} is still being written")
