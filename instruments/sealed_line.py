"""Lines that carry a checksum: the codec of Testbed's own protocols for machines.

Every line, both ways, ends in ``*HH``, the exclusive-or of the bytes before the star in
hexadecimal, as in NMEA 0183. A reply is a word and its values, or ``NO`` and the reason.
"""

from functools import reduce
from operator import xor

from instruments.errors import BadAnswer, InstrumentFault
from instruments.readings import Identity
from instruments.transport import Transport

__all__ = ["answer", "identity", "opened", "sealed"]


def _checksum(text: str) -> str:
    return f"{reduce(xor, text.encode('ascii'), 0):02X}"


def sealed(text: str) -> str:
    """Add the checksum to a line."""
    return f"{text}*{_checksum(text)}"


def opened(line: str) -> str:
    """Check and take off the checksum of a line.

    Raises
    ------
    BadAnswer
        It does not match.
    """
    text, star, checksum = line.rpartition("*")
    if not star or checksum.upper() != _checksum(text):
        raise BadAnswer("the checksum does not match", reply=line)
    return text


def answer(line: Transport, question: str, head: str) -> str:
    """Ask inside an exchange; gives what follows the word `head` of the reply.

    Raises
    ------
    InstrumentFault
        The machine refuses.
    BadAnswer
        The reply begins with another word.
    """
    line.send(sealed(question))
    reply = opened(line.receive())
    word, _, rest = reply.partition(" ")
    if word == "NO":
        raise InstrumentFault("the machine refuses", command=question, reply=rest)
    if word != head:
        raise BadAnswer(f"{head} was expected", command=question, reply=reply)
    return rest


def identity(reply: str) -> Identity:
    """Read ``ID maker,model,serial,firmware``."""
    word, _, rest = reply.partition(" ")
    fields = rest.split(",")
    if word != "ID" or len(fields) != 4:
        raise BadAnswer("the identity does not have four fields", reply=reply)
    return Identity(maker=fields[0], model=fields[1], serial=fields[2], firmware=fields[3])
