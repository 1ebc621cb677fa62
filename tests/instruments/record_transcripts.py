"""Records the self-check of every driver against its simulator into ``transcripts/``.

``python -m tests.instruments.record_transcripts [DRIVER …]``; what changed is seen in the diff.
"""

import sys
import tempfile
from pathlib import Path
from typing import Any

from instruments import registry
from instruments.self_check import self_check
from instruments.transcript import recorded, written
from tests.faults.matrix import drivers, role_of, serial_of, stage

# A cell has no resistance to be measured.
WORLD = {"Multimeter": 'circuit = {kind = "resistor"}'}
FOLDER = Path(__file__).parent / "transcripts"


def record(driver: str) -> None:
    """Record one driver."""
    with (
        tempfile.TemporaryDirectory() as directory,
        stage(driver, Path(directory), WORLD.get(role_of(driver), "")) as (address, _, _),
    ):
        instrument: Any = registry.connect(driver, address, serial=serial_of(driver))
        with recorded(instrument.link) as entries:
            failed = [each for each in self_check(instrument) if each.failed]
        instrument.close()
    if failed:
        sys.exit(f"{driver}: {failed}")
    title = f"self-check of {driver} against its simulator"
    (FOLDER / f"{driver}.txt").write_text(written(entries, title=title), encoding="utf-8")


if __name__ == "__main__":
    for named in sys.argv[1:] or drivers():
        record(named)
