"""What users of other packages complain of, held against links and drivers.

The page docs/explanation/complaints.md has the whole list and says where each one is tested.
"""

import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager

import pytest

from instruments import registry
from instruments.errors import InstrumentFault, LinkLost, NoAnswer
from instruments.lease import InUse
from instruments.link import Link, open_link
from instruments.visa_transport import VisaTransport
from tests.instruments.peers import HANG_UP, pty_peer, tcp_peer

IDENTITY = "Keysight Technologies,E36312A,S1,1.0"


def instrument(line: str) -> str | None:
    """Answer as a supply that has nothing to say but its name."""
    if line.endswith("SYST:ERR?"):
        return '+0,"No error"\n'
    return f"{IDENTITY}\n" if line == "*IDN?" else f"{line}!\n"


def connected(address: str, timeout: float = 0.3) -> Link:
    link = open_link(address, sentinel="*IDN?", timeout=timeout)
    link.ask_known(lambda reply: None)
    return link


@contextmanager
def wedging_peer() -> Iterator[str]:
    """Serve connections of which one that was told to wedge stays silent, and no other."""
    listener = socket.create_server(("127.0.0.1", 0))
    ended = threading.Event()

    def talk(connection: socket.socket) -> None:
        with connection, connection.makefile("r") as lines:
            for line in lines:
                if line.strip() == "WEDGE":
                    ended.wait(30)
                    return
                connection.sendall((instrument(line.strip()) or "").encode())

    def accept() -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            threading.Thread(target=talk, args=(connection,), daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    try:
        yield f"TCPIP::127.0.0.1::{listener.getsockname()[1]}::SOCKET"
    finally:
        ended.set()
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()


@pytest.mark.parametrize("over", ["socket", "serial"])
def test_an_application_that_hangs_does_not_hang_the_reader(over: str):
    # pyvisa-py 61, 83: the transport is alive, nobody answers.
    silent = [False]

    def hangs(line: str) -> str | None:
        silent[0] = silent[0] or line == "HANG?"
        return None if silent[0] else instrument(line)

    def expect(link: Link) -> None:
        begun = time.monotonic()
        with pytest.raises(NoAnswer):
            link.query("HANG?", doing="ask")
        with pytest.raises(LinkLost, match="back in step"):
            link.query("AGAIN?", doing="ask again")
        assert time.monotonic() - begun < 15
        silent[0] = False
        assert link.query("AND NOW?", doing="ask") == "AND NOW?!"
        link.close()

    if over == "socket":
        with tcp_peer(hangs) as address:
            expect(connected(address))
    else:
        with pty_peer(hangs) as (port, _):
            expect(connected(port))


def test_a_switched_off_instrument_is_reported_within_its_timeout():
    # pyvisa 213: half a minute, whatever timeout was asked for. A listener whose queue is full
    # leaves an attempt to connect without any answer, as a host without power does.
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        port = listener.getsockname()[1]
        crowd = []
        for _ in range(4):
            one = socket.socket()
            one.setblocking(False)
            one.connect_ex(("127.0.0.1", port))
            crowd.append(one)
        begun = time.monotonic()
        with pytest.raises(LinkLost, match="nothing listens"):
            open_link(f"TCPIP::127.0.0.1::{port}::SOCKET", sentinel="*IDN?", timeout=0.5)
        assert time.monotonic() - begun < 10
        for one in crowd:
            one.close()


def test_a_wedged_connection_is_replaced_by_a_fresh_one():
    # pyvisa-py 305: after hours one connection falls silent; a new one is answered.
    with wedging_peer() as address:
        link = connected(address)
        with pytest.raises(NoAnswer):
            link.query("WEDGE", doing="ask")
        assert link.query("BACK?", doing="ask") == "BACK?!"
        assert link.reopened == 1
        link.close()


def test_closing_one_instrument_leaves_the_others_open():
    # pyvisa 742: closing one resource manager kills all other resources of the process.
    with tcp_peer(instrument) as one, tcp_peer(instrument) as other:
        first, second = VisaTransport(one), VisaTransport(other)
        first.close()
        second.send("HELLO")
        assert second.receive() == "HELLO!"
        second.close()


def test_a_second_process_is_refused_and_told_who_speaks():
    # pyvisa 654, pyvisa-py 453: "random" timeouts were a second user of the instrument.
    script = (
        "import sys; from instruments.link import open_link\n"
        "link = open_link(sys.argv[1], sentinel='*IDN?')\n"
        "print('open', flush=True); sys.stdin.read()\n"
    )
    with tcp_peer(instrument) as address:
        other = subprocess.Popen(
            [sys.executable, "-c", script, address],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert other.stdout is not None
        assert other.stdout.readline() == "open\n"
        with pytest.raises(InUse, match=f"process {other.pid}"):
            open_link(address, sentinel="*IDN?", timeout=0.3)
        other.kill()
        other.wait()
        other.stdout.close()
        assert other.stdin is not None
        other.stdin.close()
        # However the other one ended, the kernel gave its lease back.
        with closing(connected(address)) as link:
            assert link.query("MINE?", doing="ask") == "MINE?!"


def test_a_setting_is_not_held_back_by_nagle():
    # instro 156: a setting followed by a question took 44 ms, and wedged an instrument's port.
    with tcp_peer(instrument) as address, closing(connected(address)) as link:
        opened = link._transport._socket
        assert opened.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY) == 1


def test_connecting_sends_no_setting_and_no_device_clear():
    # QCoDeS 564: a device clear on opening freezes some instruments.
    said: list[str] = []

    def listening(line: str) -> str | None:
        said.append(line)
        return instrument(line)

    with tcp_peer(listening) as address:
        supply = registry.connect("keysight_e36312a", address, serial="S1")
        supply.close()
    assert said == ["*IDN?", ":SYST:ERR?"]


def test_an_interrupted_exchange_does_not_answer_the_next_question():
    # QCoDeS 481, 598: Ctrl-C in the middle of a reading left the instrument unusable.
    def slow(line: str) -> str | None:
        if line == "SLOW?":
            time.sleep(0.6)
        return instrument(line)

    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    kept = signal.signal(signal.SIGALRM, interrupt)
    try:
        with tcp_peer(slow) as address, closing(connected(address, timeout=2.0)) as link:
            signal.setitimer(signal.ITIMER_REAL, 0.2)
            with pytest.raises(KeyboardInterrupt):
                link.query("SLOW?", doing="ask slowly")
            assert link.suspect
            assert link.query("NEXT?", doing="ask") == "NEXT?!"
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, kept)


