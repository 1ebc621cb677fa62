"""The descriptor that stands before a waveform of the LeCroy family: WAVEDESC, 346 bytes.

Source: LeCroy template LECROY_2_3, as Siglent's Programming Guide PG01-E02E takes it over for
``WF? DESC``; places in bytes from the beginning.
"""

import struct

__all__ = ["wave_descriptor"]

_LENGTH = 346
_LOWEST, _HIGHEST, _BITS = -128.0, 127.0, 8


def wave_descriptor(
    *,
    points: int,
    first: int,
    every: int,
    memory: int,
    gain: float,
    offset: float,
    step: float,
    start: float,
    probe: float,
) -> bytes:
    """Write the descriptor of a record, its lower byte first.

    Parameters
    ----------
    points, first, every
        How many points follow, which one is the first, and the interval between two.
    memory
        Points of the whole record.
    gain, offset
        Of one code, and what is taken off [V].
    step, start
        Between points of the record, and of its first one after the trigger [s].
    probe
        Attenuation.
    """
    found = bytearray(_LENGTH)
    fields = (
        ("<8s", 0, b"WAVEDESC"),
        ("<7s", 16, b"WAVEACE"),
        ("<h", 34, 1),
        ("<l", 36, _LENGTH),
        ("<l", 60, points),
        ("<7s", 76, b"Siglent"),
        ("<l", 116, memory),
        ("<l", 120, points),
        ("<l", 124, first),
        ("<l", 128, memory - 1),
        ("<l", 136, every),
        ("<l", 148, 1),
        ("<f", 156, gain),
        ("<f", 160, offset),
        ("<f", 164, _HIGHEST),
        ("<f", 168, _LOWEST),
        ("<h", 172, _BITS),
        ("<f", 176, step),
        ("<d", 180, start),
        ("<f", 312, memory * step),
        ("<f", 328, probe),
    )
    for form, place, value in fields:
        struct.pack_into(form, found, place, value)
    return bytes(found)
