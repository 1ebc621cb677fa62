"""Examples and tables of accreditation, of national institutes and of test standards."""

import math
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from testbed.domain.conformity import Limit
from testbed.domain.decision import Uncertainty, decide
from testbed.domain.decision_rule import DecisionRule, RuleKind
from testbed.evaluation.profile import Profile
from testbed.evaluation.uncertainty import (
    ABOUT_95,
    Budget,
    Number,
    Obtaining,
    Specification,
    log,
    numerical_tolerance,
    propagate,
    reading,
    rectangular,
    simulate,
    standard,
    student_factor,
    trapezoidal_factor,
)
from testbed.evaluation.vickers import vickers_constant
from testbed.procedure import method_data
from testbed.validation.cases import Case, by_digits, by_rounding
from testbed.validation.gum_agreement import (
    by_range,
    by_routes,
    by_simulation,
    cross_checked,
)
from testbed.validation.gum_guide import DRAWS
from testbed.validation.gum_reading import Printed, read_inputs

__all__ = [
    "coverage_factors",
    "european_examples",
    "guard_bands",
    "logarithm",
    "spectral_density",
    "technical_note",
    "vickers",
    "written_specifications",
]

# Coverage probability of the rectangle and the trapezoid there (EA-4/02 M:2022, S9.12, S10.13).
_EUROPEAN = 0.95


def technical_note(entry: Mapping[str, Any]) -> Iterator[Case]:
    """Take NIST TN 1900, E13: linear thermal expansion."""
    example = entry["E13_thermal_expansion"]
    inputs = read_inputs(example["inputs"], dof=float(example["dof_each"]))
    budget = propagate(
        lambda L0, T0, L1, T1: (L1 - L0) / (L0 * (T1 - T0)),  # noqa: N803
        inputs,
        unit="1/K",
        draws=None,
    )
    yield by_rounding("NIST TN 1900 E13, α", example["y"].text, budget.estimate)
    yield by_rounding("NIST TN 1900 E13, u", example["u"].text, budget.uncertainty)


def logarithm(entry: Mapping[str, Any]) -> Iterator[Case]:
    """Take the logarithm of a wide rectangle, where first order must be refused."""
    source = "NPL DEM-ES-011, 9.2"
    number = r"([-+.\deE]+)"
    found = re.search(rf"U\({number}\s*,\s*{number}\)", entry["model"])
    if found is None:
        raise ValueError(f"no rectangle in {entry['model']!r}")
    low, high = float(found[1]), float(found[2])
    inputs = [rectangular("x", (low + high) / 2.0, (high - low) / 2.0)]

    def model(x: Number) -> Number:
        return log(x)

    printed, simulated = entry["GUM"], entry["MCM"]
    first = propagate(model, inputs, draws=None)
    yield by_rounding(f"{source}, y of first order", printed["y"].text, first.estimate)
    yield by_rounding(f"{source}, u of first order", printed["u"].text, first.uncertainty)
    yield from _refused(source, propagate(model, inputs))
    distribution = simulate(model, inputs, probability=_EUROPEAN, draws=DRAWS)
    granted = numerical_tolerance(float(simulated["u"]), 2)
    why = "δ of two digits of u, JCGM 101, 7.9.2"
    for name, figure, obtained in (
        ("y", simulated["y"], distribution.estimate or math.nan),
        ("u", simulated["u"], distribution.uncertainty or math.nan),
        ("interval low", simulated["shortest95"][0], distribution.shortest[0]),
        ("interval high", simulated["shortest95"][1], distribution.shortest[1]),
    ):
        yield by_simulation(f"{source}, {name}", figure, obtained, granted, why)


def _refused(source: str, validated: Budget) -> Iterator[Case]:
    check = validated.check
    refused = check is not None and not check.holds
    yield Case(
        source=f"{source}, validation of first order",
        published="refused",
        obtained="refused" if refused else "accepted",
        asked="JCGM 101, clause 8",
        reached=f"result by {validated.obtained}",
        holds=refused and validated.obtained is Obtaining.MONTE_CARLO,
    )


def european_examples(entry: Mapping[str, Any]) -> Iterator[Case]:
    """Take the examples of EA-4/02."""
    for name, example in entry.items():
        if name != "source":
            yield from _EUROPEAN_EXAMPLES[name.partition("_")[0]](example)


