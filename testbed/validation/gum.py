"""Measurement uncertainty against the examples of GUM, JCGM 101, EA-4/02, ILAC-G8 and others.

What goes in and what is published comes from ``gum/acceptance_values.json`` of the reference data;
the models are in the rooms beside this one.
"""

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from testbed.validation import gum_guide, gum_practice
from testbed.validation.cases import Case
from testbed.validation.gum_reading import read_values

__all__ = ["cases"]

_EXAMPLES: Mapping[str, Callable[[Mapping[str, Any]], Iterator[Case]]] = {
    "GUM_H1_end_gauge": gum_guide.end_gauge,
    "GUM_H2_R_X_Z": gum_guide.impedance,
    "GUM_H3_thermometer": gum_guide.thermometer,
    "GUM_H5_anova": gum_guide.analysis_of_variance,
    "JCGM101_9_2": gum_guide.summed,
    "NIST_TN1900": gum_practice.technical_note,
    "NPL_log_example": gum_practice.logarithm,
    "EA_4_02": gum_practice.european_examples,
    "k_p_9545_table": gum_practice.coverage_factors,
    "spec_to_u": gum_practice.written_specifications,
    "ILAC_G8_guard_band": gum_practice.guard_bands,
    "vickers": gum_practice.vickers,
    "psd": gum_practice.spectral_density,
}
_NO_EXAMPLE = "note"


def cases(reference: Path) -> Iterator[Case]:
    """Compare every example of ``reference / "gum" / "acceptance_values.json"``.

    An example that is of no known kind, or lacks something, gives a case that does not hold and
    says why. Where there is no such file there are no cases.
    """
    path = reference / "gum" / "acceptance_values.json"
    if not path.is_file():
        return
    for name, entry in read_values(path).items():
        if name == _NO_EXAMPLE:
            continue
        if name not in _EXAMPLES:
            yield _failed(name, "no model for it")
            continue
        try:
            yield from _EXAMPLES[name](entry)
        except (ValueError, ArithmeticError, LookupError, TypeError, AttributeError) as error:
            yield _failed(name, f"{type(error).__name__}: {error}")


def _failed(name: str, why: str) -> Case:
    return Case(source=name, published="", obtained=why, asked="to be evaluated", holds=False)
