"""How a file is opened for reading: plainly, beside its writer, or healed."""

from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path

import h5py

from runs.errors import NotARun
from runs.opening.healed import HealedView
from runs.opening.lines import noted_count
from runs.opening.locks import writer_lives

__all__ = ["Unhealed", "opened"]


class Unhealed(h5py.File):  # type: ignore[misc]
    """The file of a dead writer.

    Attributes
    ----------
    noted
        Records of each stream that are known to be whole: what was written after the last note
        may be there in part. None where there is no journal.
    """

    noted: Mapping[str, int] | None = None


def opened(path: Path, live: ExitStack) -> h5py.File:
    """Open a sound file plainly, a growing one beside its writer, a dead writer's healed.

    A damaged file opened in SWMR mode can hang, with every other HDF5 call of the process; hence
    that mode is for files whose writer lives. `live` keeps open what the file needs.
    """
    try:
        return _with_locking(path)
    except FileNotFoundError:
        raise
    except OSError as error:
        reason = error
    try:
        if writer_lives(path):
            return _with_locking(path, swmr=True, libver="latest")
        noted = noted_count(path)
        unhealed = Unhealed(live.enter_context(HealedView(path)), "r")
        unhealed.noted = noted
        return unhealed
    except ValueError:
        raise NotARun(path, str(reason)) from reason
    except OSError as error:
        raise NotARun(path, str(error)) from error


def _with_locking(path: Path, **mode: object) -> h5py.File:
    """Open with the locking that other handles of this process have; HDF5 wants one for all."""
    try:
        return h5py.File(path, "r", locking=False, **mode)
    except OSError as error:
        if "locking flag" not in str(error):
            raise
    return h5py.File(path, "r", **mode)
