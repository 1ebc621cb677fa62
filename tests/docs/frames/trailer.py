# ruff: noqa: F821 - the block stands first
# EXAMPLE

from pathlib import Path

from tests.runs.rich_run import write_rich

truth = write_rich(Path("again.h5")).variables
assert set(values) == {name for name in truth if not isinstance(truth[name].values, list)}
for name, found in values.items():
    assert found.tobytes() == truth[name].values.tobytes(), name
    assert found.shape == truth[name].values.shape, name
