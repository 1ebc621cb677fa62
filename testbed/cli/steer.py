"""``testbed runs pause|continue|stop|abort|answer``: tell a running run what to do."""

import sys
from collections.abc import Callable
from pathlib import Path

import click

from testbed import bootstrap, settings
from testbed.bootstrap import Testbed
from testbed.cli.words import LANGUAGE, leave, speak
from testbed.cli.worker import HOME
from testbed.domain.objections import Refused
from testbed.domain.people import Actor
from testbed.services.commands import Done

__all__ = ["VERBS"]

_LOGIN = click.option(
    "--login", default="bench", show_default=True, help="Account under which it goes on record."
)
_RUN = click.argument("run")

Steer = Callable[[Testbed, Actor], Done | Refused]


def _tell(home: Path | None, lang: str | None, login: str, steer: Steer, told: str) -> None:
    said = speak(lang)
    testbed = bootstrap.build(settings.load(home))
    try:
        answer = steer(testbed, testbed.people.find(login))
        if isinstance(answer, Refused):
            leave(answer, said)
    except LookupError:
        sys.exit(said("There is no account {login}.", login=login))
    finally:
        testbed.close()
    click.echo(said(told))


@click.command()
@_RUN
@_LOGIN
@HOME
@LANGUAGE
def pause(run: str, login: str, home: Path | None, lang: str | None) -> None:
    """Let RUN stand at its next point."""
    told = "The run will stand in a moment."
    _tell(home, lang, login, lambda centre, who: centre.execution.pause(who, run), told)


@click.command("continue")
@_RUN
@_LOGIN
@HOME
@LANGUAGE
def go_on(run: str, login: str, home: Path | None, lang: str | None) -> None:
    """Let a paused RUN go on."""
    told = "The run goes on."
    _tell(home, lang, login, lambda centre, who: centre.execution.resume(who, run), told)


@click.command()
@_RUN
@_LOGIN
@HOME
@LANGUAGE
def stop(run: str, login: str, home: Path | None, lang: str | None) -> None:
    """End RUN once its present phase is done; it gets no verdict."""
    told = "The run will end after this phase."
    _tell(home, lang, login, lambda centre, who: centre.execution.stop_after_phase(who, run), told)


@click.command()
@_RUN
@_LOGIN
@HOME
@LANGUAGE
def abort(run: str, login: str, home: Path | None, lang: str | None) -> None:
    """End RUN at once; every output is switched off."""
    told = "The run is being aborted."
    _tell(home, lang, login, lambda centre, who: centre.execution.abort(who, run), told)


@click.command()
@_RUN
@click.argument("text")
@_LOGIN
@HOME
@LANGUAGE
def answer(run: str, text: str, login: str, home: Path | None, lang: str | None) -> None:
    """Answer the question that RUN waits with: words, a number with its unit, or an option's place.

    Options are numbered from 1, as `testbed run` shows them.
    """

    def tell(centre: Testbed, who: Actor) -> Done | Refused:
        live = centre.queries.live_one(who, run)
        prompt = None if live is None else live.prompt
        if prompt is None:
            return centre.execution.answer(who, run, 0, text)
        given = text
        if prompt.options and text.isdecimal() and 0 < int(text) <= len(prompt.options):
            given = prompt.options[int(text) - 1]
        return centre.execution.answer(who, run, prompt.number, given)

    _tell(home, lang, login, tell, "Answered.")


VERBS = (pause, go_on, stop, abort, answer)
