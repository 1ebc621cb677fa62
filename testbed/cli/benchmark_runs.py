"""The run record: every figure that is asked of it, beside raw baselines and named rivals."""

import platform
import tempfile
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from math import isnan
from pathlib import Path

import click
import psutil

from runs.benchmarks import blocks, cpu, many, memory, rows, windows
from runs.benchmarks.figures import Figure
from runs.benchmarks.rivals import Rivals
from testbed.cli.benchmark_catalogue import catalogue_figures
from testbed.cli.benchmark_engine import engine_cpu
from testbed.cli.benchmark_faults import fault_rows, screen_rows
from testbed.cli.benchmark_live import live_rows

__all__ = ["PARTS", "records", "summary", "table_rows", "told", "write_page"]

_HOUSE = Path(__file__).parents[2]
_RIVALS = Rivals(
    _HOUSE / ".venv-benchmark" / "bin" / "python", _HOUSE / "tests" / "benchmarks" / "rivals"
)
_BEGIN, _END = "<!-- measured -->", "<!-- end of measured -->"

Part = Callable[[Path, bool], list[Figure]]


def _cpu(directory: Path, full: bool) -> list[Figure]:
    return [
        *cpu.measure(directory, longer=full),
        _engine(),
        *memory.measure(directory, rows=10**8 if full else 10**7),
    ]


def _engine() -> Figure:
    share = 100 * engine_cpu()
    return Figure(
        measured="1 kHz x 8 channels, engine and driver, blocks of 100",
        result=f"{share:.1f} %",
        value=share,
        unit="% of a core",
        at_most=5,
    )


PARTS: dict[str, Part] = {
    "rows": lambda directory, _full: rows.measure(directory, _RIVALS),
    "blocks": lambda directory, _full: blocks.measure(directory),
    "cpu": _cpu,
    "windows": lambda directory, full: windows.measure(directory, _RIVALS, full=full),
    "many": lambda directory, _full: many.measure(directory, _RIVALS),
    "catalogue": lambda directory, _full: catalogue_figures(directory),
    "live": lambda _directory, _full: live_rows(),
    "faults": lambda _directory, full: fault_rows(full=full),
    "screen": lambda _directory, full: screen_rows(full=full),
}


def told(parts: Sequence[str], *, full: bool) -> list[Figure]:
    """Measure the parts of these names, or all, one after the other."""
    figures = []
    for name in parts or PARTS:
        if name not in PARTS:
            raise click.BadParameter(f"{name}: it is one of {', '.join(PARTS)}")
        click.echo(f"» {name} …", err=True)
        with tempfile.TemporaryDirectory(prefix="testbed-benchmark-") as directory:
            figures += PARTS[name](Path(directory), full)
    return figures


def table_rows(figures: Iterable[Figure]) -> list[tuple[str, ...]]:
    """Arrange figures as rows of text: measured, result, ratio, asked, holds."""
    word = {True: "yes", False: "NO", None: ""}
    return [
        (figure.measured, figure.result, figure.ratio, figure.asked, word[figure.holds])
        for figure in figures
    ]


def records(figures: Iterable[Figure]) -> list[dict[str, object]]:
    """Arrange figures for programs; a value that was not measured is null."""
    return [
        {
            "measured": figure.measured,
            "result": figure.result,
            "ratio": figure.ratio,
            "asked": figure.asked,
            "value": None if isnan(figure.value) or figure.missing else figure.value,
            "holds": figure.holds,
        }
        for figure in figures
    ]


def summary(figures: Sequence[Figure]) -> str:
    """Say in one line how many of the limits hold."""
    judged = [figure for figure in figures if figure.holds is not None]
    failing = [figure.measured for figure in judged if not figure.holds]
    line = f"{len(judged) - len(failing)} of {len(judged)} limits hold"
    return f"{line}; not: {', '.join(failing)}" if failing else line


def write_page(page: Path, heads: Sequence[str], figures: Sequence[Figure]) -> None:
    """Put the table into a page of Markdown, between the two marks that it has for that."""
    text = page.read_text(encoding="utf-8")
    before, mark, rest = text.partition(_BEGIN)
    _, end, after = rest.partition(_END)
    if not mark or not end:
        raise click.BadParameter(f"{page} has not the marks {_BEGIN} and {_END}")
    lines = [
        _machine(),
        "",
        f"| {' | '.join(heads)} |",
        f"|{'---|' * len(heads)}",
        *(f"| {' | '.join(row)} |" for row in table_rows(figures)),
        "",
        f"{summary(figures)}.",
    ]
    page.write_text("\n".join([before + mark, *lines, end + after]), encoding="utf-8")


def _machine() -> str:
    memory_size = psutil.virtual_memory().total / 2**30
    return (
        f"Measured on {datetime.now(UTC):%Y-%m-%d} with Python {platform.python_version()}, "
        f"{psutil.cpu_count()} processors, {memory_size:.0f} GiB, {platform.system()}."
    )