def test_every_entry_of_the_error_queue_is_told():
    # PyMeasure 667, 935, 1023: results of the error queue were thrown away.
    queue = ['-222,"Data out of range"', '-113,"Undefined header"', '+0,"No error"']

    def complaining(line: str) -> str | None:
        if line.endswith("SYST:ERR?") and ready[0]:
            return f"{queue.pop(0)}\n"
        return instrument(line)

    ready = [False]
    with tcp_peer(complaining) as address:
        supply = registry.connect("keysight_e36312a", address, serial="S1")
        ready[0] = True
        with pytest.raises(InstrumentFault) as caught:
            supply.set_voltage(1.0)
        for part in ("-222", "Data out of range", "-113", "Undefined header", "set 1 V", address):
            assert part in str(caught.value)
        supply.close()


def test_what_was_never_closed_can_be_opened_again():
    # QCoDeS 4038, 694: "an instrument of that name already exists" until the kernel restarts.
    with tcp_peer(instrument) as address:
        forgotten = connected(address)
        again = connected(address)
        assert again is forgotten
        assert again.query("HELLO", doing="greet") == "HELLO!"
        again.close()
        assert forgotten.query("STILL", doing="greet") == "STILL!"
        forgotten.close()


def test_an_instrument_that_comes_back_within_the_budget_is_waited_for():
    # pyvisa 596: users close, sleep and reopen by hand.
    dark_until = [0.0]

    def restarting(line: str) -> str | None:
        if line == "RESTART":
            dark_until[0] = time.monotonic() + 1.0
        if time.monotonic() < dark_until[0]:
            return HANG_UP
        return instrument(line)

    with tcp_peer(restarting) as address, closing(connected(address)) as link:
        with pytest.raises(LinkLost):
            link.query("RESTART", doing="restart")
        assert link.query("BACK?", doing="ask") == "BACK?!"
