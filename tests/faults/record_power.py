"""The power fails while a run is recorded, sealed or healed; what the disk kept is healed and read.

Each recording is logged write for write once (`writelog.c`) and cut at many places.
``python -m tests.faults.record_power 1000 [seed]`` cuts that often and prints a table.
"""

import random
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from multiprocessing import get_context
from pathlib import Path

from tests.faults.record_apart import PATIENCE, finished, start
from tests.faults.record_healing import Healed, again, heal
from tests.faults.record_shapes import SHAPES, Shape
from tests.faults.record_writer import Ledger
from tests.faults.writelog import History, built, entries, preloaded, shim

LATE = 1.0  # [s]
_LANES = 2
_PER = 40  # cuts of one recording
# Seconds for which each shape is recorded.
_LASTS = {"1 Hz": 4.0, "unthrottled": 0.4, "unthrottled blocks": 0.3, "flushing": 1.0}
_OTHERS = 2.2
_PHASES = ("create", "record", "close")


@dataclass(slots=True)
class Cut:
    """One power cut and what came of it; `wrong` is what should not be, a line each."""

    shape: str
    phase: str
    place: str
    status: str = ""
    lost: float = 0.0
    seconds: float = 0.0
    wrong: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Recording:
    """A logged recording.

    Attributes
    ----------
    first, last
        Numbers of the first operation after its creation, and of the first of its closing.
    """

    shape: Shape
    history: History
    ledger: Ledger
    first: int
    last: int

    def draw(self, chance: random.Random) -> tuple[str, int]:
        """Choose where the power fails."""
        phase = chance.choices(_PHASES, (2, 5, 3))[0]
        ends = {
            "create": (0, self.first),
            "record": (self.first, self.last),
            "close": (self.last, len(self.history.entries)),
        }[phase]
        return phase, chance.randint(*ends)


def logged(shape: Shape, home: Path, library: Path) -> Recording:
    """Record a run to its end, and every write with it."""
    place, log, book, boot = home / "there", home / "log", home / "ledger", home / "boot"
    place.mkdir(parents=True)
    # The replay happens in this boot of the computer; so the recording was in another one.
    boot.write_text("11111111-2222-4333-8444-555555555555\n", encoding="ascii")
    ledger = Ledger(book, new=True)
    seconds = str(_LASTS.get(shape.name, _OTHERS))
    done = subprocess.run(
        [sys.executable, "-m", "tests.faults.record_writer", place.resolve() / "run.h5", book,
         shape.name, seconds],
        env=preloaded(library, place, log=log, boot=boot),
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )  # fmt: skip
    if done.returncode:
        raise RuntimeError(done.stderr)
    history = History(place, entries(log))
    log.unlink()
    times = [entry.time for entry in history.entries]
    begun, ended = ledger.ends()
    first = sum(each < begun for each in times)
    last = sum(each < ended for each in times)
    return Recording(shape, history, ledger, first, last)


def cut(recording: Recording, chance: random.Random, place: Path, library: Path) -> Cut:
    """Let the power fail once; sometimes it fails again while the file is healed."""
    phase, at = recording.draw(chance)
    found = Cut(recording.shape.name, phase, f"before operation {at}, in {place}")
    built(recording.history.cut(at, chance), place)
    if chance.random() < 0.08:
        found.phase = f"{phase}, heal"
        _cut_again(recording.shape, chance, place, library)
    _judge(found, recording, at, place)
    return found


def _cut_again(shape: Shape, chance: random.Random, place: Path, library: Path) -> None:
    """Let the power fail while the file is healed."""
    before = {
        (each.stat().st_ino, each.name): each.read_bytes() for each in sorted(place.iterdir())
    }
    log, path = place.with_suffix(".log"), place / "run.h5"
    if not path.exists():
        return
    subprocess.run(
        [sys.executable, "-c", "import pathlib, runs, sys; runs.recover(pathlib.Path(sys.argv[1]))",
         path.resolve()],
        env=preloaded(library, place, log=log),
        capture_output=True,
        timeout=PATIENCE,
        check=False,
    )  # fmt: skip
    history = History(place, entries(log) if log.exists() else [], before)
    log.unlink(missing_ok=True)
    for each in place.iterdir():
        each.unlink()
    place.rmdir()
    built(history.cut(chance.randint(0, len(history.entries)), chance), place)


