"""Registers in order: never the answer to another request, another unit or another process.

An RTU response names neither the register nor the request it belongs to, so that a late one can
only be told by what is asked next.
"""

import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from instruments.errors import BadAnswer, InstrumentFault, LinkLost, NoAnswer
from instruments.lease import InUse
from instruments.modbus_link import ModbusLink, open_modbus
from instruments.readings import Identity
from tests.instruments.modbus_peers import Answer, asked, registers, rtu_peer, tcp_peer

KNOWN = (121, 2)
IDENTITY = {121: 1280, 122: 1}


def content(unit: int, register: int) -> int:
    """Give what a register of a well-behaved unit holds: nothing that another one holds."""
    return IDENTITY.get(register, (unit * 4096 + register) & 0xFFFF)


def well_behaved(unit: int, request: bytes) -> bytes | None:
    first, second = asked(request)
    if request[0] == 3:
        return registers(*(content(unit, first + each) for each in range(second)))
    return request[:5]


@contextmanager
def peer(over: str, answer: Answer) -> Iterator[str]:
    """Serve unit 1; hands out its address."""
    if over == "tcp":
        with tcp_peer(answer) as (where, _):
            yield f"modbus-tcp://{where}/1"
    else:
        with rtu_peer(answer) as (port, _):
            yield f"modbus-rtu://{port}?baud=115200&unit=1"


def connected(address: str, timeout: float = 0.3) -> ModbusLink:
    link = open_modbus(address, known=KNOWN, timeout=timeout)
    link.ask_known(lambda found: None)
    return link


def value(link: ModbusLink, register: int) -> int:
    return link.read(register, 1, doing="read a register")[0]


BOTH = pytest.mark.parametrize("over", ["tcp", "rtu"])


@BOTH
def test_registers_are_read_and_written(over: str):
    written = []

    def answer(unit: int, request: bytes) -> bytes | None:
        if request[0] != 3:
            written.append(request)
        return well_behaved(unit, request)

    with peer(over, answer) as address:
        link = connected(address)
        assert link.read(300, 3, doing="read") == (4396, 4397, 4398)
        link.write(7, [9], doing="write one")
        link.write(8, [1, 2], doing="write two")
        link.close()
    assert written == [b"\x06\x00\x07\x00\x09", b"\x10\x00\x08\x00\x02\x04\x00\x01\x00\x02"]


@BOTH
def test_a_late_answer_never_answers_the_next_request(over: str):
    def late(unit: int, request: bytes) -> bytes | None:
        if asked(request)[0] == 666:
            time.sleep(0.5)
        return well_behaved(unit, request)

    with peer(over, late) as address:
        link = connected(address)
        with pytest.raises(NoAnswer) as caught:
            value(link, 666)
        assert link.suspect
        for part in ("while trying to read a register", "read 666 1", address):
            assert part in str(caught.value)
        for register in range(10, 20):
            assert value(link, register) == 4096 + register
        assert not link.suspect
        link.close()


@pytest.mark.parametrize(
    "delays", [[0.5], [0.7, 0.05], [0.65, 0.02], [0.5, 0.0, 0.5], [0.0, 0.5, 0.5], [0.7, 0.4, 0.4]]
)
def test_a_late_identity_is_not_taken_for_a_value(delays: list[float]):
    # As many registers as a value has: only the second question of another length tells them apart.
    waiting: list[float] = []

    def late(unit: int, request: bytes) -> bytes | None:
        if asked(request)[0] == 121 and waiting:
            time.sleep(waiting.pop(0))
        return None if asked(request)[0] == 667 else well_behaved(unit, request)

    with peer("rtu", late) as address:
        link = connected(address)
        waiting.extend(delays)
        with pytest.raises(NoAnswer):
            value(link, 667)
        for register in range(10, 60, 2):
            found = link.read(register, 2, doing="read a value")
            assert found == (4096 + register, 4097 + register)
        link.close()


def test_a_late_answer_to_an_earlier_user_of_the_port_is_not_taken_either():
    waiting: list[float] = []

    def late(unit: int, request: bytes) -> bytes | None:
        if asked(request) == (121, 2) and waiting:
            time.sleep(waiting.pop(0))
        return well_behaved(unit, request)

    with peer("rtu", late) as address:
        first = open_modbus(address, known=KNOWN, timeout=0.3)
        first.ask_known(lambda found: None)
        waiting.extend([0.45, 0.05])
        with pytest.raises(NoAnswer):
            first.read(121, 2, doing="identify once more")
        first.close()
        second = connected(address)
        for register in range(10, 40, 2):
            assert second.read(register, 2, doing="read") == (4096 + register, 4097 + register)
        second.close()


