"""What the models of the simulators accept; each refusal names it."""

from math import inf, isfinite

__all__ = ["above_zero", "not_negative", "within"]


def above_zero(model: object, *names: str) -> None:
    """Refuse values of `model` that are not finite and above 0."""
    for name in names:
        value = getattr(model, name)
        if not (value > 0 and isfinite(value)):
            raise ValueError(f"{name} {value!r} is refused; accepted: above 0")


def not_negative(model: object, *names: str) -> None:
    """Refuse values of `model` that are not finite or below 0."""
    for name in names:
        value = getattr(model, name)
        if not 0 <= value < inf:
            raise ValueError(f"{name} {value!r} is refused; accepted: 0 or above")


def within(model: object, low: float, high: float, *names: str) -> None:
    """Refuse values of `model` outside `low` to `high`, both accepted themselves."""
    for name in names:
        value = getattr(model, name)
        if not low <= value <= high:
            raise ValueError(f"{name} {value!r} is refused; accepted: {low:g} to {high:g}")