def _judge(found: Cut, recording: Recording, at: int, place: Path) -> None:
    shape, done = recording.shape, recording.history.entries
    instant = done[at].time if at < len(done) else done[-1].time
    begun, ended = recording.ledger.ends()
    path, errors = place / "run.h5", place.with_suffix(".errors")
    if not path.exists():
        found.status = "no file"
        if begun <= (done[at - 1].time if at else 0.0):
            found.wrong.append(f"there is no file: {sorted(p.name for p in place.iterdir())}")
        finished(*start(errors, again, path, shape))
        if not path.exists():
            found.wrong.append(f"nothing can be recorded there: {errors.read_text()[-1500:]}")
        return
    try:
        healed = finished(*start(errors, heal, path, shape))
    except TimeoutError as error:
        found.wrong.append(f"hangs: {error}")
        return
    if not isinstance(healed, Healed):
        found.wrong.append(f"not healed: {errors.read_text()[-1500:]}")
        return
    found.status, found.seconds = healed.status, healed.seconds
    found.wrong += healed.wrong
    for stream, name in enumerate(shape.streams):
        lost = recording.ledger.since(stream, healed.counts[name], instant, by=instant)
        found.lost = max(found.lost, lost)
        # What calls itself completed has to be whole; no writer is faster than its disk.
        allowed = LATE + recording.history.waited(instant)
        if lost > (0.0 if healed.status == "completed" else allowed):
            found.wrong.append(f"{name or 'rows'}: {lost:.3f} s are lost")
    accepted = ("interrupted",) if instant < ended else ("interrupted", "completed")
    if healed.status not in (("completed",) if at >= len(done) else accepted):
        found.wrong.append(f"it says {healed.status}")


def cuts(
    count: int,
    home: Path,
    library: Path,
    seed: int = 1,
    *,
    lanes: int = _LANES,
    names: Sequence[str] = tuple(SHAPES),
) -> list[Cut]:
    """Record runs of the named shapes, in turn, and cut each many times."""
    shares = [min(_PER, count - done) for done in range(0, count, _PER)]
    jobs = [
        (names[number % len(names)], share, f"{seed} {number}", home / str(number), library)
        for number, share in enumerate(shares)
    ]
    if lanes == 1:
        return [each for job in jobs for each in several(*job)]
    # The replay is work for the interpreter, hence processes and not threads.
    with ProcessPoolExecutor(lanes, get_context("spawn")) as pool:
        return [
            each for part in [pool.submit(several, *job) for job in jobs] for each in part.result()
        ]


def several(name: str, count: int, seed: str, home: Path, library: Path) -> list[Cut]:
    """Record one run and cut it so many times."""
    recording = logged(SHAPES[name], home, library)
    return [_one(recording, f"{seed} {each}", home / str(each), library) for each in range(count)]


def _one(recording: Recording, seed: str, place: Path, library: Path) -> Cut:
    found = cut(recording, random.Random(seed), place, library)
    if not found.wrong:
        for each in place.iterdir():
            each.unlink()
        place.rmdir()
    return found


def table(found: list[Cut]) -> str:
    """Show what came of the cuts, by phase and shape."""
    lines = [
        f"{'phase / shape':<22}{'cuts':>6}{'no file':>8}{'interr.':>8}{'compl.':>7}"
        f"{'lost s':>8}{'heal s':>8}{'wrong':>6}"
    ]
    for key in ("phase", "shape"):
        for name in sorted({getattr(each, key) for each in found}):
            part = [each for each in found if getattr(each, key) == name]
            said = Counter(each.status for each in part)
            lines.append(
                f"{name:<22}{len(part):>6}{said['no file']:>8}{said['interrupted']:>8}"
                f"{said['completed']:>7}{max(each.lost for each in part):>8.2f}"
                f"{max(each.seconds for each in part):>8.2f}"
                f"{sum(bool(each.wrong) for each in part):>6}"
            )
    return "\n".join(lines)


def main() -> None:
    """Cut as often as asked for."""
    count, seed = int(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 1
    begun = time.monotonic()
    home = Path(tempfile.mkdtemp(prefix="power-"))
    library = shim(home)
    if library is None:
        sys.exit("there is no C compiler: the power cuts were not tried")
    found = cuts(count, home, library, seed)
    bad = [each for each in found if each.wrong]
    for each in bad:
        print(f"✗ {each.shape}, {each.phase}, {each.place}: {'; '.join(each.wrong)}")
    print(table(found))
    print(f"{count} cuts in {time.monotonic() - begun:.0f} s, {len(bad)} exceptions, seed {seed}")
    if bad:
        print(f"what is left of them is in {home}")
    else:
        shutil.rmtree(home)
    sys.exit(bool(bad))


if __name__ == "__main__":
    main()
