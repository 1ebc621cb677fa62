"""Where the reference data lie; see SOURCES.md there for origin and licences."""

import csv
import os
from pathlib import Path

import numpy as np
import pytest

ROOT = Path(__file__).parents[2]


def reference(*parts):
    """Find a reference file, or skip with the reason that the folder is absent."""
    folder = Path(os.environ.get("TESTBED_REFERENCE", ROOT / "../shared/reference")).resolve()
    if not folder.is_dir():
        pytest.skip(f"reference data absent: {folder} (set TESTBED_REFERENCE)")
    path = folder.joinpath(*parts)
    if not path.is_file():
        pytest.skip(f"not among these reference data: {path.name}")
    return path


def numbers(path, columns, delimiter=","):
    """Read the named or counted columns of all rows that are numbers throughout."""
    rows = []
    with path.open(encoding="utf-8", errors="replace", newline="") as source:
        for row in csv.reader(source, delimiter=delimiter):
            try:
                rows.append([float(row[c]) for c in columns])
            except (ValueError, IndexError):
                continue
    return np.array(rows).T
