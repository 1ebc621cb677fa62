"""``testbed``: the command line, one small function per verb."""

import gc
from importlib import import_module

import click

__all__ = ["main"]

# Verb to the module that holds it, so that `testbed --help` starts without the whole house.
_VERBS = {
    "backup": "testbed.cli.centre",
    "benches": "testbed.cli.benches",
    "benchmark": "testbed.cli.benchmark",
    "demo": "testbed.cli.demo",
    "import": "testbed.cli.moving",
    "init": "testbed.cli.centre",
    "instruments": "testbed.cli.instruments",
    "methods": "testbed.cli.methods",
    "restore": "testbed.cli.centre",
    "run": "testbed.cli.run",
    "runs": "testbed.cli.runs",
    "serve": "testbed.cli.serve",
    "simulators": "testbed.cli.simulators",
    "watchdog": "testbed.cli.worker",
    "web": "testbed.cli.worker",
    "worker": "testbed.cli.worker",
}
# A verb that is a word of the language has another name there.
_NAMES = {"import": "take"}
_HIDDEN = ("watchdog", "web", "worker")


class _LazyGroup(click.Group):
    def list_commands(self, ctx: click.Context) -> list[str]:
        return [verb for verb in sorted(_VERBS) if verb not in _HIDDEN]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in _VERBS:
            return None
        # What is imported stays: to look for garbage meanwhile would take a fifth of the start.
        gc.disable()
        command = getattr(import_module(_VERBS[cmd_name]), _NAMES.get(cmd_name, cmd_name))
        gc.freeze()
        gc.enable()
        assert isinstance(command, click.Command)
        return command


@click.command(cls=_LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="testbed-center")
def main() -> None:
    """Run a demonstration centre: book, run, record, review."""