def test_a_write_that_comes_back_is_not_a_value():
    def confused(unit: int, request: bytes) -> bytes | None:
        return b"\x06\x00\x05\x12\x34" if asked(request)[0] == 5 else well_behaved(unit, request)

    with peer("rtu", confused) as address:
        link = connected(address)
        with pytest.raises(BadAnswer, match="1 registers were expected"):
            value(link, 5)
        assert value(link, 6) == 4102
        link.close()


@BOTH
@pytest.mark.parametrize(
    ("values", "reply"),
    [
        ([7], b"\x06\x00\x05\x00\x08"),
        ([7], b"\x06\x00\x06\x00\x07"),
        ([7, 8], b"\x10\x00\x05\x00\x01"),
        ([7], registers(7)),
    ],
)
def test_a_write_that_is_not_repeated_is_not_confirmed(over: str, values: list[int], reply: bytes):
    def answer(unit: int, request: bytes) -> bytes | None:
        return reply if request[0] != 3 else well_behaved(unit, request)

    with peer(over, answer) as address:
        link = connected(address)
        with pytest.raises(BadAnswer, match="not confirmed"):
            link.write(5, values, doing="write")
        link.close()


@BOTH
def test_an_exception_is_named_and_leaves_the_link_in_step(over: str):
    codes = {1: InstrumentFault, 6: InstrumentFault, 99: InstrumentFault, 11: NoAnswer}

    def refusing(unit: int, request: bytes) -> bytes | None:
        code = asked(request)[0]
        return bytes([0x83, code]) if code in codes else well_behaved(unit, request)

    with peer(over, refusing) as address:
        link = connected(address)
        for code, family in codes.items():
            with pytest.raises(family) as caught:
                value(link, code)
            assert type(caught.value) is family
            assert caught.value.reply == f"exception {code}"
            assert link.suspect is (family is NoAnswer)
        assert value(link, 10) == 4106
        link.close()


@BOTH
def test_an_instrument_replaced_during_an_outage_is_not_trusted(over: str):
    serial = [1]

    def answer(unit: int, request: bytes) -> bytes | None:
        first, count = asked(request)
        if first == 121:
            return registers(*[1280, serial[0]][:count])
        return None if first == 667 else well_behaved(unit, request)

    with peer(over, answer) as address:
        link = connected(address, timeout=0.2)
        with pytest.raises(NoAnswer):
            value(link, 667)
        serial[0] = 2
        with pytest.raises(LinkLost, match="back in step"):
            value(link, 10)
        link.close()


def test_bytes_that_nobody_asked_for_make_the_link_prove_itself():
    requests = []

    def answer(unit: int, request: bytes) -> bytes | None:
        requests.append(asked(request))
        return well_behaved(unit, request)

    with rtu_peer(answer) as (port, send):
        link = connected(f"modbus-rtu://{port}?baud=115200&unit=1")
        requests.clear()
        send(b"\x01\x03\x02\xab\xcd\x07\x21")
        time.sleep(0.05)
        assert [value(link, register) for register in (10, 11)] == [4106, 4107]
        assert requests == [(121, 2), (121, 1), (10, 1), (11, 1)]
        link.close()


def test_a_connection_that_was_closed_while_nobody_asked_is_opened_again():
    with tcp_peer(well_behaved) as (where, hang_up):
        link = connected(f"modbus-tcp://{where}/1")
        hang_up()
        time.sleep(0.05)
        assert value(link, 10) == 4106
        link.close()


def test_a_peer_that_hangs_up_is_a_lost_link():
    def answer(unit: int, request: bytes) -> bytes | None:
        return b"" if asked(request)[0] == 404 else well_behaved(unit, request)

    with peer("tcp", answer) as address:
        link = connected(address)
        with pytest.raises(LinkLost, match="broke"):
            value(link, 404)
        assert value(link, 10) == 4106
        link.close()
        with pytest.raises(LinkLost, match="closed"):
            value(link, 10)


