"""Recording processes, each killed at a random instant; what is left of each is healed and read.

A kill is aimed at the creation, at recording, at a flush, at the sealing, or at the recovery
itself. ``python -m tests.faults.record_kills 1000 [seed]`` kills that many and prints a table.
"""

import random
import shutil
import sys
import tempfile
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from multiprocessing.process import BaseProcess
from pathlib import Path
from statistics import median

import runs
from tests.faults.record_apart import PATIENCE, finished, start
from tests.faults.record_healing import Healed, again, heal, look
from tests.faults.record_shapes import SHAPES, Shape
from tests.faults.record_writer import Ledger, Stage, record

AIMS = ("create", "record", "flush", "close", "recover")
LATE = 1.0  # [s]
_LANES = 4
_PERIOD = 0.25  # [s]


@dataclass(slots=True)
class Trial:
    """One killed recording and what came of it.

    Attributes
    ----------
    lost
        For how long [s] the oldest record that is not in the file had been handed over.
    wrong
        What should not be, a line each.
    """

    shape: str
    aim: str
    number: int
    status: str = ""
    rows: int = 0
    lost: float = 0.0
    seconds: float = 0.0
    looks: int = 0
    blind: int = 0
    wrong: list[str] = field(default_factory=list)


def trial(shape: Shape, aim: str, number: int, home: Path, spans: dict[str, float]) -> Trial:
    """Record, kill and heal once."""
    chance = random.Random(f"{shape.name} {aim} {number}")
    found = Trial(shape.name, aim, number)
    home.mkdir()
    path, book, errors = home / "run.h5", home / "ledger", home / "errors"
    ledger = Ledger(book, new=True)
    lasts = chance.uniform(0.0, 0.5) if aim == "close" else chance.choice((0.1, 0.7, 1.5, 3.0))
    closes = lasts if aim == "close" else PATIENCE
    process, heard = start(errors, record, path, book, shape.name, closes)
    watcher = start(home / "seen", look, path, shape, book) if chance.random() < 0.25 else None
    try:
        _wait(ledger, process, aim, chance, lasts, spans)
    finally:
        early, killed = process.exitcode, time.monotonic()
        process.kill()
        process.join()
        heard.close()
    if early:
        found.wrong.append(f"the recorder died by itself ({early}): {errors.read_text()[-1500:]}")
        return found
    try:
        if aim == "recover":
            _kill_recoveries(path, shape, chance, errors, spans)
        _judge(found, path, shape, ledger, killed, errors)
        if watcher is not None:
            path.with_suffix(".stop").touch()
            seen = finished(*watcher)
            if seen is None:
                found.wrong.append(f"a reader died: {(home / 'seen').read_text()[-300:]}")
            else:
                found.looks, found.blind, wrong = seen  # type: ignore[misc]
                found.wrong += wrong
    except TimeoutError as error:
        found.wrong.append(f"hangs: {error}")
    return found


def _wait(
    ledger: Ledger,
    process: BaseProcess,
    aim: str,
    chance: random.Random,
    lasts: float,
    spans: dict[str, float],
) -> None:
    """Wait for the instant at which to kill."""
    stage = {"create": Stage.CREATING, "close": Stage.CLOSING}.get(aim, Stage.RECORDING)
    until = time.monotonic() + PATIENCE
    while ledger.stage < stage and process.is_alive() and time.monotonic() < until:
        time.sleep(0.0002)
    wait = chance.uniform(0.0, lasts)
    if aim in ("create", "close"):
        wait = chance.uniform(0.0, 1.2 * spans[aim])
    elif aim == "flush":
        wait = chance.randint(1, 6) * _PERIOD + chance.uniform(-0.005, 0.02)
    time.sleep(wait)


def _kill_recoveries(
    path: Path, shape: Shape, chance: random.Random, errors: Path, spans: dict[str, float]
) -> None:
    """Begin to heal and be killed at it, some times over."""
    for _ in range(chance.randint(1, 3)):
        process, heard = start(errors, heal, path, shape)
        time.sleep(chance.uniform(0.0, 1.2 * spans["recover"]))
        process.kill()
        process.join()
        heard.close()


