"""Clients that know nothing of this house read the right registers from the simulators.

Register numbers and encodings are those that public clients of the two controllers use: a float in
two registers, low word first, for the F4T; scaled integers for the 3504.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import serial
from pymodbus.client import ModbusSerialClient, ModbusTcpClient

from testbed.adapters.remote_clock import ControlSocket
from tests.instruments.drivers.test_modbus_chambers import OVER, bench, truth

HOUR = 3600.0
Client = ModbusTcpClient | ModbusSerialClient


@contextmanager
def client(directory: Path, driver: str, over: str) -> Iterator[tuple[Client, ControlSocket]]:
    with bench(directory, driver, over=over) as ((address,), control):
        where = address.split("://")[1]
        found: Client
        if over == "modbus-tcp":
            host, _, port = where.split("/")[0].partition(":")
            found = ModbusTcpClient(host, port=int(port), timeout=1, retries=0)
        else:
            found = ModbusSerialClient(where.split("?")[0], baudrate=115200, timeout=1, retries=0)
        assert found.connect()
        try:
            yield found, control
        finally:
            found.close()


def real(found: Client, register: int) -> float:
    words = found.read_holding_registers(register, count=2).registers
    value = found.convert_from_registers(words, found.DATATYPE.FLOAT32, word_order="little")
    assert isinstance(value, float)
    return value


@OVER
def test_a_client_runs_the_f4t(tmp_path: Path, over: str):
    with client(tmp_path, "watlow_f4t", over) as (found, control):
        part = found.read_holding_registers(16, count=15).registers
        assert "".join(map(chr, part)).startswith("F4T")
        low, high = found.read_holding_registers(12, count=2).registers
        assert high << 16 | low == 100001
        words = found.convert_to_registers(65.0, found.DATATYPE.FLOAT32, word_order="little")
        assert not found.write_registers(2782, words).isError()
        assert not found.write_register(2730, 10).isError()
        control.ask("sleep", seconds=3 * HOUR)
        for register in (2782, 2810, 2820, 27586):
            assert real(found, register) == pytest.approx(65.0, abs=0.01)
        assert found.read_input_registers(2814, count=1).registers == [10]
        humidity = truth(control)["chamber.humidity_percent"]
        assert real(found, 28906) == pytest.approx(humidity, abs=1e-3)
        assert truth(control)["outputs"] == {"watlow_f4t": True}


@OVER
def test_a_client_runs_the_3504(tmp_path: Path, over: str):
    with client(tmp_path, "eurotherm_3504", over) as (found, control):

        def tenths(register: int) -> float:
            (word,) = found.read_holding_registers(register, count=1).registers
            return (word - 0x10000 if word > 0x7FFF else word) / 10

        assert found.read_holding_registers(121, count=2).registers == [1280, 1]
        assert not found.write_register(24, 0x10000 - 255).isError()
        assert not found.write_register(199, 0).isError()
        control.ask("sleep", seconds=3 * HOUR)
        for register in (1, 2, 5, 24, 289):
            assert tenths(register) == pytest.approx(-25.5, abs=0.1)
        words = found.read_holding_registers(0x8002, count=2).registers
        full = found.convert_from_registers(words, found.DATATYPE.FLOAT32)
        assert full == pytest.approx(truth(control)["chamber.air_degC"], abs=1e-4)
        assert found.read_holding_registers(273, count=1).registers == [0]


@OVER
def test_a_client_is_told_what_is_refused(tmp_path: Path, over: str):
    with client(tmp_path, "watlow_f4t", over) as (found, _):
        assert found.read_holding_registers(9999, count=1).exception_code == 2
        assert found.write_register(12, 1).exception_code == 2
        assert found.write_register(2730, 999).exception_code == 3
        hot = found.convert_to_registers(999.0, found.DATATYPE.FLOAT32, word_order="little")
        assert found.write_registers(2782, hot).exception_code == 3
        # Half of a float is no float.
        assert found.write_register(2782, 1).exception_code == 3
        assert found.read_coils(0, count=1).exception_code == 1
        assert real(found, 2782) == pytest.approx(23.0)


def test_frames_are_those_of_the_specification(tmp_path: Path):
    # Request and response for registers 121 and 122, their CRC worked out apart from our own code.
    with (
        bench(tmp_path, "eurotherm_3504", over="modbus-rtu") as ((address,), _),
        serial.Serial(address.split("://")[1].split("?")[0], timeout=1) as port,
    ):
        port.write(bytes.fromhex("01 03 00 79 00 02 15 D2"))
        assert port.read(9) == bytes.fromhex("01 03 04 05 00 00 01 3B 3F")
        # A frame whose CRC is wrong, and one for another unit, stay without an answer.
        port.timeout = 0.2
        port.write(bytes.fromhex("01 03 00 79 00 02 15 D3"))
        assert port.read(1) == b""
        port.write(bytes.fromhex("02 03 00 79 00 02 15 E1"))
        assert port.read(1) == b""
