"""Figures are pure: rows in, what the curve script draws out; and its colours can be told apart."""

import itertools
import json
import math
import re
from pathlib import Path

import numpy as np
import pytest

from dashboard.figures import Axes, axes_of_method, axes_of_run, axis_title, curve_data
from testbed.i18n import words
from testbed.methods.iec_61960_3 import BatteryCapacity
from testbed.procedure import Construction
from testbed.services.looking import Offer

ASSETS = Path(__file__).parents[2] / "dashboard" / "assets"


class Detail:
    """What `axes_of_run` reads of a run."""

    def __init__(self, plots=(("extension", "force"), ("time", "force"))):
        self.plots = plots
        self.channels = {"force": "N", "extension": "mm"} if plots else {}
        self.constructions = (
            Construction("offset-line", (0.0, math.nan, 100.0), (0.0, 1.0, 1e6)),
            Construction("rm", (2.0,), (30.0,)),
        )


OFFERS = (
    Offer("", "force", "N", 100),
    Offer("", "extension", "mm", 100),
    Offer("scope", "voltage", "V", 10**8),
)


def test_the_methods_curves_come_first_then_every_channel_once():
    axes = axes_of_run(Detail(), OFFERS)
    assert [(each.stream, each.y, each.x, each.main) for each in axes] == [
        ("", "force", "extension", True),
        ("", "force", "time", True),
        ("", "extension", "time", False),
        ("scope", "voltage", "time", False),
    ]
    assert [each.y_unit for each in axes] == ["N", "N", "mm", "V"]
    assert axes[0].x_unit == "mm"


def test_what_the_evaluation_drew_lies_over_the_first_curve_alone():
    axes = axes_of_run(Detail(), OFFERS)
    assert [len(each.marks) for each in axes] == [2, 0, 0, 0]
    assert axes[0].unmarked().marks == ()


def test_a_record_of_no_known_method_shows_its_channels():
    axes = axes_of_run(Detail(plots=()), OFFERS)
    assert [(each.y, each.main) for each in axes] == [
        ("force", True),
        ("extension", True),
        ("voltage", True),
    ]


def test_a_method_offers_its_curves_without_a_run():
    axes = axes_of_method(BatteryCapacity)
    assert [each.y for each in axes if each.main] == ["voltage", "current"]
    assert {each.y for each in axes} == {each.name for each in BatteryCapacity.channels}


@pytest.mark.parametrize("locale", ["ko", "en"])
def test_the_script_gets_words_titles_and_finite_marks(locale):
    said = words(locale)
    axes = axes_of_run(Detail(), OFFERS)
    text = curve_data("window", [("R-1", "R-1 · 판재")], axes, said, {"all": "…"}, file="R-1")
    assert "NaN" not in text
    data = json.loads(text)
    assert data["runs"] == [{"number": "R-1", "label": "R-1 · 판재"}]
    assert data["file"] == "R-1"
    plot = data["plots"][0]
    assert plot["yTitle"] == axis_title("force", "N", said)
    assert plot["unit"] == "mm"
    assert plot["marks"][0]["x"] == [0.0, 100.0]
    assert plot["marks"][1]["name"] == said("construction.rm")
    assert data["plots"][3]["name"].endswith("(scope)")


def test_axes_name_quantity_and_unit_in_both_languages():
    assert axis_title("force", "N", words("en")) == "Force [N]"
    assert axis_title("force", "N", words("ko")).endswith("[N]")
    assert axis_title("specimen_temperature", "degC", words("ko")).endswith("[°C]")
    assert axis_title("time", "", words("en")).endswith("[s]")
    assert axis_title("something", "1", words("en")) == "something"
    assert Axes(x="time", y="force").x_unit == "s"


def colours(scheme: str) -> dict[str, str]:
    """Read the variables of a scheme out of the style sheets."""
    found = {}
    for name in ("runs.css", "curves.css"):
        text = (ASSETS / name).read_text()
        head = r":root" if scheme == "light" else r'\[data-mantine-color-scheme="dark"\]'
        block = re.search(head + r" \{(.*?)\}", text, re.DOTALL)
        assert block, (name, scheme)
        found |= dict(re.findall(r"--tb-([\w-]+): (#[0-9a-f]{3,6});", block[1]))
    return found


def linear(colour: str) -> np.ndarray:
    digits = colour[1:] if len(colour) == 7 else "".join(2 * each for each in colour[1:])
    parts = np.array([int(digits[i : i + 2], 16) / 255 for i in (0, 2, 4)])
    return np.where(parts <= 0.04045, parts / 12.92, ((parts + 0.055) / 1.055) ** 2.4)


def contrast(one: str, other: str) -> float:
    low, high = sorted(float(linear(c) @ [0.2126, 0.7152, 0.0722]) for c in (one, other))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_words_and_lines_stand_out_from_the_ground(scheme):
    """WCAG 2.2: a contrast of 4.5 for text (1.4.3), of 3 for what has to be seen (1.4.11)."""
    found = colours(scheme)
    for name in ("text", "quiet", "mark"):
        assert contrast(found[name], found["surface"]) >= 4.5, name
    for run in range(1, 9):
        assert contrast(found[f"run-{run}"], found["surface"]) >= 3, run


# Machado, Oliveira and Fernandes 2009, severity 1.0, on linear RGB.
SIGHT = {
    "all": np.eye(3),
    "protanopia": np.array(
        [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216],
         [-0.003882, -0.048116, 1.051998]]
    ),
    "deuteranopia": np.array(
        [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413],
         [-0.011820, 0.042940, 0.968881]]
    ),
    "tritanopia": np.array(
        [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602],
         [0.004733, 0.691367, 0.303900]]
    ),
}  # fmt: skip


def lab(rgb: np.ndarray) -> np.ndarray:
    """CIE L*a*b* under D65."""
    to_xyz = np.array(
        [[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]]
    )
    x, y, z = (
        v ** (1 / 3) if v > 0.008856 else 7.787 * v + 16 / 116
        for v in (to_xyz @ np.clip(rgb, 0, 1)) / [0.9505, 1.0, 1.089]
    )
    return np.array([116 * y - 16, 500 * (x - y), 200 * (y - z)])


@pytest.mark.parametrize("sight", SIGHT)
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_eight_runs_can_be_told_apart_by_colour_blind_readers(scheme, sight):
    found = colours(scheme)
    seen = {run: lab(SIGHT[sight] @ linear(found[f"run-{run}"])) for run in range(1, 9)}
    near = {
        (one, other): float(np.linalg.norm(seen[one] - seen[other]))
        for one, other in itertools.combinations(seen, 2)
    }
    # A difference of 2 is just seen when two areas touch; thin lines apart need ten times that.
    assert min(near.values()) > 20, near
    dashes = re.search(r"DASHES = (\[.*?\]);", (ASSETS / "curve-canvas.js").read_text(), re.DOTALL)
    patterns = [tuple(each) for each in json.loads(dashes[1])]
    assert len(set(patterns)) == 8