def _weight(example: Mapping[str, Any]) -> Iterator[Case]:
    source, printed = "EA-4/02 S2", example["published"]
    budget = propagate(
        # S2.3: the standard, its drift, the difference, eccentricity with the comparator, buoyancy.
        lambda m_S, dm_D, dm, dm_C, dB: m_S + dm_D + dm + dm_C + dB,  # noqa: N803
        read_inputs(example["inputs_mg"], "mg"),
        draws=None,
    )
    yield by_rounding(f"{source}, m", printed["m_g"].text, budget.estimate * 1e-3)
    yield by_rounding(f"{source}, u", printed["u_mg"].text, budget.uncertainty)
    yield by_rounding(f"{source}, U", printed["U_mg"].text, budget.expanded)
    obtained = {"m_g": budget.estimate * 1e-3, "u_mg": budget.uncertainty}
    yield from cross_checked(source, example.get("computed", {}), obtained)


def _resistor(example: Mapping[str, Any]) -> Iterator[Case]:
    source, printed = "EA-4/02 S3", example["published"]
    budget = propagate(
        # S3.3.
        lambda R_S, dR_D, dR_TS, dR_TX, r_C, r: (R_S + dR_D + dR_TS) * r_C * r - dR_TX,  # noqa: N803
        read_inputs(example["inputs"], "ohm"),
        draws=None,
    )
    yield by_rounding(f"{source}, R", printed["R_ohm"].text, budget.estimate)
    yield by_rounding(f"{source}, u", printed["u_mohm"].text, budget.uncertainty * 1e3)
    yield by_rounding(f"{source}, U", printed["U_ohm"].text, budget.expanded)
    obtained = {"R_ohm": budget.estimate, "u_mohm": budget.uncertainty * 1e3}
    yield from cross_checked(source, example.get("computed", {}), obtained)


def _sum(**parts: Number) -> Number:
    return sum(parts.values())


def _gauge_block(example: Mapping[str, Any]) -> Iterator[Case]:
    source, printed = "EA-4/02 S4", example["published"]
    # S4.13 gives the contributions c u; the length itself needs more than they say.
    inputs = [
        standard(f"x{place}", 0.0, float(part), unit="nm")
        for place, part in enumerate(example["components_nm"])
    ]
    budget = propagate(_sum, inputs, unit="nm", draws=None)
    yield by_rounding(f"{source}, u", printed["u_nm"].text, budget.uncertainty)
    yield by_rounding(f"{source}, U", printed["U_nm"].text, budget.expanded)
    obtained = {"u_nm": budget.uncertainty}
    yield from cross_checked(source, example.get("computed", {}), obtained)


def _shaped(source: str, unit: str, example: Mapping[str, Any]) -> Iterator[Case]:
    """Take a result whose shape is told: its k, and U from k and the printed u."""
    printed, computed = example["published"], example.get("computed", {})
    low, middle, high = (_factor_of(printed["distribution"], end) for end in (-0.5, 0.0, 0.5))
    asked = "for a shape anywhere within its printed digits"
    yield (
        by_rounding(f"{source}, k", printed["k"].text, middle)
        if low == high
        else by_range(f"{source}, k", printed["k"], (low, high), asked)
    )
    factor = float(f"{middle:.{len(printed['k'].text.partition('.')[2])}f}")
    u = float(printed[f"u_{unit}"])
    routes = {"from unrounded k": middle * u, "from k as rounded there": factor * u}
    yield by_routes(f"{source}, U", printed[f"U_{unit}"], routes)
    if f"u_{unit}" in computed and low == high:
        u = float(computed[f"u_{unit}"])
        obtained = {"k": middle, f"U_{unit}": middle * u}
        yield from cross_checked(source, computed, obtained)


def _factor_of(shape: str, end: float) -> float:
    """Give k of a shape in words, its β moved by so much of its last printed digit."""
    if shape == "rectangular":
        return trapezoidal_factor(_EUROPEAN, 1.0)
    found = re.fullmatch(r"trapezoidal beta\s*=\s*(\d*\.?(\d*))", shape)
    if found is None:
        raise ValueError(f"a distribution {shape!r}")
    beta = float(found[1]) + end * 10.0 ** -len(found[2])
    return trapezoidal_factor(_EUROPEAN, min(max(beta, 0.0), 1.0))


