"""``testbed methods dry-run``: what a method would do, on simulators in virtual time."""

import sys
from collections.abc import Sequence
from pathlib import Path

import click

from testbed import settings
from testbed.adapters import simulation
from testbed.adapters.benches import BenchRefused
from testbed.adapters.dry_benches import dry_bench, hand_at, named_bench
from testbed.adapters.methods import installed_methods
from testbed.cli.parameters import chosen_method, read_parameters
from testbed.cli.words import LANGUAGE, leave, speak, table
from testbed.cli.worker import HOME
from testbed.domain.objections import Objection, Refused
from testbed.engine.bench import Bench
from testbed.engine.dry_run import DryRun, rehearse
from testbed.engine.ports import Ending
from testbed.i18n import Words
from testbed.procedure import Procedure, complete_parameters
from testbed.procedure.parameters import ParameterError

__all__ = ["dry_run"]


@click.command("dry-run")
@click.argument("method")
@click.option("--param", "params", multiple=True, help="NAME=VALUE with unit, as s0=33.93mm2.")
@click.option("--bench", default="", help="Bench to be played; else one that fits the method.")
@HOME
@LANGUAGE
def dry_run(
    method: str, params: Sequence[str], bench: str, home: Path | None, lang: str | None
) -> None:
    """Carry METHOD out on simulators in virtual time, and tell what it does and needs.

    The centre's database, benches and runs are not touched.
    """
    said = speak(lang)
    known = settings.load(home)
    chosen = chosen_method(installed_methods(), method, said)
    given = read_parameters(chosen, params, said)
    try:
        parameters = complete_parameters(chosen, given)
        file = named_bench(known.benches, bench) if bench else None
        with dry_bench(chosen, file, known.visa_library) as (opened, directory):
            found = rehearse(
                chosen, parameters, opened.bench, opened.clock, directory, hand_at(opened)
            )
    except ParameterError as error:
        leave(Refused((Objection(error.code, error.values),)), said)
    except (BenchRefused, simulation.SimulatorFailed) as refusal:
        sys.exit(str(refusal))
    _tell(chosen, found, opened.bench, said)
    if found.result.ending is not Ending.COMPLETED:
        sys.exit(2)


def _tell(method: type[Procedure], found: DryRun, bench: Bench, said: Words) -> None:
    title, ending = said(f"method.{method.id}"), said(f"ending.{found.result.ending}")
    click.echo(f"{title}  {ending}")
    if found.result.remark is not None:
        click.echo(said(found.result.remark.code, **found.result.remark.values))
    click.echo(f"\n{_needs(method, bench, said)}\n")
    rows = [
        (said(f"phase.{method.id}.{name}"), _duration(seconds))
        for name, seconds in found.phases.items()
    ]
    click.echo(table((said("Phase"), said("Duration")), rows, right=(1,)))
    words = said("In all {whole}; forecast of the method: {forecast}",
                 whole=_duration(found.duration), forecast=_duration(found.forecast))  # fmt: skip
    click.echo(f"\n{words}\n")
    _tell_prompts(found, said)
    heads = (said("Channel"), said("Unit"), said("Lowest"), said("Highest"))
    spans = [
        (said(f"channel.{name}"), span.unit, f"{span.lowest:.6g}", f"{span.highest:.6g}")
        for name, span in found.channels.items()
    ]
    click.echo(table(heads, spans, right=(2, 3)))


def _needs(method: type[Procedure], bench: Bench, said: Words) -> str:
    rows = [
        (name, need.role.__name__, bench.roles[name].driver)
        for name, need in method.declared_needs().items()
    ]
    authorisation = said(
        "Needs a person authorised to perform {method}, version {version}.",
        method=method.id,
        version=method.version,
    )
    return f"{table((said('Role'), said('Kind'), said('Played by')), rows)}\n{authorisation}"


def _tell_prompts(found: DryRun, said: Words) -> None:
    for prompt in found.prompts:
        options = " | ".join(said(option) for option in prompt.options)
        question = said(prompt.code, **prompt.values)
        click.echo(f"? {question}" + (f"  [{options}]" if options else ""))
    if found.prompts:
        click.echo()


def _duration(seconds: float) -> str:
    whole = round(seconds)
    return f"{whole // 3600}:{whole // 60 % 60:02d}:{whole % 60:02d}"
