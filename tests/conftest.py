"""How the suite runs: what it collects stays in memory, and the clock of the wall judges nothing.

The tests run side by side, more of them than there are processors: most of them wait.
"""

import gc

import hypothesis
import pytest

# How long a single example takes is the business of what else runs here.
hypothesis.settings.register_profile("side by side", deadline=None)
hypothesis.settings.load_profile("side by side")


def pytest_configure() -> None:
    """Look for no garbage while thousands of tests are collected: half the time went there."""
    gc.disable()


def pytest_collection_finish(session: pytest.Session) -> None:
    """Let what was collected be; from here on garbage is looked for again."""
    gc.freeze()
    gc.enable()