_EUROPEAN_EXAMPLES: Mapping[str, Callable[[Mapping[str, Any]], Iterator[Case]]] = {
    "S2": _weight,
    "S3": _resistor,
    "S4": _gauge_block,
    "S9": lambda example: _shaped("EA-4/02 S9", "V", example),
    "S10": lambda example: _shaped("EA-4/02 S10", "mm", example),
}


def coverage_factors(entry: Mapping[str, Any]) -> Iterator[Case]:
    """Take the coverage factors of Student's t for 95.45 %."""
    for free, factor in entry["nu_k"].items():
        obtained = student_factor(ABOUT_95, float(free))
        yield by_rounding(f"EA-4/02 Table E.1, k for ν = {free}", factor.text, obtained)


def written_specifications(entry: Mapping[str, Any]) -> Iterator[Case]:
    """Take makers' specifications, written as DMM_10V_1yr_0.0035pct_rdg_0.0005pct_rng_at_5V."""
    number = r"(\d+\.?\d*)"
    for name, printed in entry.items():
        found = re.search(rf"_{number}V_.*_{number}pct_rdg_{number}pct_rng_at_{number}V", name)
        if found is None:
            raise ValueError(f"a specification written as {name!r}")
        span, share, scale, value = (float(each) for each in found.groups())
        given = reading("V", value, Specification(reading=share, scale=scale), span=span, unit="V")
        limit, u = printed["half_width_V"], printed["u_rect_V"]
        yield by_rounding(f"{name}, half-width", limit.text, given.half_width)
        yield by_rounding(f"{name}, u", u.text, given.uncertainty)


def guard_bands(entry: Mapping[str, Any]) -> Iterator[Case]:
    """Take ILAC-G8, Table 1: the risk of a value at its acceptance limit."""
    tolerance_limit, expanded = 100.0, 2.0
    per = {"ppm": 1e-6, "%": 1e-2}
    for width, bound, risk in zip(
        entry["w_over_U"], entry["table_PFA_upper_bound"], entry["computed_PFA"], strict=True
    ):
        rule = DecisionRule(kind=RuleKind.GUARDED, guard=float(width))
        decision = decide(
            tolerance_limit - float(width) * expanded,
            Uncertainty(expanded=expanded),
            Limit(measurand="x", high=tolerance_limit),
            rule,
        )
        obtained = decision.outside if decision.outside is not None else math.nan
        source = f"ILAC-G8:09/2019 Table 1, w = {width.text} U"
        number, unit = bound.removeprefix("<").split()
        most = float(number) * per[unit]
        yield Case(
            source=f"{source}, bound",
            published=bound,
            obtained=f"{obtained:.4g}",
            asked="below the bound" if width else "at the bound",
            holds=obtained < most if width else math.isclose(obtained, most),
        )
        yield by_rounding(f"{source}, risk by other software", risk.text, obtained)


def vickers(entry: Mapping[str, Any]) -> Iterator[Case]:
    """Take the constant of the Vickers formula from its definition."""
    formula = method_data("testbed.methods", "iso-6507-1", "1")["formula"]
    obtained = vickers_constant(float(formula["factor"]), float(formula["angle"]))
    figure = entry["HV_constant_F_in_N_d_in_mm"]
    yield by_rounding("ISO 6507-1, constant", figure.text, obtained)
    _, _, exact = entry["exact"].partition("=")
    yield by_simulation(
        "ISO 6507-1, constant with more digits",
        Printed(exact.strip()),
        obtained,
        0.5 * 10.0 ** -len(exact.strip().partition(".")[2]),
        "half a unit more: cut there, not rounded",
    )


def spectral_density(entry: Mapping[str, Any]) -> Iterator[Case]:
    """Take the effective value of a spectral density joined straight in logarithmic scales."""
    profile = Profile.of(entry["breakpoints_Hz"], entry["asd_(m/s2)2_per_Hz"])
    figure = entry["rms_closed_form_m_s2"]
    yield by_digits("spectral density, effective value", figure.text, profile.rms, 12.0)