def test_units_of_one_port_share_it_and_never_hear_each_other():
    def answer(unit: int, request: bytes) -> bytes | None:
        if asked(request)[0] == 666:
            time.sleep(0.5)
        return well_behaved(unit, request) if unit in (1, 2) else None

    with rtu_peer(answer) as (port, _):
        one = connected(f"modbus-rtu://{port}?baud=115200&unit=1")
        two = connected(f"modbus-rtu://{port}?unit=2&baud=115200")
        assert (value(one, 10), value(two, 10)) == (4106, 8202)
        with pytest.raises(NoAnswer):
            value(one, 666)
        assert two.suspect
        assert [value(two, register) for register in (11, 12)] == [8203, 8204]
        assert [value(one, register) for register in (11, 12)] == [4107, 4108]
        one.close()
        assert value(two, 13) == 8205
        with pytest.raises(LinkLost, match="open at 115200"):
            open_modbus(f"modbus-rtu://{port}?baud=9600&unit=1", known=KNOWN)
        with pytest.raises(InUse, match="another driver"):
            open_modbus(f"modbus-rtu://{port}?baud=115200&unit=2", known=(1, 2))
        two.close()


@pytest.mark.parametrize(("over", "exchanges"), [("tcp", 2000), ("rtu", 250)])
def test_two_threads_get_their_own_answers(over: str, exchanges: int):
    crossed: list[int] = []

    def ask(link: ModbusLink, unit: int, first: int) -> None:
        for number in range(exchanges):
            register = first + number
            if link.read(register, 2, doing="ask") != (
                content(unit, register),
                content(unit, register + 1),
            ):
                crossed.append(register)

    with peer(over, well_behaved) as address:
        links = [connected(address, timeout=2.0), connected(address, timeout=2.0)]
        assert links[0] is links[1]
        units = [1, 1]
        if over == "rtu":
            links[1] = connected(address.replace("unit=1", "unit=2"), timeout=2.0)
            units[1] = 2
        threads = [
            threading.Thread(target=ask, args=(link, unit, first))
            for link, unit, first in zip(links, units, (1000, 1000), strict=True)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        for link in links:
            link.close()
    assert crossed == []


OTHER = """
import sys
from instruments.lease import InUse
from instruments.modbus_link import open_modbus
try:
    link = open_modbus(sys.argv[1], known=(121, 2), timeout=0.5)
except InUse as busy:
    print("in use", busy.address == sys.argv[1], busy.identity)
else:
    print("open", link.read(10, 1, doing="read"))
    link.close()
"""


def another_process(address: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", OTHER, address], capture_output=True, text=True, timeout=30,
        check=True,
    )  # fmt: skip
    return done.stdout.strip()


@BOTH
def test_two_processes_cannot_open_one_address(over: str):
    with peer(over, well_behaved) as address:
        link = connected(address)
        assert another_process(address) == "in use True None"
        who = Identity(maker="Eurotherm", model="3504", serial="S7")
        link.announce(who)
        assert another_process(address) == f"in use True {who}"
        if over == "rtu":
            assert another_process(address.replace("unit=1", "unit=2")) == "in use True None"
        assert value(link, 10) == 4106
        link.close()
        assert another_process(address) == "open (4106,)"


def test_nobody_at_the_address_is_a_lost_link_that_names_it():
    for address in ("modbus-tcp://127.0.0.1:9/1", "modbus-rtu:///dev/no-such-port?unit=1"):
        with pytest.raises(LinkLost) as caught:
            open_modbus(address, known=KNOWN, timeout=0.3)
        assert address in str(caught.value)


@pytest.mark.parametrize(("baud", "silence"), [(9600, 3.5 * 11 / 9600), (115200, 0.00175)])
def test_the_line_is_silent_between_two_frames(baud: int, silence: float):
    # Modbus over serial line V1.02, 2.5.1.1: 3.5 characters, 1.75 ms above 19200 bit/s.
    received = []

    def answer(unit: int, request: bytes) -> bytes | None:
        received.append(time.monotonic())
        reply = well_behaved(unit, request)
        received.append(time.monotonic())
        return reply

    with rtu_peer(answer) as (port, _):
        link = connected(f"modbus-rtu://{port}?baud={baud}&unit=1")
        received.clear()
        for register in range(10, 20):
            value(link, register)
        link.close()
    pauses = [
        later - earlier for earlier, later in zip(received[1::2], received[2::2], strict=False)
    ]
    assert min(pauses) > silence
