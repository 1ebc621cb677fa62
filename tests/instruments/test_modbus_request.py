"""Modbus addresses and requests, as people write them."""

import pytest

from instruments.errors import LinkLost
from instruments.modbus_request import Request
from instruments.modbus_transport import modbus_place


@pytest.mark.parametrize(
    "address",
    [
        "modbus-tcp://",
        "modbus-tcp://host:port",
        "modbus-tcp://host:502/256",
        "modbus-rtu:///dev/ttyUSB0?unit=0",
        "modbus-rtu:///dev/ttyUSB0?unit=248",
        "modbus-rtu:///dev/ttyUSB0?speed=9600",
        "modbus-rtu:///dev/ttyUSB0?parity=X",
        "modbus-udp://host",
    ],
)
def test_what_is_no_address_is_told_what_would_be_one(address: str):
    with pytest.raises(LinkLost, match=r"accepted: modbus-tcp://host:port/unit or modbus-rtu"):
        modbus_place(address)


def test_an_address_names_its_unit_and_what_it_shares():
    place = modbus_place("modbus-rtu:///dev/ttyUSB0?baud=19200&parity=E&unit=7")
    assert (place.line, place.unit, place.baud, place.parity) == ("/dev/ttyUSB0", 7, 19200, "E")
    assert place.shared == "/dev/ttyUSB0"
    assert modbus_place("modbus-tcp://10.0.0.5").shared == "10.0.0.5:502/1"


@pytest.mark.parametrize(
    ("text", "request_"),
    [
        ("read 100 2", Request(100, 2)),
        ("read 100", Request(100, 1)),
        ("write 5 1 2", Request(5, 2, (1, 2))),
    ],
)
def test_a_request_is_read_as_it_is_written(text: str, request_: Request):
    assert Request.parsed(text) == request_
    assert Request.parsed(str(request_)) == request_


@pytest.mark.parametrize(
    "text", ["", "read", "read x", "read 1 126", "read 1 0", "write 1", "write 1 65536", "read -1"]
)
def test_what_is_no_request_is_refused(text: str):
    with pytest.raises(ValueError, match="accepted"):
        Request.parsed(text)
