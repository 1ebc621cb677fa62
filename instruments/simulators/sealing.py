"""The machine's side of lines that carry a checksum; see docs/reference/loadframe-protocol.md."""

from functools import reduce
from operator import xor

__all__ = ["Refused", "plain_number", "seal", "unseal"]


class Refused(Exception):
    """A command that the machine refuses: number and reason."""


def _checksum(text: str) -> str:
    return f"{reduce(xor, text.encode(), 0):02X}"


def seal(text: str) -> str:
    """Add the checksum to a line."""
    return f"{text}*{_checksum(text)}"


def unseal(line: str) -> str:
    """Check and take off the checksum of a line."""
    text, star, checksum = line.rpartition("*")
    if not star or checksum.upper() != _checksum(text):
        raise Refused("1 checksum")
    return text


def plain_number(text: str, low: float, high: float) -> float:
    """Read a number inside a range."""
    try:
        value = float(text)
    except ValueError:
        raise Refused(f"5 not a number {text[:20]}") from None
    if not low <= value <= high:
        raise Refused(f"6 outside {low:g} to {high:g}")
    return value
