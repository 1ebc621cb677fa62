"""``testbed init``, ``backup`` and ``restore``: a centre begins, is kept, and comes back."""

import sys
from pathlib import Path

import click

from testbed import bootstrap, settings
from testbed.adapters.backup import BackupRefused, write_backup
from testbed.adapters.backup import restore as restore_backup
from testbed.cli.words import LANGUAGE, leave, speak
from testbed.cli.worker import HOME
from testbed.domain.names import Name
from testbed.domain.people import Role

__all__ = ["backup", "init", "restore"]


@click.command()
@HOME
@click.option("--login", prompt="Login of the first account", help="Login of the first account.")
@click.option("--name", default="", help="Its name; the login where not given.")
@click.option("--centre", default="센터", show_default=True, help="Name of the centre.")
@click.option("--password-stdin", is_flag=True, help="Read the password from standard input.")
@LANGUAGE
def init(
    home: Path | None, login: str, name: str, centre: str, password_stdin: bool, lang: str | None
) -> None:
    """Begin a centre: its database and its first account, of the office.

    There is no default password: it is asked for, twice.
    """
    said = speak(lang)
    if password_stdin:
        password = sys.stdin.readline().rstrip("\n")
    else:
        password = click.prompt("Password", hide_input=True, confirmation_prompt=True)
    testbed = bootstrap.build(settings.load(home))
    try:
        if not testbed.people.is_empty():
            sys.exit(f"There is a centre in {testbed.settings.home} already; nothing was changed.")
        testbed.register.add_organisation(None, "centre", Name(ko=centre, en=centre))
        roles = (Role.OFFICE, Role.ENGINEER)
        shown = Name(ko=name or login, en=name or login)
        refused = testbed.people.create_account(login, shown, "centre", roles, password)
        if refused is not None:
            leave(refused, said)
        click.echo(f"The centre in {testbed.settings.home} is ready. Next: testbed serve")
    finally:
        testbed.close()


@click.command()
@HOME
@click.argument("file", type=click.Path(path_type=Path))
def backup(home: Path | None, file: Path) -> None:
    """Write everything that belongs to a centre into one FILE (tar.gz), while it works on."""
    known = settings.load(home)
    try:
        count = write_backup(known.home, known.database, file)
    except (BackupRefused, OSError) as error:
        sys.exit(f"No backup was written: {error}")
    click.echo(f"{file}: database and {count} files")


@click.command()
@HOME
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def restore(home: Path | None, file: Path) -> None:
    """Bring a centre back from FILE, into a home where nothing is yet."""
    known = settings.load(home)
    try:
        count = restore_backup(file, known.home)
    except (BackupRefused, OSError) as error:
        sys.exit(f"Nothing was restored: {error}")
    bootstrap.build(known).close()
    click.echo(f"{known.home}: {count} files, all as they were saved")
