"""Every code that a method declares or gives back has words in both languages."""

import ast
import re
import string
from importlib.metadata import entry_points
from pathlib import Path

import pytest
from click.testing import CliRunner

from testbed.cli.methods import methods as command
from testbed.i18n import LOCALES, words

ROOT = Path(__file__).parents[3] / "testbed"
METHODS = [entry.load() for entry in entry_points(group="testbed.methods")]
WHOLE = re.compile(r"^(reason|prompt|note|option)\.[a-z0-9.-]+$")
CALLS = {"Finding": "finding", "Construction": "construction", "draw": "construction"}


def codes_in(source):
    """Codes that a module's code gives back: whole ids, and the first words of a few calls."""
    for node in ast.walk(ast.parse(source)):
        if (
            isinstance(node, ast.Constant)
            and isinstance(node.value, str)
            and WHOLE.match(node.value)
        ):
            yield node.value
        if isinstance(node, ast.Call) and node.args:
            name = getattr(node.func, "id", getattr(node.func, "attr", ""))
            first = node.args[0]
            if name in CALLS and isinstance(first, ast.Constant):
                yield f"{CALLS[name]}.{first.value}"


def returned():
    for folder in ("engine", "evaluation", "methods"):
        for path in sorted((ROOT / folder).glob("*.py")):
            yield from codes_in(path.read_text(encoding="utf-8"))
    yield from ("construction.reh", "construction.rel")  # drawn in a loop


def declared():
    for method in METHODS:
        yield f"method.{method.id}"
        yield from (f"param.{method.id}.{name}" for name in method.declared_params())
        yield from (f"measurand.{method.id}.{name}" for name in method.declared_measurements())
        yield from (f"phase.{method.id}.{step.name}" for step in method.declared_phases())
        yield from (f"monitor.{method.id}.{name}" for name in method.declared_monitors())
        yield from (f"channel.{channel.name}" for channel in method.channels)


CODES = sorted({*returned(), *declared()})


def test_the_scan_finds_codes_of_every_kind():
    kinds = {code.split(".")[0] for code in CODES}
    assert kinds >= {"reason", "prompt", "note", "option", "finding", "construction", "method"}
    assert set(codes_in("f(Finding('new-one'), 'reason.other')")) == {
        "finding.new-one",
        "reason.other",
    }


@pytest.mark.parametrize("locale", LOCALES)
def test_every_code_has_words(locale):
    missing = [code for code in CODES if not words(locale).knows(code)]
    assert missing == []


def test_both_languages_name_the_same_values():
    def fields(text):
        return {name for _, name, _, _ in string.Formatter().parse(text) if name}

    for code in CODES:
        ko, en = (words(locale)(code) for locale in ("ko", "en"))
        assert fields(ko) == fields(en), code


def test_methods_come_in_by_their_entry_points():
    assert {m.id for m in METHODS} >= {"iso-6892-1", "iec-61960-3", "iec-60068-2-2"}


@pytest.mark.parametrize("method", METHODS, ids=lambda m: m.id)
def test_plots_show_channels_that_are_recorded(method):
    names = {"time", *(channel.name for channel in method.channels)}
    assert {axis for plot in method.plots for axis in (plot.x, plot.y)} <= names


def test_the_command_lists_and_shows_methods():
    listed = CliRunner().invoke(command, ["list", "--language", "ko"])
    assert "금속재료 인장시험" in listed.output
    shown = CliRunner().invoke(command, ["show", "iso-6892-1"])
    assert shown.exit_code == 0
    assert "Rp0.2" in shown.output
    assert "required" in shown.output
    unknown = CliRunner().invoke(command, ["show", "iso-1"])
    assert unknown.exit_code != 0
    assert "iso-6892-1" in unknown.output
