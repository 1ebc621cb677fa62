"""Whether two evaluations of one record gave the same, to the last bit."""

import struct
from collections.abc import Iterable
from dataclasses import dataclass

from testbed.domain.judgement import Judgement

__all__ = ["Compared", "compare", "same_bits"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """One measurand as it was and as it is found now.

    Attributes
    ----------
    before, now
        None where only the other evaluation has it.
    value, uncertainty
        Whether value, and U with k and its degrees of freedom, are the same to the bit.
    verdict
        Whether the verdict is the same.
    """

    before: Judgement | None
    now: Judgement | None
    value: bool
    uncertainty: bool
    verdict: bool

    @property
    def identical(self) -> bool:
        """Whether all of it is the same."""
        return self.value and self.uncertainty and self.verdict

    @property
    def either(self) -> Judgement:
        """The row by which the measurand is named."""
        row = self.now or self.before
        assert row is not None
        return row


def same_bits(one: float | None, other: float | None) -> bool:
    """Compare two numbers by their bits: 0 and -0 differ, a NaN is itself; None is None alone."""
    if one is None or other is None:
        return one is other
    return struct.pack("<d", one) == struct.pack("<d", other)


def compare(before: Iterable[Judgement], now: Iterable[Judgement]) -> tuple[Compared, ...]:
    """Set the results of two evaluations beside each other, in the order of the newer one."""
    earlier = {each.measurand: each for each in before}
    found = [_compared(earlier.pop(each.measurand, None), each) for each in now]
    return (*found, *(_compared(each, None) for each in earlier.values()))


def _compared(before: Judgement | None, now: Judgement | None) -> Compared:
    if before is None or now is None:
        return Compared(before=before, now=now, value=False, uncertainty=False, verdict=False)
    return Compared(
        before=before,
        now=now,
        value=same_bits(before.value, now.value) and before.reason == now.reason,
        uncertainty=all(
            same_bits(one, other)
            for one, other in zip(_numbers(before), _numbers(now), strict=True)
        ),
        verdict=before.outcome == now.outcome,
    )


def _numbers(judged: Judgement) -> tuple[float | None, ...]:
    known = judged.uncertainty
    return (None,) * 3 if known is None else (known.expanded, known.k, known.dof)
