# ruff: noqa: F821 - the block stands first
# EXAMPLE

from tests.runs.rich_run import counted

assert force.tobytes() == counted(0, 100)[1].tobytes()
assert count["events"] == 0
