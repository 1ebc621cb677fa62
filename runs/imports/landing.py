"""Where an import lands: beside its place until it is complete, and never over another run."""

import errno
import os
from pathlib import Path
from tempfile import TemporaryDirectory

from runs.imports.plan import ImportRefused
from runs.imports.problems import Problem

__all__ = ["Landing"]


class Landing:
    """A place to write to, in a directory that goes with everything in it."""

    def __init__(self, source: Path, target: Path) -> None:
        self._target = target
        self._taken = ImportRefused(source, [Problem("taken", value=str(target))])
        if target.exists():
            raise self._taken
        target.parent.mkdir(parents=True, exist_ok=True)
        self._directory = TemporaryDirectory(prefix=".importing-", dir=target.parent)

    def __enter__(self) -> "Landing":
        self._directory.__enter__()
        return self

    def __exit__(self, *raised: object) -> None:
        self._directory.cleanup()

    @property
    def path(self) -> Path:
        """Where to write. The name is not that of a run file, so that no catalogue takes it."""
        return Path(self._directory.name) / "run"

    def appear(self) -> None:
        """Let the file appear under its name, unless that is taken; of two who race one wins."""
        try:
            os.link(self.path, self._target)
        except FileExistsError:
            raise self._taken from None
        except OSError as error:
            # A file system without hard links.
            if error.errno not in (errno.EPERM, errno.ENOTSUP, errno.ENOSYS):
                raise
            if self._target.exists():
                raise self._taken from error
            self.path.rename(self._target)
