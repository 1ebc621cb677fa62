"""Records with far more rows than their course has detail: neighbours are averaged in one pass."""

from collections.abc import Mapping

import numpy as np

from testbed.evaluation.integration import Floats

__all__ = ["averaged"]

_CLEARLY = 10  # times as many rows as are wanted: fewer are not worth a change of the record


def averaged(columns: Mapping[str, Floats], most: int) -> dict[str, Floats] | None:
    """Average neighbouring rows of a dense record, so that about `most` are left.

    Parameters
    ----------
    columns
        Of one length, `time` among them.
    most
        Rows that show all detail.

    Returns
    -------
    dict or None
        None where the record is not dense, or not whole: times that fall, values that are not
        finite. Such a record has to be put in order row by row.
    """
    rows = len(columns["time"])
    if rows < _CLEARLY * most:
        return None
    time = columns["time"]
    if not bool(np.all(time[1:] >= time[:-1])):
        return None
    size = rows // most
    whole = rows // size * size
    found = {}
    for name, column in columns.items():
        means = column[:whole].reshape(-1, size).mean(axis=1)
        if whole < rows:
            means = np.append(means, column[whole:].mean())
        # One value that is not finite makes its mean so.
        if not np.isfinite(means).all():
            return None
        found[name] = means
    return found
