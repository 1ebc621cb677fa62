"""Every driver says what it follows, what it accepts and how well it measures, and can be tried."""

import importlib
import inspect
from importlib.util import find_spec

import pytest

from instruments import registry
from instruments.roles import Instrument
from instruments.specified_instrument import SpecifiedInstrument
from tests.faults.matrix import drivers
from tests.instruments.record_transcripts import FOLDER


def problems(name: str) -> list[str]:
    """List what a driver lacks."""
    driver = registry.load(name)
    about, module = driver.about, importlib.import_module(driver.__module__)
    found = []
    if "Source:" not in (module.__doc__ or ""):
        found.append("its module does not name its source")
    if not (about.maker and about.name and about.manual and about.plays):
        found.append("maker, model, manual or role is missing")
    for role in (*about.plays, Instrument):
        wanted = {each for each in dir(role) if not each.startswith("_")}
        found += [f"{role.__name__}.{each} is missing" for each in wanted - set(dir(driver))]
    found += [f"range {each.quantity} has no unit" for each in about.ranges if not each.unit]
    for function, accuracy in about.accuracy.items():
        if not (accuracy.unit and accuracy.page and accuracy.spans):
            found.append(f"accuracy of {function} has no unit, page or span")
    for method, function in inspect.getmembers(driver, inspect.isfunction):
        if not method.startswith("_") and not inspect.getdoc(function):
            found.append(f"{method} has no docstring")
    if (about.outputs == 0) is (driver.make_safe is not SpecifiedInstrument.make_safe):
        found.append("what has outputs says how they go off, and only that")
    if find_spec(f"instruments.simulators.devices.{name}") is None:
        found.append("it has no simulator")
    if not (FOLDER / f"{name}.txt").is_file():
        found.append("it has no transcript")
    return found


@pytest.mark.parametrize("name", drivers())
def test_a_driver_is_complete(name: str):
    assert problems(name) == []


def test_the_guard_finds_what_is_missing(monkeypatch: pytest.MonkeyPatch):
    driver = registry.load("keysight_e36312a")
    monkeypatch.delattr(driver, "set_voltage")
    assert problems("keysight_e36312a") == ["PowerSupply.set_voltage is missing"]
