"""The examples of the GUM and of its first supplement.

Models are those of the clauses that are named; what goes into them comes with the examples.
"""

import math
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from testbed.evaluation.uncertainty import (
    Budget,
    Input,
    Joint,
    Number,
    between_days,
    cos,
    fitted_line,
    numerical_tolerance,
    paired,
    propagate,
    propagate_together,
    rectangular,
    simulate,
    sin,
    standard,
    student_factor,
    truncated,
)
from testbed.validation.cases import Case, by_rounding
from testbed.validation.gum_agreement import by_routes, by_simulation, cross_checked
from testbed.validation.gum_reading import Printed, read_inputs, suffixed

__all__ = ["DRAWS", "analysis_of_variance", "end_gauge", "impedance", "summed", "thermometer"]

DRAWS = 4_000_000

# Digits of u that JCGM 101 takes as meaningful in its examples.
_MEANINGFUL = 2


def _length(
    l_s: Number,
    d0: Number,
    d1: Number,
    d2: Number,
    alpha_s: Number,
    d_alpha: Number,
    d_theta: Number,
    theta_bar: Number,
    Delta: Number,  # noqa: N803
) -> Number:
    """Give the length of the end gauge (GUM, H.1.1, equation (H.2), with H.1.3.2 and H.1.3.4)."""
    d = d0 + d1 + d2
    theta = theta_bar + Delta
    return l_s + d - l_s * (d_alpha * theta + alpha_s * d_theta)


def end_gauge(entry: Mapping[str, Any]) -> Iterator[Case]:
    """Take GUM H.1 with its second-order terms, and the simulation of JCGM 101, 9.5."""
    source, printed = "GUM H.1", entry["published"]
    inputs = read_inputs(entry["inputs"], entry["unit"])
    probability, factor = suffixed(printed, "k")
    _, expanded = suffixed(printed, "U")
    first = propagate(_length, inputs, probability=probability, draws=None)
    second = propagate(_length, inputs, probability=probability, draws=None, second_order=True)
    free = first.degrees_of_freedom or math.nan
    yield by_rounding(f"{source}, l", printed["l_nm"].text, first.estimate)
    yield by_rounding(f"{source}, u_c", printed["u_c"].text, first.uncertainty)
    yield by_rounding(f"{source}, ν_eff", printed["nu_eff_truncated"].text, truncated(free))
    yield by_rounding(f"{source}, k", factor.text, first.factor)
    rounded = _as_printed(first.factor, factor) * _as_printed(first.uncertainty, printed["u_c"])
    yield by_routes(
        f"{source}, U",
        expanded,
        {"from unrounded k and u_c": first.expanded, "from k and u_c as rounded there": rounded},
    )
    yield by_rounding(
        f"{source}, u_c of second order", printed["u_c_second_order"].text, second.uncertainty
    )
    terms = _terms(second)
    for place, term in enumerate(printed["second_order_terms"]):
        obtained = terms[place] if place < len(terms) else 0.0
        yield by_rounding(f"{source}, second-order term {place + 1}", term.text, obtained)
    yield from cross_checked(source, entry.get("computed", {}), _of_end_gauge(first, second))
    if "JCGM101_MCM" in printed:
        yield from _simulated_gauge(printed["JCGM101_MCM"], inputs)


def _as_printed(value: float, like: Printed) -> float:
    """Round as a document did, to the decimals that it prints."""
    return float(f"{value:.{len(like.text.partition('.')[2])}f}")


def _terms(budget: Budget) -> list[float]:
    """Give the second-order terms [unit], largest first, with θ as the one quantity that it is."""
    whole = {"theta_bar": "theta", "Delta": "theta"}
    variances: dict[tuple[str, str], float] = {}
    for term in budget.second_order:
        pair = whole.get(term.first, term.first), whole.get(term.second, term.second)
        variances[pair] = variances.get(pair, 0.0) + term.variance
    return sorted((math.sqrt(abs(variance)) for variance in variances.values()), reverse=True)


def _of_end_gauge(first: Budget, second: Budget) -> dict[str, Any]:
    comparison = propagate(
        lambda d0, d1, d2: d0 + d1 + d2,
        [_again(first, symbol) for symbol in ("d0", "d1", "d2")],
        draws=None,
    )
    free = first.degrees_of_freedom or math.nan
    exact = student_factor(first.probability, free)
    parts = {row.symbol: row.contribution for row in first.rows}
    parts["theta"] = math.hypot(parts["theta_bar"], parts["Delta"])
    return {
        "l_nm": first.estimate,
        "u_c": first.uncertainty,
        "nu_eff": free,
        "k99_trunc16": first.factor,
        "U99_trunc16": first.expanded,
        "k99_nu_exact": exact,
        "U99_nu_exact": exact * first.uncertainty,
        "u_d": comparison.uncertainty,
        "nu_d": comparison.degrees_of_freedom,
        "components": parts,
        "u_c_second_order": second.uncertainty,
    }


