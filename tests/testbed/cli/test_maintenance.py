"""The booking that the terminal makes covers the run that it is for."""

from datetime import timedelta
from pathlib import Path

import pytest

from testbed.adapters.benches import BenchFile, read_bench
from testbed.cli.maintenance import account_at, book
from testbed.cli.words import speak
from testbed.services.commands import StartRun
from tests.testbed.centres import Centre, open_centre

METHOD = "iec-60068-2-2"
BENCH = """
name = "climate-9"
[roles.chamber]
driver = "espec_p300"
address = "/dev/ttyUSB0"
[roles.meter]
driver = "keysight_34465a"
address = "TCPIP::10.0.0.1::5025::SOCKET"
"""


class Ticking:
    """Only its factor is asked for."""

    def __init__(self, factor: float | None) -> None:
        self.factor = factor


@pytest.fixture
def centre(tmp_path: Path):
    with open_centre(tmp_path) as opened:
        yield opened


@pytest.fixture
def file(tmp_path: Path) -> BenchFile:
    path = tmp_path / "climate-9.toml"
    path.write_text(BENCH)
    return read_bench(path)


def booked(centre: Centre, file: BenchFile, hours: float, factor: float | None) -> timedelta:
    method = centre.testbed.methods()[METHOD]
    actor = account_at(centre.testbed, file, method)
    wish = StartRun(booking="", method=METHOD, parameters={"duration": hours})
    number = book(centre.testbed, actor, file, method, wish, Ticking(factor), speak("en"))
    row = centre.testbed.queries.booking(actor, number)
    assert row is not None
    return row.end - row.start


@pytest.mark.parametrize(
    ("hours", "factor", "least", "most"),
    [
        (96.0, 1.0, 96.0, 130.0),
        (96.0, 60.0, 2.5, 3.5),
        (96.0, None, 1.0, 1.0),
        (1000.0, 1.0, 31 * 24.0, 31 * 24.0),
    ],
)
def test_it_is_as_long_as_the_run_takes_on_the_clock_of_the_bench(
    centre: Centre, file: BenchFile, hours: float, factor: float | None, least: float, most: float
):
    length = booked(centre, file, hours, factor)
    assert timedelta(hours=least) <= length <= timedelta(hours=most)


def test_a_parameter_that_is_wrong_is_left_for_the_start_to_name(centre: Centre, file: BenchFile):
    assert booked(centre, file, -1.0, 1.0) == timedelta(hours=1)


def test_the_account_of_the_bench_is_made_once(centre: Centre, file: BenchFile):
    method = centre.testbed.methods()[METHOD]
    first = account_at(centre.testbed, file, method)
    assert account_at(centre.testbed, file, method) == first
