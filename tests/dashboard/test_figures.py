"""Figures are pure: rows in, a plotly figure out."""

import base64
import math

import numpy as np
import plotly.graph_objects as go
import pytest

from dashboard.figures import Curve, axis_title, curve_figure, graph_config, template, trace_patch
from dashboard.figures.theme import SCHEMES
from testbed.i18n import words
from testbed.procedure import Construction
from testbed.services.rows import Trace

TRACE = Trace(x=(0.0, 1.0, 2.0), y=(10.0, math.nan, 30.0), exact=True)


def curve(**changes):
    values = {
        "x": "extension",
        "y": "force",
        "units": {"force": "N", "extension": "mm"},
        "name": "R-2026-00001",
        "trace": TRACE,
        **changes,
    }
    return Curve(**values)


def samples(encoded):
    assert encoded["dtype"] == "f8"
    return np.frombuffer(base64.b64decode(encoded["bdata"]), "<f8")


def test_every_sample_reaches_the_figure_and_a_gap_stays_a_gap():
    figure = curve_figure(curve(), words("en"), "light")
    np.testing.assert_array_equal(samples(figure["data"][0]["x"]), TRACE.x)
    np.testing.assert_array_equal(samples(figure["data"][0]["y"]), TRACE.y)


def test_a_window_that_is_refetched_has_the_same_form_as_the_first():
    x, y = trace_patch(TRACE)
    figure = curve_figure(curve(), words("en"), "light")
    assert (figure["data"][0]["x"], figure["data"][0]["y"]) == (x, y)


@pytest.mark.parametrize("scheme", sorted(SCHEMES))
def test_plotly_accepts_the_figure_in_both_schemes(scheme):
    marks = (
        Construction("offset-line", (0.0, 1.0), (0.0, 500.0)),
        Construction("rm", (2.0,), (30.0,)),
    )
    made = curve(constructions=marks, overlay_name="R-2", overlay=TRACE, guides=(("Fm", 20.0),))
    figure = go.Figure(curve_figure(made, words("ko"), scheme))
    assert figure.layout.template.layout.paper_bgcolor == SCHEMES[scheme].surface
    assert [trace.name for trace in figure.data][:2] == ["R-2026-00001", "R-2"]
    assert figure.data[3].text[0] == words("ko")("construction.rm")
    assert figure.layout.shapes[0].y0 == 20.0


def test_a_construction_that_reaches_far_out_does_not_set_the_view():
    far = Construction("offset-line", (0.0, 100.0), (0.0, 1e6))
    figure = curve_figure(curve(constructions=(far,)), words("en"), "light")
    low, high = figure["layout"]["xaxis"]["range"]
    assert low < 0.0
    assert 2.0 < high < 3.0


def test_axes_name_quantity_and_unit_in_both_languages():
    assert axis_title("force", "N", words("en")) == "Force [N]"
    assert axis_title("force", "N", words("ko")).endswith("[N]")
    assert axis_title("specimen_temperature", "degC", words("ko")).endswith("[°C]")
    assert axis_title("time", "", words("en")).endswith("[s]")
    assert axis_title("something", "1", words("en")) == "something"


def test_the_modebar_offers_no_way_out_of_the_house():
    config = graph_config("ko")
    assert config["showSendToCloud"] is False
    assert config["plotlyServerURL"] == ""
    assert config["displaylogo"] is False


def _luminance(colour):
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("scheme", sorted(SCHEMES))
@pytest.mark.parametrize("part", ["text", "quiet", "mark", "curve"])
def test_words_and_lines_stand_out_from_the_ground(scheme, part):
    """WCAG 2.2, 1.4.3: a contrast of 4.5 for text."""
    colours = SCHEMES[scheme]
    pair = sorted((_luminance(getattr(colours, part)), _luminance(colours.surface)))
    assert (pair[1] + 0.05) / (pair[0] + 0.05) >= 4.5
    assert template(scheme)["layout"]["plot_bgcolor"] == colours.surface