def _again(budget: Budget, symbol: str) -> Input:
    row = budget.row(symbol)
    return standard(
        symbol, row.estimate, row.uncertainty, degrees_of_freedom=row.degrees_of_freedom
    )


def _simulated_gauge(printed: Mapping[str, Any], inputs: list[Input]) -> Iterator[Case]:
    source = "JCGM 101, 9.5"
    probability, ends = suffixed(printed, "interval")
    simulation = simulate(_length, inputs, probability=probability, draws=DRAWS)
    # There the length is told from its nominal value of 50 mm, here as a whole.
    nominal = round(next(each.estimate for each in inputs if each.symbol == "l_s"), -6)
    estimate, deviation = simulation.estimate or math.nan, simulation.uncertainty or math.nan
    yield by_rounding(f"{source}, δL", printed["delta_l"].text, estimate - nominal)
    yield by_rounding(f"{source}, u", printed["u"].text, deviation)
    granted = numerical_tolerance(float(printed["u"]), _MEANINGFUL)
    why = "δ of its adaptive simulation, 7.9.2"
    # The result is symmetric: both intervals are one, and this one is known better.
    for name, end, obtained in zip(("low", "high"), ends, simulation.symmetric, strict=True):
        yield by_simulation(f"{source}, interval {name}", end, obtained - nominal, granted, why)


def impedance(entry: Mapping[str, Any]) -> Iterator[Case]:
    """Take GUM H.2: resistance, reactance and impedance from readings taken together."""
    source, printed, data = "GUM H.2", entry["published"], entry["data"]
    currents = [float(value) * 1e-3 for value in data["I_mA"]]
    inputs, correlations = paired(
        {"V": data["V_volt"], "I": currents, "phi": data["phi_rad"]},
        {"V": "V", "I": "A", "phi": "rad"},
    )
    joint = propagate_together(_OF_CIRCUIT, inputs, correlations=correlations, draws=None)
    one_by_one, _ = paired(
        {
            name: [
                model(*reading)
                for reading in zip(data["V_volt"], currents, data["phi_rad"], strict=True)
            ]
            for name, model in _OF_CIRCUIT.items()
        }
    )
    for each, name, scale in zip(inputs, ("V", "I_mA", "phi"), (1.0, 1e3, 1.0), strict=True):
        mean, deviation = printed[name]
        yield by_rounding(f"{source}, {each.symbol}", mean.text, each.estimate * scale)
        yield by_rounding(f"{source}, u({each.symbol})", deviation.text, each.uncertainty * scale)
    for (one, other), coefficient in {**correlations, **joint.correlations}.items():
        figure = printed[f"r_{one}{other}"]
        yield by_rounding(f"{source}, r({one}, {other})", figure.text, coefficient)
    for direct in one_by_one:
        mean, deviation = printed[direct.symbol]
        budget = joint.budgets[direct.symbol]
        yield by_routes(
            f"{source}, {direct.symbol}",
            mean,
            {
                "from the means (H.2.3)": budget.estimate,
                "observation by observation (H.2.4)": direct.estimate,
            },
        )
        yield by_routes(
            f"{source}, u({direct.symbol})",
            deviation,
            {
                "from the means (H.2.3)": budget.uncertainty,
                "observation by observation (H.2.4)": direct.uncertainty,
            },
        )
    yield from cross_checked(
        source, entry.get("computed", {}), _of_circuit(inputs, correlations, joint)
    )


_OF_CIRCUIT: Mapping[str, Callable[..., Number]] = {
    # GUM, H.2.2, equation (H.7).
    "R": lambda V, I, phi: V / I * cos(phi),  # noqa: E741, N803
    "X": lambda V, I, phi: V / I * sin(phi),  # noqa: E741, N803
    "Z": lambda V, I, phi: V / I,  # noqa: E741, N803
}


def _of_circuit(
    inputs: tuple[Input, ...], correlations: Mapping[tuple[str, str], float], joint: Joint
) -> dict[str, Any]:
    voltage, current, phase = inputs
    both = {**correlations, **joint.correlations}
    return {
        "u_V": voltage.uncertainty,
        "u_I_A": current.uncertainty,
        "u_phi": phase.uncertainty,
        **{f"r_{one}{other}": coefficient for (one, other), coefficient in both.items()},
        **{name: (b.estimate, b.uncertainty) for name, b in joint.budgets.items()},
        "dof": joint.budgets["R"].degrees_of_freedom,
    }


