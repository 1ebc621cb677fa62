"""``testbed methods validate``: published values beside what the evaluations obtain."""

import sys
from collections.abc import Sequence
from pathlib import Path

import click

from testbed.cli.words import table
from testbed.validation.cases import Case

__all__ = ["validate"]

_DEFAULT = Path("../shared/reference")
_HEADS = ("Source", "Published", "Obtained", "Asked", "Reached", "Holds")


@click.command("validate")
@click.argument("parts", nargs=-1, metavar="[PART]…")
@click.option(
    "--reference",
    type=click.Path(file_okay=False, path_type=Path),
    envvar="TESTBED_REFERENCE",
    default=_DEFAULT,
    show_default=True,
    help="Folder of reference data.",
)
@click.option("--failing", is_flag=True, help="Only what does not hold.")
@click.option(
    "--page",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Write the table into this page of Markdown, between its marks.",
)
def validate(parts: Sequence[str], reference: Path, *, failing: bool, page: Path | None) -> None:
    """Hold the evaluations against published and certified values.

    PART is a method, "statistics" or "uncertainty"; all of them where none is given. The exit
    status is 1 where a value is not as asked, or where there was none to hold against.
    """
    # SciPy and GTC take a second to load, which other commands need not wait for.
    from testbed.validation.table import SECTIONS, validated
    from testbed.validation.table import page as written

    if not reference.is_dir():
        raise click.ClickException(
            f"no reference data in {reference}: name their folder by --reference, or by "
            "TESTBED_REFERENCE"
        )
    names = [section.name for section in SECTIONS]
    for part in parts:
        if part not in names:
            raise click.BadParameter(f"{part}: it is one of {', '.join(names)}")
    chosen = [section for section in SECTIONS if not parts or section.name in parts]
    found = []
    for section, cases in validated(reference, chosen):
        found.append((section, cases))
        shown = [case for case in cases if not (failing and case.holds)]
        held = sum(case.holds for case in cases)
        click.echo(f"\n{section.name}: {held} of {len(cases)} hold")
        if shown:
            click.echo(table(_HEADS, [_row(case) for case in shown], right=(1, 2)))
    if page is not None:
        page.write_text(written(page.read_text(encoding="utf-8"), found), encoding="utf-8")
    every = [case for _, cases in found for case in cases]
    wrong = [case for case in every if not case.holds]
    click.echo(f"\n{len(every) - len(wrong)} of {len(every)} values are as asked")
    if wrong or not every:
        sys.exit(1)


def _row(case: Case) -> tuple[str, ...]:
    said = (case.source, case.published, case.obtained, case.asked, case.reached)
    return (*said, "yes" if case.holds else "NO")
