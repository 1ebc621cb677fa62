"""What a driver declares of the model it talks to, so that people and tests can look at it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from instruments.accuracy import Accuracy
from instruments.ranges import Range

__all__ = ["Line", "Model"]

Line = Literal["scpi", "text", "modbus"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Model:
    """One model of one maker.

    Attributes
    ----------
    maker
        As its ``*IDN?`` begins, in any case ("keysight").
    name
        Model, as ``*IDN?`` or the controller gives it.
    also
        Further models with the same command set.
    manual
        Title and number of the manual that the driver follows.
    plays
        The role Protocols it fulfils.
    ranges
        What it accepts, by quantity.
    accuracy
        What its maker specifies, by measuring function.
    outputs
        Number of outputs; more than one are chosen by the bench file's ``channel``. None (0) where
        the model only measures, so that nothing of it has to be proven safe.
    line
        How it is spoken to.
    port
        TCP port it listens at; 0 where it has none.
    baud
        Bits per second [1/s] of its serial port as shipped; 0 where it has none.
    """

    maker: str
    name: str
    manual: str
    plays: tuple[type[Any], ...]
    also: tuple[str, ...] = ()
    ranges: tuple[Range, ...] = ()
    accuracy: Mapping[str, Accuracy] = field(default_factory=dict)
    outputs: int = 1
    line: Line = "scpi"
    port: int = 0
    baud: int = 0
