"""``testbed demo``: a living demonstration centre in the browser, with one command."""

import shutil
import threading
import time
from datetime import UTC, datetime
from pathlib import Path

import click
import platformdirs

from testbed import bootstrap, settings
from testbed.cli.serve import PORT_OPTIONS, serve_centre
from testbed.cli.words import table
from testbed.cli.worker import stop_on_signals
from testbed.demo.fill import fill
from testbed.demo.present import keep_moving
from testbed.settings import Settings

__all__ = ["demo"]

_PASSWORD = "namdong-demo"
_FILLED = "demo-is-complete"


@click.command()
@click.option("--home", type=click.Path(path_type=Path), help="Directory of the demonstration.")
@click.option("--fresh", is_flag=True, help="Begin anew; the last demonstration is thrown away.")
@PORT_OPTIONS
def demo(
    home: Path | None, fresh: bool, host: str, port: int, no_browser: bool, with_parent: bool
) -> None:
    """Run a demonstration centre with simulated instruments; a second start resumes it."""
    stop = stop_on_signals()
    place = home or Path(platformdirs.user_data_dir("testbed-demo"))
    complete = place / _FILLED
    if place.exists() and (fresh or not complete.exists()):
        _throw_away(place)
    place.mkdir(parents=True, exist_ok=True)
    (place / "testbed.toml").write_text(f'demo_password = "{_PASSWORD}"\n', encoding="utf-8")
    known = settings.load(place, {})
    if not complete.exists():
        click.echo(f"Filling the demonstration centre in {place} (about a minute) …")
        begun = time.monotonic()
        fill(known, datetime.now(UTC).replace(microsecond=0), click.echo)
        complete.write_text("", encoding="utf-8")
        click.echo(f"Filled in {time.monotonic() - begun:.0f} s.")
    serve_centre(
        known,
        stop,
        host=host,
        port=port,
        browser=not no_browser,
        with_parent=with_parent,
        when_ready=lambda: _when_ready(known, stop),
    )


def _throw_away(place: Path) -> None:
    """Remove a demonstration, and nothing that is not one."""
    ours = (place / "testbed.toml").exists() and settings.load(place, {}).demo
    if any(place.iterdir()) and not ours:
        raise click.ClickException(f"{place} holds something else; choose another --home")
    shutil.rmtree(place)


def _when_ready(known: Settings, stop: threading.Event) -> None:
    testbed = bootstrap.build(known)
    try:
        keep_moving(testbed, stop, click.echo)
        rows = [
            (row.login, row.demo_password, ", ".join(row.roles), row.organisation.en)
            for row in testbed.demo_accounts()
        ]
        click.echo("")
        click.echo(table(("Login", "Password", "Role", "Organisation"), rows))
    finally:
        testbed.close()
