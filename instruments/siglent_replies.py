"""What replies of Siglent's older oscilloscopes mean: headers, units, error registers.

Source: Siglent Programming Guide SDS1000 Series, SDS2000X and SDS2000X-E, PG01-E02E (COMM_HEADER,
CMR?, EXR?). A reply stands under its short or its long header, with a unit, or under none.
"""

import re
from collections.abc import Callable, Mapping

from instruments import scpi
from instruments.errors import BadAnswer

__all__ = ["REGISTERS", "error", "quantity", "word"]

REGISTERS: Mapping[str, Mapping[int, str]] = {
    "CMR": {
        1: "unrecognized header",
        4: "missing parameter",
        5: "unrecognized keyword",
        11: "invalid parameter",
        12: "parameter syntax",
    },
    "EXR": {
        21: "permission error",
        22: "environment error",
        23: "option error",
        25: "parameter error",
        26: "command not implemented",
    },
}
_LONG = {"VDIV": "VOLT_DIV", "OFST": "OFFSET", "TDIV": "TIME_DIV", "TRDL": "TRIG_DELAY",
         "ATTN": "ATTENUATION", "CPL": "COUPLING", "TRA": "TRACE", "TRSE": "TRIG_SELECT",
         "TRLV": "TRIG_LEVEL", "TRSL": "TRIG_SLOPE", "SARA": "SAMPLE_RATE", "INVS": "INVERTSET",
         "CHDR": "COMM_HEADER"}  # fmt: skip
_QUANTITY = re.compile(r"([+-]?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)\s*([kMG]?)(V|S|s|Sa/s|Sa|pts)?")
_PREFIXES = {"": 1.0, "k": 1e3, "M": 1e6, "G": 1e9}


def error(register: str, code: int) -> str:
    """Say what an error register holds; "" for nothing."""
    return f"{register} {code} {REGISTERS[register].get(code, '')}".rstrip() if code else ""


def word(header: str, *accepted: str) -> Callable[[str], str]:
    """Make a reader of a word under a header; of one of the `accepted` ones, if any are given."""

    def read(reply: str) -> str:
        found = _bare(header, reply).upper()
        if accepted and found not in accepted:
            raise BadAnswer(f"one of {', '.join(accepted)} was expected", reply=reply)
        return found

    return read


def quantity(header: str) -> Callable[[str], float]:
    """Make a reader of a number under a header, with or without a unit ("1.00GSa/s")."""

    def read(reply: str) -> float:
        match = _QUANTITY.fullmatch(_bare(header, reply))
        if match is None:
            raise BadAnswer("a number was expected", reply=reply)
        return scpi.number(match[1]) * _PREFIXES[match[2]]

    return read


def _bare(header: str, reply: str) -> str:
    """Take the header off a reply; another one belongs to another question.

    Raises
    ------
    BadAnswer
        The reply stands under another header.
    """
    head, space, body = reply.partition(" ")
    if not space:
        return reply
    stem, colon, name = header.rpartition(":")
    if head not in (header, f"{stem}{colon}{_LONG.get(name, name)}"):
        raise BadAnswer(f"an answer under {header} was expected", reply=reply)
    return body
