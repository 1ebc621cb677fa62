"""Opening a foreign file by what it is."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from runs.imports.arrays import HdfColumns, ParquetColumns
from runs.imports.columns import Columns
from runs.imports.plan import ImportPlan
from runs.imports.text import TextColumns

__all__ = ["HDF5", "opened"]

HDF5 = b"\x89HDF\r\n\x1a\n"
_PARQUET = b"PAR1"


@contextmanager
def opened(source: Path, plan: ImportPlan) -> Iterator[Columns]:
    """Open a file by its first bytes: HDF5 and netCDF-4, Parquet, else text.

    Raises
    ------
    ImportRefused
        It is no table that can be read.
    """
    with source.open("rb") as file:
        head = file.read(len(HDF5))
    with ExitStack() as open_files:
        if head == HDF5:
            yield HdfColumns(source, open_files)
        elif head.startswith(_PARQUET):
            yield ParquetColumns(source, open_files)
        else:
            yield TextColumns(source, plan)
