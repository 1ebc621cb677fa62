"""``testbed import`` (``testbed runs import``): a file made elsewhere becomes a run of ours."""

import sys
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from zoneinfo import ZoneInfo

import click

import runs as records
from testbed import bootstrap, settings
from testbed.cli.importing import import_by_mapping, tell_refused
from testbed.cli.progress import shown_progress
from testbed.cli.words import LANGUAGE, speak
from testbed.cli.worker import HOME
from testbed.i18n import Words

__all__ = ["VERBS", "take"]

_CENTRE = ZoneInfo("Asia/Seoul")
_DELIMITERS = {"tab": "\t", "space": " ", "comma": ",", "semicolon": ";", "bar": "|"}
_DIRECTORY = "imported"


def _instant(context: click.Context, parameter: click.Parameter, text: str) -> datetime | None:
    if not text:
        return None
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise click.BadParameter(f"{text!r}; accepted: 2026-03-02T09:00 (ISO 8601)") from None
    return found if found.tzinfo else found.replace(tzinfo=_CENTRE)


def _mapped(
    context: click.Context, parameter: click.Parameter, texts: tuple[str, ...]
) -> tuple[records.Mapped, ...]:
    try:
        return tuple(records.Mapped.parse(text) for text in texts)
    except ValueError as error:
        raise click.BadParameter(str(error)) from error


@click.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--channel", "channels", multiple=True, callback=_mapped, metavar="COLUMN=NAME [UNIT]",
    help='"Kraft [N]=force"; may be given again. Without it every column that names a channel.',
)  # fmt: skip
@click.option(
    "--mapping", type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="TOML that says which column is which channel of the method; checks and evaluates.",
)  # fmt: skip
@click.option("--param", "params", multiple=True, help="NAME=VALUE with unit, as s0=33.93mm2.")
@click.option("--dry-run", is_flag=True, help="With --mapping: tell what would come.")
@click.option("--by", default=None, metavar="NAME", help="Who imports; else the system's user.")
@click.option("--method", default="", help="Test method that it belongs to (iso-6892-1).")
@click.option("--specimen", default="", help="Number of the specimen.")
@click.option("--title", default="", help="Title; the file's name where not given.")
@click.option("--time", default="", metavar="COLUMN", help="Column of the time.")
@click.option("--interval", type=float, help="Seconds between rows where there is no time.")
@click.option("--started", default="", callback=_instant, help="Start, where times are seconds.")
@click.option("--time-format", default="", help="How instants are written (%d/%m/%Y %H:%M:%S).")
@click.option("--encoding", default="", help="utf-8, cp949 …; found out where not given.")
@click.option("--delimiter", type=click.Choice(list(_DELIMITERS)), help="Found out if not given.")
@click.option("--decimal", type=click.Choice([".", ","]), help="Found out if not given.")
@click.option("--thousands", type=click.Choice([",", ".", "'", " "]), help="Groups digits.")
@click.option("-o", "--out", type=click.Path(dir_okay=False, path_type=Path), help="To write.")
@HOME
@LANGUAGE
def take(
    file: Path,
    channels: tuple[records.Mapped, ...],
    mapping: Path | None,
    params: tuple[str, ...],
    dry_run: bool,
    by: str | None,
    method: str,
    specimen: str,
    title: str,
    time: str,
    interval: float | None,
    started: datetime | None,
    time_format: str,
    encoding: str,
    delimiter: str | None,
    decimal: str | None,
    thousands: str | None,
    out: Path | None,
    home: Path | None,
    lang: str | None,
) -> None:
    """Make a run file of a CSV, netCDF-4, HDF5 or Parquet FILE; all of it, or nothing.

    The run file says where it comes from: name and SHA-256 of FILE, when and how it was read. A
    run file of ours is verified and taken as it is. Nothing that is there is ever replaced.
    """
    said = speak(lang)
    if mapping is not None:
        # What a mapping says stands in the mapping alone.
        beside = {
            "--channel": channels, "--time": time, "--interval": interval, "--time-format":
            time_format, "--encoding": encoding, "--delimiter": delimiter, "--decimal": decimal,
            "--thousands": thousands,
        }  # fmt: skip
        if given := [option for option, value in beside.items() if value]:
            sys.exit(said("Say it in the mapping: {options}", options=", ".join(given)))
        import_by_mapping(
            file, mapping, method=method, params=params, started=started, title=title,
            specimen=specimen, by=by, out=out, home=home, dry=dry_run, said=said,
        )  # fmt: skip
        return
    if params or dry_run:
        sys.exit(said("--param and --dry-run need --mapping."))
    plan = records.ImportPlan(
        title=title,
        channels=channels,
        time=time,
        interval=interval,
        started=started,
        time_format=time_format,
        timezone=_CENTRE,
        encoding=encoding,
        delimiter=_DELIMITERS.get(delimiter or "", ""),
        decimal=decimal or "",
        thousands=thousands or "",
        attributes={k: v for k, v in (("method", method), ("specimen", specimen)) if v},
        importer=f"testbed {version('testbed-center')}",
    )
    known = None if out else settings.load(home)

    def place(number: str) -> Path:
        if known is None:
            assert out is not None
            return out
        return known.runs / _DIRECTORY / f"{number}.h5"

    try:
        with shown_progress() as progress:
            done = records.imported(file, place, plan, now=datetime.now(UTC), progress=progress)
    except records.ImportRefused as refused:
        tell_refused(refused, said)
    except (records.RunsError, OSError) as error:
        sys.exit(said("It cannot be done: {cause}", cause=error))
    if known is not None:
        testbed = bootstrap.build(known)
        try:
            testbed.catalogue.index()
        finally:
            testbed.close()
    _tell(done, place(done.run), said)


def _tell(done: records.Imported, path: Path, said: Words) -> None:
    if done.whole:
        click.echo(said("{run}: a run file of ours, verified and taken as it is", run=done.run))
    else:
        click.echo(said("{run}: {rows} rows; {form}", run=done.run, rows=done.rows, form=done.form))
    for name, unit in done.channels.items():
        click.echo(f"  {name} [{unit}]")
    for each in done.replaced:
        click.echo(
            said(
                "{count} values {value} of {channel} stand for none and became gaps.",
                count=each.count,
                value=f"{each.value:g}",
                channel=each.channel,
            )
        )
    if done.left_out:
        click.echo(said("Not taken: {columns}", columns=", ".join(done.left_out)))
    click.echo(str(path))


VERBS = (take,)
