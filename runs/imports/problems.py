"""What can be wrong with a foreign file: a code with values, and the English sentence of it."""

from collections.abc import Mapping

__all__ = ["SENTENCES", "Problem"]

SENTENCES: Mapping[str, str] = {
    "encoding": "encoding {encoding}: {cause}",
    "no-table": "it is no table of text: {cause}",
    "no-numbers": "no line of numbers was found in it",
    "no-hdf5": "HDF5 cannot open it: {cause}",
    "no-variable": "it holds no one-dimensional variable of numbers",
    "no-parquet": "Parquet cannot open it: {cause}",
    "cut": "it cannot be read to its end: {cause}",
    "own-empty": "it holds no row that tells when the run started",
    "taken": "{value} is there already, and is not replaced",
    "no-row": "it holds no row",
    "changed": "it changed while it was copied",
    "cells": "{place}: {column}: the line has {cells} of {accepted} cells",
    "no-instant": "{place}: {column}: {value} is no instant",
    "no-number": "{place}: {column}: {value} is no number",
    "other-decimal": (
        "{place}: {column}: {value} is no number; it would be with --decimal {accepted}"
    ),
    "grouped": (
        "{place}: {column}: {value} is no number; it would be with --thousands {thousands} "
        "or --decimal {decimal}"
    ),
    "grouped-only": (
        "{place}: {column}: {value} is no number; it would be with --thousands {thousands}"
    ),
    "ambiguous": (
        "{place}: {column}: {value} may be {one} or {other}, and no line tells which: "
        "say --decimal , or --thousands ,"
    ),
    "no-time": "{place}: there is no time",
    "time-falls": "{place}: time falls, from {before:g} s to {after:g} s",
    "infinity": "{place}: {column}: infinity is no value",
    "column-unknown": "no column of it called {value}; columns: {accepted}",
    "column-many": "{count} columns of it called {value}; columns: {accepted}",
    "column-number": "no column {value}; columns are counted from 0 to {last}: {accepted}",
    "column-no-numbers": "{column} holds no numbers: {place} has {value}",
    "time-kind": "{column} is neither seconds nor an instant (--time-format)",
    "time-many": (
        "several columns may be the time: name it (--time) or give the seconds between rows "
        "(--interval); columns: {accepted}"
    ),
    "time-none": (
        "no column is called time: name it (--time) or give the seconds between rows "
        "(--interval); columns: {accepted}"
    ),
    "time-unreadable": (
        "{column} holds neither seconds nor instants (day and clock in one column): "
        "name it (--time) or give the seconds between rows (--interval); columns: {accepted}"
    ),
    "time-unit": "unit of {column} {value}; accepted: {accepted}",
    "no-start": "it does not say when the run started: give the instant (--started)",
    "no-channel": "it holds no channel; columns: {accepted}",
    "no-name": "{column} is no name of a channel: give one (--channel {column}=NAME)",
    "no-unit": (
        "{column} has no unit: give it (--channel '{heading}={name} [UNIT]'; 1 for a bare number)"
    ),
}
"""Code to sentence."""

_LONGEST = 120  # letters of a value that are shown


class Problem(str):
    """A problem in English that other languages can be made of.

    Attributes
    ----------
    code
        Key of `SENTENCES`.
    values
        What the sentence names.
    """

    code: str
    values: Mapping[str, str | float]

    def __new__(cls, code: str, **values: str | float) -> "Problem":
        """Put a code and its values into words; a text that is too long is cut."""
        cut = {
            name: f"{value[:_LONGEST]}…" if name == "value" and len(value) > _LONGEST else value
            for name, value in values.items()
            if isinstance(value, str)
        }
        said = {**values, **cut}
        problem = super().__new__(cls, SENTENCES[code].format(**said))
        problem.code = code
        problem.values = said
        return problem