def _judge(
    found: Trial, path: Path, shape: Shape, ledger: Ledger, killed: float, errors: Path
) -> None:
    stage = ledger.stage
    if stage is Stage.GIVEN_UP:
        found.wrong.append("the disk refused")
    if not path.exists():
        found.status = "no file"
        if stage > Stage.CREATING:
            found.wrong.append(f"there is no file: {[p.name for p in path.parent.iterdir()]}")
        finished(*start(errors, again, path, shape))
        if not path.exists() or path.with_name(path.name + ".new").exists():
            found.wrong.append(f"nothing can be recorded there: {errors.read_text()[-1500:]}")
        return
    promised = _ending_on_record(path)
    healed = finished(*start(errors, heal, path, shape))
    if not isinstance(healed, Healed):
        found.wrong.append(f"not healed: {errors.read_text()[-1500:]}")
        return
    found.status, found.seconds, found.rows = healed.status, healed.seconds, healed.counts[""]
    found.wrong += healed.wrong
    for place, name in enumerate(shape.streams):
        # The file may hold more than the ledger: the kill fell between the two.
        lost = ledger.since(place, healed.counts[name], killed)
        found.lost = max(found.lost, lost)
        # What calls itself completed has to be whole.
        if lost > (0.0 if healed.status == "completed" else LATE):
            found.wrong.append(f"{name or 'rows'}: {lost:.3f} s are lost")
    accepted = {
        Stage.CLOSED: ("completed",),
        Stage.CLOSING: ("completed",) if promised else ("completed", "interrupted"),
    }.get(stage, ("interrupted",))
    if healed.status not in accepted:
        found.wrong.append(f"it says {healed.status} instead of {' or '.join(accepted)}")


def _ending_on_record(path: Path) -> bool:
    """Tell whether the ending had reached the file, or what lies beside it."""
    return runs.describe(path).status == "completed"


def spans(home: Path) -> dict[str, float]:
    """Measure how long [s] what a kill is aimed at takes when nobody is killed."""
    taken: dict[str, list[float]] = {"create": [], "close": [], "recover": []}
    for number in range(5):
        place = home / f"span {number}"
        place.mkdir()
        path, book, errors = place / "run.h5", place / "ledger", place / "errors"
        ledger = Ledger(book, new=True)
        seen: dict[Stage, float] = {}
        process, heard = start(errors, record, path, book, "1 kHz", 0.3)
        while process.is_alive() and ledger.stage < Stage.CLOSED:
            seen.setdefault(ledger.stage, time.monotonic())
            time.sleep(0.0002)
        seen[Stage.CLOSED] = time.monotonic()
        finished(process, heard)
        if ledger.stage is not Stage.CLOSED:
            raise RuntimeError(errors.read_text())
        taken["create"].append(seen[Stage.RECORDING] - seen[Stage.CREATING])
        taken["close"].append(seen[Stage.CLOSED] - seen[Stage.CLOSING])
    # A recovery writes what sealing writes, and begins by starting a process.
    taken["recover"] = [2 * each for each in taken["close"]]
    return {name: median(values) for name, values in taken.items()}


def kills(count: int, home: Path, seed: int = 1, lanes: int = _LANES) -> list[Trial]:
    """Kill so many recordings, some side by side."""
    expected = spans(home)
    chance = random.Random(seed)
    drawn = [(chance.choice([*SHAPES.values()]), chance.choice(AIMS)) for _ in range(count)]
    with ThreadPoolExecutor(lanes) as pool:
        jobs = [
            pool.submit(_one, shape, aim, seed * 1_000_000 + number, home, expected)
            for number, (shape, aim) in enumerate(drawn)
        ]
        return [job.result() for job in jobs]


def _one(shape: Shape, aim: str, number: int, home: Path, expected: dict[str, float]) -> Trial:
    place = home / str(number)
    found = trial(shape, aim, number, place, expected)
    if not found.wrong:
        for each in place.iterdir():
            each.unlink()
        place.rmdir()
    return found


def table(trials: list[Trial]) -> str:
    """Show what came of the trials, by aim and shape."""
    lines = [
        f"{'aim / shape':<22}{'kills':>6}{'no file':>8}{'interr.':>8}{'compl.':>7}{'rows':>10}"
        f"{'lost s':>8}{'heal s':>8}{'looks':>7}{'blind':>6}{'wrong':>6}"
    ]
    for key in ("aim", "shape"):
        for name in dict.fromkeys(getattr(each, key) for each in trials):
            part = [each for each in trials if getattr(each, key) == name]
            said = Counter(each.status for each in part)
            lines.append(
                f"{name:<22}{len(part):>6}{said['no file']:>8}{said['interrupted']:>8}"
                f"{said['completed']:>7}{max(each.rows for each in part):>10}"
                f"{max(each.lost for each in part):>8.2f}{max(each.seconds for each in part):>8.2f}"
                f"{sum(each.looks for each in part):>7}{sum(each.blind for each in part):>6}"
                f"{sum(bool(each.wrong) for each in part):>6}"
            )
    return "\n".join(lines)


def main() -> None:
    """Kill as many as asked for."""
    count, seed = int(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 1
    begun = time.monotonic()
    home = Path(tempfile.mkdtemp(prefix="kills-"))
    trials = kills(count, home, seed)
    bad = [each for each in trials if each.wrong]
    for each in bad:
        print(f"✗ {each.shape}, {each.aim}, {each.number}: {'; '.join(each.wrong)}")
    print(table(trials))
    print(f"{count} kills in {time.monotonic() - begun:.0f} s, {len(bad)} exceptions, seed {seed}")
    if bad:
        print(f"what is left of them is in {home}")
    else:
        shutil.rmtree(home)
    sys.exit(bool(bad))


if __name__ == "__main__":
    main()
