"""A run in the form that another program wants: the whole file or none of it."""

from runs.exports.matlab import to_matlab
from runs.exports.parquet import to_parquet
from runs.exports.placing import Progress

__all__ = ["Progress", "to_matlab", "to_parquet"]
