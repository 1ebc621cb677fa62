"""The roles an instrument can play on a bench, apart from any model.

A method names the roles it needs; the bench's file says which instrument plays which role. Every
role is an `Instrument`: it can say who it is, list its settings, be driven safe and be closed.
Setters raise `SettingRefused` before anything is sent; exchanges raise `InstrumentError`.
"""

from instruments.roles.climate import ClimaticChamber, HumidityChamber, Thermometer
from instruments.roles.electrical import (
    ElectronicLoad,
    LcrMeter,
    Multimeter,
    PowerAnalyser,
    PowerSupply,
    SourceMeasureUnit,
)
from instruments.roles.instrument import Instrument
from instruments.roles.mechanical import Balance, HardnessTester, LoadFrame, VibrationController
from instruments.roles.safety import WithstandTester
from instruments.roles.signals import DataLogger, FunctionGenerator, Oscilloscope

__all__ = [
    "Balance",
    "ClimaticChamber",
    "DataLogger",
    "ElectronicLoad",
    "FunctionGenerator",
    "HardnessTester",
    "HumidityChamber",
    "Instrument",
    "LcrMeter",
    "LoadFrame",
    "Multimeter",
    "Oscilloscope",
    "PowerAnalyser",
    "PowerSupply",
    "SourceMeasureUnit",
    "Thermometer",
    "VibrationController",
    "WithstandTester",
]
