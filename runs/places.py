"""Where a run lies: a path as it is given, or a run number, looked for among the centre's runs."""

import os
import re
from pathlib import Path

import platformdirs

__all__ = ["located"]

_NUMBER = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*")


def located(which: Path | str) -> Path:
    """Find the file of a run.

    Parameters
    ----------
    which
        A path, or the number of a run ("R-2026-00042"), which is looked for below the directory
        `runs` of the centre: ``$TESTBED_HOME``, else the usual place for a user's data.

    Raises
    ------
    FileNotFoundError
        There is no run of that number; says where it was looked for.
    """
    if isinstance(which, Path) or not _NUMBER.fullmatch(which) or Path(which).exists():
        return Path(which)
    home = Path(os.environ.get("TESTBED_HOME") or platformdirs.user_data_dir("testbed"))
    for path in sorted((home / "runs").rglob(f"{which}.h5")):
        return path
    raise FileNotFoundError(
        f"no run {which} below {home / 'runs'}; give its path, or set TESTBED_HOME"
    )
