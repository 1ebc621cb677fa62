"""Forms of agreement with examples of uncertainty, which round on their way, or simulate."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from testbed.validation.cases import Case, by_digits, by_rounding
from testbed.validation.gum_reading import Printed

__all__ = ["by_range", "by_routes", "by_simulation", "cross_checked", "digits_of"]

# Digits that other software is followed for, where it gives more than a document prints.
_CROSS_CHECKED = 9


def digits_of(printed: str) -> int:
    """Count the significant digits of a printed number."""
    mantissa = printed.lower().partition("e")[0]
    return len(mantissa.lstrip("+-").replace(".", "").lstrip("0"))


def by_routes(source: str, published: Printed, routes: Mapping[str, float]) -> Case:
    """Ask that one of the routes that a document has to a figure gives what is printed.

    Parameters
    ----------
    routes
        What is obtained, by the name of the route; the first that agrees is shown.
    """
    tried = {name: by_rounding(source, published.text, value) for name, value in routes.items()}
    name, case = next(((n, c) for n, c in tried.items() if c.holds), next(iter(tried.items())))
    return replace(
        case,
        asked=f"as printed, {' or '.join(routes)}",
        reached=f"{case.reached}, {name}" if case.holds else case.reached,
    )


def by_range(source: str, published: Printed, ends: Sequence[float], asked: str) -> Case:
    """Ask that a figure is as printed for an input somewhere within what is printed of it.

    Parameters
    ----------
    ends
        What is obtained at either end of the input's rounding; monotonous between them.
    """
    low, high = min(ends), max(ends)
    nearest = min(max(float(published), low), high)
    case = by_rounding(source, published.text, nearest)
    return replace(case, obtained=f"{low:.6g} to {high:.6g}", asked=f"as printed, {asked}")


def by_simulation(
    source: str, published: Printed, obtained: float, tolerance: float, why: str
) -> Case:
    """Ask for a figure as printed, and grant what a simulation does not know.

    Parameters
    ----------
    tolerance
        What is granted beyond half a unit of the last digit [unit of the figure].
    why
        Whose tolerance that is.
    """
    text = published.text
    mantissa, _, exponent = text.lower().partition("e")
    unit = 10.0 ** (int(exponent or 0) - len(mantissa.partition(".")[2]))
    error = abs(obtained - float(published))
    return Case(
        source=source,
        published=text,
        obtained=f"{obtained:.6g}",
        asked=f"as printed ± {tolerance:.2g} ({why})",
        reached=f"off by {error:.2g}",
        holds=error <= 0.5 * unit + tolerance,
    )


def cross_checked(
    source: str, computed: Mapping[str, Any], obtained: Mapping[str, Any]
) -> Iterator[Case]:
    """Compare what other software obtains from the same inputs, figure by figure."""
    for name, value in computed.items():
        mine = obtained.get(name)
        if isinstance(value, Printed) and isinstance(mine, float | int):
            yield _checked(f"{source}, {name} by other software", value, mine)
        elif isinstance(value, list) and isinstance(mine, Sequence):
            for place, (theirs, ours) in enumerate(zip(value, mine, strict=True)):
                yield _checked(f"{source}, {name} {place + 1} by other software", theirs, ours)
        elif isinstance(value, dict) and isinstance(mine, Mapping):
            yield from cross_checked(f"{source}, {name}", value, mine)


def _checked(source: str, theirs: Printed, ours: float) -> Case:
    if digits_of(theirs.text) > _CROSS_CHECKED and float(theirs):
        return by_digits(source, theirs.text, ours, _CROSS_CHECKED)
    return by_rounding(source, theirs.text, ours)
