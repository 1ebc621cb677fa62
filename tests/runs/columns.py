"""Streams that lie in memory, for the tests of views and windows."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

import numpy as np

from runs.looking.levels import Clock
from runs.looking.pyramid import Samples
from runs.looking.view import Identity

IDENTITY = Identity("R-2026-00001", datetime(2026, 3, 2, 9, tzinfo=UTC))


@dataclass
class Columns:
    """A source; `largest` tells the largest piece that was read."""

    columns: Mapping[str, Samples]
    clock: Clock | None = None
    rows: int = -1
    largest: int = 0
    read_rows: int = 0
    names: tuple[str, ...] = field(init=False)

    def __post_init__(self):
        self.names = tuple(self.columns)
        if self.rows < 0:
            self.rows = min(len(column) for column in self.columns.values())

    def read(self, name: str, start: int, stop: int) -> Samples:
        assert 0 <= start <= stop <= self.rows
        self.largest = max(self.largest, stop - start)
        self.read_rows += stop - start
        return self.columns[name][start:stop]


def noise(rows: int, seed: int = 0, gaps: float = 0.0, dtype: str = "f8") -> Samples:
    """Make samples of which a share are gaps."""
    random = np.random.default_rng(seed)
    values = (random.standard_normal(rows) * 1000).astype(dtype)
    if gaps:
        values[random.random(rows) < gaps] = np.nan
    return values
