"""``testbed methods``: what each method needs, asks for and finds."""

from importlib.metadata import entry_points

import click

from testbed.cli.dry_run import dry_run
from testbed.cli.validating import validate
from testbed.i18n import LOCALES, Words, words
from testbed.procedure import Choice, OptionalParam, Param, Procedure

__all__ = ["methods"]


@click.group()
def methods() -> None:
    """List the installed test methods and show what one of them declares."""


methods.add_command(dry_run)
methods.add_command(validate)


@methods.command("list")
@click.option("--language", type=click.Choice(LOCALES), default="en", show_default=True)
def list_methods(language: str) -> None:
    """List the installed methods, one a line: id, version, standard, title."""
    say = words(language)
    found = _installed()
    width = max((len(name) for name in found), default=0)
    for name, method in sorted(found.items()):
        click.echo(
            f"{name:<{width}}  {method.version:<3} {method.standard:<20} {say(f'method.{name}')}"
        )


@methods.command("show")
@click.argument("method_id", metavar="ID")
@click.option("--language", type=click.Choice(LOCALES), default="en", show_default=True)
def show_method(method_id: str, language: str) -> None:
    """Show the parameters, roles, phases, channels and measurements of method ID."""
    found = _installed()
    if method_id not in found:
        raise click.ClickException(
            f"no method {method_id!r}; installed: {', '.join(sorted(found)) or 'none'}"
        )
    method, say = found[method_id], words(language)
    click.echo(
        f"{say(f'method.{method_id}')} ({method.standard}, {say('version')} {method.version})"
    )
    _section(say("Parameters"))
    for name, param in method.declared_params().items():
        title = say(f"param.{method_id}.{name}")
        click.echo(f"  {name:<16} {_accepted(param, say):<38} {title}")
    _section(say("Roles"))
    for name, need in method.declared_needs().items():
        click.echo(f"  {name:<16} {need.role.__name__}")
    _section(say("Phases"))
    for step in method.declared_phases():
        click.echo(f"  {step.name:<16} {say(f'phase.{method_id}.{step.name}')}")
    _section(say("Channels"))
    for channel in method.channels:
        click.echo(f"  {channel.name:<22} {channel.unit:<6} {say(f'channel.{channel.name}')}")
    _section(say("Measurements"))
    for name, measured in method.declared_measurements().items():
        title = say(f"measurand.{method_id}.{name}")
        click.echo(
            f"  {name:<18} {measured.symbol:<8} {measured.unit:<6} {title}  {measured.clause}"
        )


def _installed() -> dict[str, type[Procedure]]:
    """Load the methods by entry point; one that cannot be loaded is named and left out."""
    found = {}
    for entry in entry_points(group="testbed.methods"):
        try:
            method = entry.load()
        except Exception as error:  # a third party's method may fail in any way
            click.echo(f"method {entry.name} cannot be loaded: {error}", err=True)
            continue
        found[method.id] = method
    return found


def _section(title: str) -> None:
    click.echo(f"\n{title}")


def _accepted(param: Param | OptionalParam | Choice, say: Words) -> str:
    if isinstance(param, Choice):
        return " | ".join(param.options)
    low = "" if param.low is None else f"{param.low:g}"
    high = "" if param.high is None else f"{param.high:g}"
    if isinstance(param, OptionalParam):
        state = say("may be left out")
    elif param.default is None:
        state = say("required")
    else:
        state = f"= {param.default:g}"
    return f"{low}…{high} {param.unit}, {state}"
