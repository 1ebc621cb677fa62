"""What every instrument of a run is set to, read back before the run and after it.

Each setting is asked for by itself: one that cannot be read is named as failed, and the others
stand. Roles are asked at the same time, and all of them have to be done within one time.
"""

import re
import threading
import time
from collections.abc import Mapping

from instruments.roles import Instrument

__all__ = ["FAILED", "snapshot"]

FAILED = "failed: "
"""How the value of a setting begins that could not be read back."""

_WITHIN = 8.0  # [s] for all roles together
_LONGEST_NAME, _LONGEST_TEXT = 64, 1000  # characters


class _Asking(threading.Thread):
    """Asks one instrument for one setting after the other, until told that the time is up."""

    def __init__(self, role: str, instrument: Instrument) -> None:
        super().__init__(name=f"settings of {role}", daemon=True)
        self.role = role
        self._instrument = instrument
        self._over = threading.Event()
        self._names: tuple[str, ...] | None = None
        self._found: dict[str, str] = {}

    def run(self) -> None:
        # Drivers of others may fail in any way.
        try:
            settings = self._instrument.settings()
            names = tuple(settings)
        except Exception as error:
            self._found[""] = _failed(error)
            self._names = ()
            return
        self._names = names
        for name in names:
            if self._over.is_set():
                return
            try:
                self._found[name] = _text(settings[name])
            except Exception as error:
                self._found[name] = _failed(error)

    def answers(self, within: float) -> dict[str, str]:
        """Tell what was found by now; what was not is named as failed."""
        self._over.set()
        late = f"{FAILED}not read back within {within:g} s"
        names = self._names
        if names is None:
            return {"": late}
        found = dict(self._found)
        return found | {name: late for name in names if name not in found}


def snapshot(
    connected: Mapping[str, Instrument], moment: str, *, within: float = _WITHIN
) -> dict[str, str]:
    """Read every setting of every role back, as attributes ``<role>_at_<moment>_<setting>``.

    Parameters
    ----------
    moment
        "start" or "end".
    within
        How long it may take [s], all roles together.

    Returns
    -------
    Attribute to value. ``<role>_at_<moment>`` alone says that a role told no setting at all.
    """
    asking = [_Asking(role, instrument) for role, instrument in connected.items()]
    for each in asking:
        each.start()
    until = time.monotonic() + within
    for each in asking:
        each.join(max(until - time.monotonic(), 0.0))
    return {
        _attribute(each.role, moment, name): value
        for each in asking
        for name, value in each.answers(within).items()
    }


def _attribute(role: str, moment: str, name: str) -> str:
    whole = f"{role}_at_{moment}_{name}" if name else f"{role}_at_{moment}"
    return re.sub(r"[^A-Za-z0-9_]", "_", whole)[:_LONGEST_NAME]


def _text(value: object) -> str:
    # What an instrument sent may hold anything; a run file takes neither NUL nor half characters.
    plain = str(value).replace("\0", "\u2400").encode("utf-8", "backslashreplace").decode()
    return plain[:_LONGEST_TEXT]


def _failed(error: Exception) -> str:
    return _text(f"{FAILED}{type(error).__name__}: {error}")
