"""All cases of validation, by the part of the product that they prove."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from testbed.validation import electrical, gum, measured, strd, synthetic, thermal
from testbed.validation.cases import Case

__all__ = ["SECTIONS", "Section", "page", "validated"]

_BEGIN, _END = "<!-- validated -->", "<!-- end of validated -->"


@dataclass(frozen=True, slots=True)
class Section:
    """Cases of one kind.

    Attributes
    ----------
    name
        Of what is proven: a part of the evaluations, or the id of a method.
    cases
        Gives the cases that a folder of reference data has.
    """

    name: str
    cases: Callable[[Path], Iterator[Case]]


SECTIONS = (
    Section("statistics", strd.cases),
    Section("uncertainty", gum.cases),
    Section("iso-6892-1", measured.tensile),
    Section("iso-6892-1 on synthetic curves", synthetic.tensile_truth),
    Section("iec-61960-3", measured.battery),
    Section("dwells of a log", thermal.thermal),
    Section("tb-efficiency", electrical.inverter),
    Section("tb-impedance", electrical.impedance),
    Section("iec-60512-2-1", electrical.temperature_coefficient),
)


def validated(
    reference: Path, sections: Iterable[Section] = SECTIONS
) -> Iterator[tuple[Section, Sequence[Case]]]:
    """Work through the cases, section by section."""
    for section in sections:
        yield section, tuple(section.cases(reference))


def page(text: str, found: Iterable[tuple[Section, Sequence[Case]]]) -> str:
    """Put the tables into a page, between its two marks.

    Raises
    ------
    ValueError
        The page has no such marks.
    """
    if _BEGIN not in text or _END not in text:
        raise ValueError(f"the page has no {_BEGIN} … {_END}")
    before, _, rest = text.partition(_BEGIN)
    after = rest.partition(_END)[2]
    tables = "\n".join(_table(section, cases) for section, cases in found)
    return f"{before}{_BEGIN}\n{tables}\n{_END}{after}"


def _table(section: Section, cases: Sequence[Case]) -> str:
    held = sum(case.holds for case in cases)
    rows = [
        f"### {section.name}: {held} of {len(cases)} hold",
        "",
        "| Source | Published | Obtained | Asked | Reached | Holds |",
        "|---|---|---|---|---|---|",
    ]
    rows += [f"| {' | '.join((*_words(case), 'yes' if case.holds else 'NO'))} |" for case in cases]
    return "\n".join([*rows, ""])


def _words(case: Case) -> tuple[str, ...]:
    said = (case.source, case.published, case.obtained, case.asked, case.reached)
    return tuple(each.replace("|", "\\|") for each in said)