def thermometer(entry: Mapping[str, Any]) -> Iterator[Case]:
    """Take GUM H.3: the line of a thermometer's corrections, and a correction from it."""
    source, printed = "GUM H.3", entry["published"]
    origin = float(entry["t0"])
    line = fitted_line(
        entry["t_C"], entry["b_C"], origin=origin, symbols=("y1", "y2"), units=("degC", "1")
    )
    at, figures = next(
        (float(found[1]), value)
        for key, value in printed.items()
        if (found := re.fullmatch(r"b(\d+)", key))
    )
    predicted = propagate(
        # GUM, H.3.4, equation (H.14).
        lambda y1, y2: y1 + y2 * (at - origin),
        line.inputs,
        correlations=line.correlations,
        draws=None,
    )
    obtained = {
        "y1": (line.intercept.estimate, line.intercept.uncertainty),
        "y2": (line.slope.estimate, line.slope.uncertainty),
        f"b{at:g}": (predicted.estimate, predicted.uncertainty),
    }
    for name, (value, deviation) in (
        ("y1", printed["y1"]),
        ("y2", printed["y2"]),
        (f"b{at:g}", figures),
    ):
        yield by_rounding(f"{source}, {name}", value.text, obtained[name][0])
        yield by_rounding(f"{source}, u({name})", deviation.text, obtained[name][1])
    yield by_rounding(f"{source}, r(y1, y2)", printed["r"].text, line.correlation)
    yield by_rounding(f"{source}, s", printed["s"].text, line.deviation)
    free = predicted.degrees_of_freedom or math.nan
    yield by_rounding(f"{source}, ν", printed["dof"].text, free)
    alone = {"r": line.correlation, "s": line.deviation}
    yield from cross_checked(source, entry.get("computed", {}), obtained | alone)


def analysis_of_variance(entry: Mapping[str, Any]) -> Iterator[Case]:
    """Take GUM H.5: variation within and between days."""
    source, printed = "GUM H.5", entry["published"]
    a_day = re.search(r"x\s*(\d+)\s*observations", entry["source"])
    if a_day is None:
        raise ValueError(f"no number of observations a day in {entry['source']!r}")
    count = int(a_day[1])
    found = between_days(
        entry["day_means_V"], [float(each) * 1e-6 for each in entry["day_sd_uV"]], count
    )
    obtained = {
        "mean_V": found.mean,
        "s_of_day_means_uV": found.deviation_of_means * 1e6,
        "s_a_uV": found.between * 1e6,
        "s_b_uV": found.within * 1e6,
        "s_B_uV": found.day_effect * 1e6,
        "u_mean_uV": found.uncertainty * 1e6,
        "nu_a": float(found.between_freedom),
        "nu_b": float(found.within_freedom),
    }
    for name, value in obtained.items():
        yield by_rounding(f"{source}, {name}", printed[name].text, value)
    means = _as_printed(obtained["s_of_day_means_uV"], printed["s_of_day_means_uV"])
    within = _as_printed(obtained["s_b_uV"], printed["s_b_uV"])
    yield by_routes(
        f"{source}, F",
        printed["F"],
        {
            "from unrounded deviations": found.ratio,
            "from deviations as rounded there": count * (means / within) ** 2,
        },
    )
    yield from cross_checked(source, entry.get("computed", {}), obtained | {"F": found.ratio})


def summed(entry: Mapping[str, Any]) -> Iterator[Case]:
    """Take JCGM 101, 9.2: the sum of four quantities with one distribution."""
    shapes = {
        "four_N01": lambda symbol: standard(symbol, 0.0, 1.0),
        "four_rect_unit_sd": lambda symbol: rectangular(symbol, 0.0, math.sqrt(3.0)),
    }
    for name, printed in entry.items():
        if name == "source":
            continue
        inputs = [shapes[name](symbol) for symbol in ("X1", "X2", "X3", "X4")]
        probability, ends = suffixed(printed, "sym")
        found = simulate(
            lambda X1, X2, X3, X4: X1 + X2 + X3 + X4,  # noqa: N803
            inputs,
            probability=probability,
            draws=DRAWS,
        )
        source = f"JCGM 101, 9.2, {name}"
        yield by_rounding(f"{source}, u", printed["u"].text, found.uncertainty or math.nan)
        known = (found.deviations.low, found.deviations.high)
        for which, end, obtained, deviation in zip(
            ("low", "high"), ends, found.symmetric, known, strict=True
        ):
            why = f"twice what {DRAWS:.0e} draws leave open"
            yield by_simulation(f"{source}, {which}", end, obtained, 2.0 * deviation, why)
