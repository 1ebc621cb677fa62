"""One exchange at a time, and after a failure never the answer to an earlier question.

The failures are those that users report of PyVISA, pyvisa-py and pyserial: late answers taken for
the next one (pyvisa-py 206), interleaved threads (pyvisa 726), peers that vanish (pyvisa-py 61).
"""

import threading
import time

import pytest

from instruments.errors import BadAnswer, LinkLost, NoAnswer
from instruments.link import Link, open_link
from tests.instruments.peers import HANG_UP, pty_peer, tcp_peer

IDENTITY = "Maker,Model,SN1,1.0"


def connected(address: str, **options: float) -> Link:
    link = open_link(address, sentinel="*IDN?", **{"timeout": 0.3, **options})
    link.ask_known(lambda reply: None)
    return link


def well_behaved(line: str) -> str | None:
    return {"*IDN?": f"{IDENTITY}\n"}.get(line, f"{line.upper()}!\n")


def test_a_question_is_answered_over_a_socket_and_over_a_serial_line():
    with tcp_peer(well_behaved) as address:
        link = connected(address)
        assert link.query("hello", doing="greet") == "HELLO!"
        link.close()
    with pty_peer(well_behaved) as (port, _):
        link = connected(port)
        assert link.query("hello", doing="greet") == "HELLO!"
        link.close()


@pytest.mark.parametrize("over", ["socket", "serial"])
def test_a_late_answer_never_answers_the_next_question(over: str):
    def late(line: str) -> str | None:
        if line == "SLOW?":
            time.sleep(0.5)
            return "late\n"
        return well_behaved(line)

    if over == "socket":
        with tcp_peer(late) as address:
            _late_answer(connected(address))
    else:
        with pty_peer(late) as (port, _):
            _late_answer(connected(port))


def _late_answer(link: Link) -> None:
    with pytest.raises(NoAnswer) as caught:
        link.query("SLOW?", doing="ask slowly")
    assert link.suspect
    assert "while trying to ask slowly" in str(caught.value)
    assert link.address in str(caught.value)
    for word in ("a", "b", "c"):
        assert link.query(word, doing="ask") == f"{word.upper()}!"
    assert not link.suspect
    link.close()


def test_a_peer_that_hangs_up_is_a_lost_link_not_a_timeout():
    with tcp_peer(lambda line: HANG_UP if line == "BYE?" else well_behaved(line)) as address:
        link = connected(address, timeout=2)
        begun = time.monotonic()
        with pytest.raises(LinkLost):
            link.query("BYE?", doing="say goodbye")
        assert time.monotonic() - begun < 5
        assert link.query("hello", doing="greet a peer that is back") == "HELLO!"
        link.close()
        with pytest.raises(LinkLost, match="closed"):
            link.query("more", doing="ask")


def test_a_pulled_serial_plug_is_a_lost_link():
    with pty_peer(well_behaved) as (port, unplug):
        link = connected(port)
        unplug()
        with pytest.raises(LinkLost):
            link.query("hello", doing="greet")
        with pytest.raises(LinkLost, match="could not be"):
            link.query("hello", doing="greet again")
        link.close()


def test_nobody_at_the_address_is_a_lost_link_that_names_it():
    for address in ("TCPIP::127.0.0.1::9::SOCKET", "/dev/no-such-port", "TCPIP::nonsense::X"):
        with pytest.raises(LinkLost) as caught:
            open_link(address, sentinel="*IDN?", timeout=0.3)
        assert address in str(caught.value)


def test_a_reply_that_is_not_text_is_a_bad_answer_and_the_link_recovers():
    def noise(line: str) -> str | None:
        return "\xff\xfe\n" if line == "NOISE?" else well_behaved(line)

    with tcp_peer(noise) as address:
        link = connected(address)
        with pytest.raises(BadAnswer):
            link.query("NOISE?", doing="listen")
        assert link.query("still there", doing="ask") == "STILL THERE!"
        link.close()


def test_an_instrument_replaced_during_an_outage_is_not_trusted():
    identity = [IDENTITY]

    def answer(line: str) -> str | None:
        if line == "*IDN?":
            return f"{identity[0]}\n"
        return None if line == "SILENCE?" else "fine\n"

    with tcp_peer(answer) as address:
        link = connected(address, timeout=0.2)
        with pytest.raises(NoAnswer):
            link.query("SILENCE?", doing="ask")
        identity[0] = "Maker,Model,SN2,1.0"
        with pytest.raises(LinkLost, match="back in step"):
            link.query("anything", doing="ask")
        link.close()


def test_two_threads_on_one_link_get_their_own_answers():
    # Without a lock about half of the answers were the other thread's (pyvisa 726).
    wrong: list[str] = []

    def ask(word: str, link: Link) -> None:
        for number in range(300):
            question = f"{word}{number}"
            if link.query(question, doing="ask") != f"{question.upper()}!":
                wrong.append(question)

    with tcp_peer(well_behaved) as address:
        link = connected(address, timeout=2)
        threads = [threading.Thread(target=ask, args=(word, link)) for word in ("x", "y")]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        link.close()
    assert wrong == []
