"""A view that is made while a run is recorded never knows of more than the record."""

from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from runs.looking.building import ViewWriter
from runs.looking.pages import SPAN, Identity
from runs.looking.view import View
from runs.recording.thinning import Thinned

IDENTITY = Identity("R", datetime(2026, 11, 30, tzinfo=UTC))


@pytest.mark.parametrize("at_once", [1, SPAN])
@pytest.mark.parametrize("written", [4, 9])
def test_what_a_flush_could_not_write_is_not_in_the_view(tmp_path: Path, at_once, written):
    path = tmp_path / "run.h5.view"
    view = Thinned(ViewWriter(path, IDENTITY, {"force": np.dtype("f8")}), at_once)
    values = np.random.default_rng(4).normal(size=SPAN)
    for _ in range(written):
        view.take({"force": values}, SPAN)
        view.settle()
    view.take({"force": values}, SPAN)
    view.close()
    with View(path, IDENTITY) as found:
        assert found.rows_covered == written * SPAN
