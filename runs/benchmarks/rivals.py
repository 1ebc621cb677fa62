"""Rivals, each a script run by the Python of an environment of their own."""

import json
import subprocess
from dataclasses import dataclass
from pathlib import Path

__all__ = ["Missing", "Rivals"]

_PATIENCE = 900  # [s]


class Missing(Exception):
    """A rival cannot be asked; the text says why and what to do."""


@dataclass(frozen=True, slots=True)
class Rivals:
    """Where the rivals live.

    Attributes
    ----------
    python
        The interpreter of their environment.
    scripts
        Directory of the scripts, each of which prints one JSON object as its last line.
    """

    python: Path
    scripts: Path

    def ask(self, script: str, *words: object) -> dict[str, float]:
        """Run a script to its end; gives what it printed.

        Raises
        ------
        Missing
            The environment is not there, or the script failed.
        """
        if not self.python.is_file():
            raise Missing(f"no {self.python.parts[-3]} here, `./prepare.sh benchmark` sets it up")
        path = self.scripts / f"{script}.py"
        if not path.is_file():
            raise Missing(f"no {path}, it comes with the sources")
        done = subprocess.run(
            [str(self.python), "-I", str(path), *map(str, words)],
            capture_output=True,
            text=True,
            timeout=_PATIENCE,
            check=False,
        )
        if done.returncode:
            last = (done.stderr.strip() or "it said nothing").splitlines()[-1]
            raise Missing(f"{script} failed: {last}")
        found: dict[str, float] = json.loads(done.stdout.strip().splitlines()[-1])
        return found
