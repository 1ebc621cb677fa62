"""Disks that fill up, refuse or turn read-only under a recording.

``python -m tests.faults.record_disk 200 [seed]`` tries that many and prints a table. Small file
systems are mounted where that is allowed; everywhere with a C compiler a library between the
writer and the C library lets its writes fail (`writelog.c`).
"""

import fcntl
import os
import random
import shutil
import signal
import struct
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from errno import EDQUOT, EIO, ENOSPC, EROFS
from pathlib import Path

import numpy as np

import runs
from tests.faults import record_shapes as shapes
from tests.faults.record_apart import PATIENCE, finished, start
from tests.faults.record_healing import Healed, heal
from tests.faults.record_shapes import SHAPES, Shape
from tests.faults.record_writer import Ledger, Stage
from tests.faults.writelog import preloaded, shim

LATE = 1.0  # [s]
_LANES = 3
_MIB = 1 << 20
_RESERVE = 2 * _MIB
# The fastest recording of a trial and, later, the copy that is its finished file find room.
_SIZE = 160 * _MIB
_SHAPES = [SHAPES[name] for name in ("1 kHz", "bursts", "waveforms", "compressed", "all at once",
                                     "20 Hz by name", "flushing")]  # fmt: skip
# struct faults in writelog.c
_FAULTS = struct.Struct("<iiqqdd")
# FS_IOC_SHUTDOWN of Linux, and its flag "without writing the log of the file system".
_SHUTDOWN, _NO_LOG = 0x8004587D, 2


@dataclass(slots=True)
class Refusal:
    """One recording on a disk that refuses; `wrong` is what should not be, a line each."""

    way: str
    shape: str
    place: Path
    ended: str = ""
    status: str = ""
    rows: int = 0
    refusals: int = 0
    lost: float = 0.0
    wrong: list[str] = field(default_factory=list)


@dataclass(slots=True)
class Scene:
    """A directory, the child that records into it, and what is known of it."""

    found: Refusal
    shape: Shape
    home: Path
    disk: Path
    chance: random.Random
    ledger: Ledger
    library: Path | None
    child: subprocess.Popen[bytes] | None = None

    @property
    def path(self) -> Path:
        """The file that is recorded."""
        return self.disk / "run.h5"

    def record(self, seconds: float, reserve: int, **environment: Path) -> None:
        """Start to record."""
        variables = dict(os.environ)
        if environment:
            assert self.library is not None
            variables = preloaded(self.library, self.disk, **environment)
        with (self.home / "errors").open("ab") as errors:
            self.child = subprocess.Popen(
                [sys.executable, "-m", "tests.faults.record_writer", self.path.resolve(),
                 self.home / "ledger", self.shape.name, str(seconds), str(reserve)],
                env=variables, stdin=subprocess.DEVNULL, stdout=errors, stderr=errors,
            )  # fmt: skip

    def wait(self, condition: Callable[[], bool], what: str, within: float = PATIENCE) -> bool:
        """Wait for something; what does not come is a wrong thing."""
        until = time.monotonic() + within
        while not condition():
            if time.monotonic() > until:
                self.found.wrong.append(f"hangs: {what}")
                return False
            time.sleep(0.005)
        return True

    def recording(self) -> bool:
        """Wait until it records; tells whether it does."""
        self.wait(lambda: self.ledger.stage >= Stage.RECORDING or self.over(), "no beginning")
        return self.ledger.stage is Stage.RECORDING

    def over(self) -> bool:
        """Tell whether the child has ended."""
        assert self.child is not None
        return self.child.poll() is not None

    def stop(self) -> None:
        """Kill the child where it still is."""
        if self.child is not None:
            self.child.kill()
            code = self.child.wait()
            ended = {0: "closed", 3: "gave up", -signal.SIGKILL: "killed"}
            self.found.ended = ended.get(code, f"code {code}")
            if code not in ended:
                self.found.wrong.append(f"the recorder ended with {code}: {self.said()}")

    def said(self) -> str:
        """Give the last words of the child."""
        return (self.home / "errors").read_text(errors="replace")[-1500:]

    def healed(self, by: float, *, whole: bool = False) -> None:
        """Heal what is left; nothing handed over a second before `by` may be missing."""
        found, errors = self.found, self.home / "healing"
        found.refusals = self.ledger.refusals
        if not self.path.exists():
            found.status = "no file"
            if self.ledger.stage not in (Stage.CREATING, Stage.GIVEN_UP) or self.ledger.begun():
                found.wrong.append("there is no file")
            return
        try:
            healed = finished(*start(errors, heal, self.path, self.shape))
        except TimeoutError as error:
            found.wrong.append(f"hangs: {error}")
            return
        if not isinstance(healed, Healed):
            found.wrong.append(f"not healed: {errors.read_text()[-1500:]}; {self.said()}")
            return
        found.status, found.rows = healed.status, healed.counts[""]
        found.wrong += healed.wrong
        for stream, name in enumerate(self.shape.streams):
            lost = self.ledger.since(stream, healed.counts[name], by, by=by)
            found.lost = max(found.lost, lost)
            if lost > (0.0 if whole else LATE):
                found.wrong.append(f"{name or 'rows'}: {lost:.2f} s before the refusal are lost")
        if whole and healed.status != "completed":
            found.wrong.append(f"it says {healed.status}")


# ---------------------------------------------------------------------- small file systems


def _mounted(*words: object) -> bool:
    return subprocess.run(["mount", *words], capture_output=True, check=False).returncode == 0


@contextmanager
def small_disk(home: Path, size: int) -> Iterator[Path]:
    """Mount a file system of that size [bytes] in memory.

    Raises
    ------
    PermissionError
        It is not allowed.
    """
    disk = home / "disk"
    disk.mkdir()
    if not _mounted("-t", "tmpfs", "-o", f"size={size}", "tmpfs", disk):
        raise PermissionError("a file system cannot be mounted")
    try:
        yield disk
    finally:
        subprocess.run(["umount", "--lazy", disk], check=True)


def _filled(disk: Path, left: int) -> Path:
    """Let somebody else fill a disk up to what is left [bytes]."""
    ballast = disk / "ballast"
    with ballast.open("ab") as file:
        while (more := shutil.disk_usage(disk).free - left) > 0:
            try:
                os.posix_fallocate(file.fileno(), os.fstat(file.fileno()).st_size, more)
            except OSError as error:
                # The recording took some of it meanwhile.
                if error.errno != ENOSPC:
                    raise
    return ballast


def full_for_a_while(scene: Scene) -> None:
    """Fill the disk up to the reserve, make room later: nothing may be missing."""
    scene.record(3.0, _RESERVE)
    if scene.recording():
        time.sleep(scene.chance.uniform(0.0, 1.5))
        ballast = _filled(scene.disk, scene.chance.randint(_MIB, _RESERVE))
        if scene.wait(lambda: scene.ledger.refusals > 0 or scene.over(), "no refusal"):
            time.sleep(scene.chance.uniform(0.1, 2.0))
        ballast.unlink()
        scene.wait(scene.over, "recording does not end after room was made")
    scene.stop()
    if not scene.ledger.refusals:
        scene.found.wrong.append("a full disk was not told")
    scene.healed(time.monotonic(), whole=True)


def full_and_killed(scene: Scene) -> None:
    """Kill the recording while its disk is full: what came before the refusal stays."""
    scene.record(PATIENCE, _RESERVE)
    refused = time.monotonic()
    if scene.recording():
        time.sleep(scene.chance.uniform(0.0, 1.5))
        ballast = _filled(scene.disk, scene.chance.randint(0, _RESERVE))
        refused = time.monotonic()
        scene.wait(lambda: scene.ledger.refusals > 0 or scene.over(), "no refusal")
        time.sleep(scene.chance.uniform(0.0, 0.5))
        scene.stop()
        _refuses_to_heal(scene)
        ballast.unlink()
    scene.healed(refused)


def brim_full(scene: Scene) -> None:
    """Fill the disk to the last byte, of which the writer knows nothing beforehand."""
    scene.record(PATIENCE, 0)
    if scene.recording():
        time.sleep(scene.chance.uniform(0.0, 1.5))
        ballast = _filled(scene.disk, scene.chance.randrange(0, _MIB // 4, 4096))
        scene.wait(lambda: scene.ledger.refusals > 0 or scene.over(), "no refusal")
        time.sleep(0.05)
        scene.stop()
        _refuses_to_heal(scene)
        ballast.unlink()
    scene.healed(scene.ledger.refused or time.monotonic())


def _refuses_to_heal(scene: Scene) -> None:
    """See that a disk without room says so, and that what it holds stays readable."""
    errors = scene.home / "unhealed"
    answer = finished(*start(errors, unhealed, scene.path, scene.shape))
    if answer is None:
        scene.found.wrong.append(f"on a full disk: {errors.read_text()[-1500:]}")
    elif answer:
        scene.found.wrong.append(f"on a full disk: {answer}")


def unhealed(path: Path, shape: Shape) -> str:
    """Try to heal where there is no room; gives what is wrong with the answer."""
    try:
        runs.recover(path)
    except runs.RecordFailed:
        if runs.describe(path).status not in ("interrupted", "completed"):
            return f"it says {runs.describe(path).status}"
        with runs.open(path, decode_times=False) as found:
            names = ("time", *shape.names(), "phase")
            columns = {name: found[name].values for name in names}
        return "; ".join(shapes.compared(columns, shape, 0))
    return ""


def read_only(scene: Scene) -> None:
    """Kill a recording; its file system comes back read-only, later as it should be."""
    scene.record(PATIENCE, _RESERVE)
    if scene.recording():
        time.sleep(scene.chance.uniform(0.0, 2.0))
    scene.stop()
    killed = time.monotonic()
    if not _mounted("-o", "remount,ro", scene.disk):
        raise PermissionError("a file system cannot be made read-only")
    _refuses_to_heal(scene)
    try:
        runs.create(scene.disk / "other.h5", shapes.header(scene.shape))
        scene.found.wrong.append("a run was begun on a read-only disk")
    except runs.RecordFailed:
        pass
    _mounted("-o", "remount,rw", scene.disk)
    scene.healed(killed)


@contextmanager
def ext4(home: Path) -> Iterator[Path]:
    """Mount a small ext4 on a file.

    Raises
    ------
    PermissionError
        It is not allowed.
    """
    image, disk = home / "image", home / "disk"
    disk.mkdir()
    with image.open("wb") as file:
        file.truncate(_SIZE)
    made = subprocess.run(["mkfs.ext4", "-q", image], capture_output=True, check=False)
    if made.returncode or not _mounted("-o", "loop", image, disk):
        raise PermissionError("a file system cannot be mounted")
    try:
        yield disk
    finally:
        subprocess.run(["umount", "--lazy", disk], check=True)
        image.unlink()


def cut_off(scene: Scene) -> None:
    """Shut the file system down under the recording, without its log, and mount it again."""
    scene.record(PATIENCE, _RESERVE)
    gone = time.monotonic()
    if scene.recording():
        time.sleep(scene.chance.uniform(0.0, 2.5))
        root = os.open(scene.disk, os.O_RDONLY)
        gone = time.monotonic()
        fcntl.ioctl(root, _SHUTDOWN, struct.pack("<I", _NO_LOG))
        os.close(root)
        scene.wait(scene.over, "a recording without a disk does not end")
    scene.stop()
    subprocess.run(["umount", scene.disk], check=True)
    if not _mounted("-o", "loop", scene.home / "image", scene.disk):
        raise PermissionError("the file system cannot be mounted again")
    scene.healed(gone)


# --------------------------------------------------------------------- writes that fail


def failing(scene: Scene) -> None:
    """Let writes fail from a random byte on, for ever or for a while."""
    number = scene.chance.choice((ENOSPC, ENOSPC, EDQUOT, EIO, EROFS))
    growth = number in (ENOSPC, EDQUOT)
    control = scene.home / "faults"
    control.write_bytes(_FAULTS.pack(0, growth, 0, 0, 0.0, 0.0))
    words = np.memmap(control, "u1", "r+")
    scene.record(2.5, 0, faults=control)
    if scene.recording():
        time.sleep(scene.chance.uniform(0.0, 1.5))
        room = scene.chance.choice(
            (0, scene.chance.randrange(200), scene.chance.randrange(200_000))
        )
        words[8:16] = np.frombuffer(struct.pack("<q", room), "u1")
        words[:4] = np.frombuffer(struct.pack("<i", number), "u1")
        if scene.chance.random() < 0.3:
            time.sleep(scene.chance.uniform(0.05, 0.5))
            words[:4] = 0
        scene.wait(scene.over, "a recording whose writes fail does not end")
    scene.stop()
    _, _, _, failed, first, _ = _FAULTS.unpack(control.read_bytes())
    scene.found.way = f"failing, {os.strerror(number)}"[:28]
    scene.healed(first if failed else time.monotonic(), whole=scene.found.ended == "closed")


def slow(scene: Scene) -> None:
    """Kill a recording whose disk takes seconds to confirm: that must not hold the rows up."""
    control = scene.home / "faults"
    control.write_bytes(_FAULTS.pack(0, 0, 0, 0, 0.0, 0.0))
    words = np.memmap(control, "u1", "r+")
    scene.record(PATIENCE, _RESERVE, faults=control)
    if scene.recording():
        words[32:40] = np.frombuffer(struct.pack("<d", scene.chance.uniform(1.0, 5.0)), "u1")
        time.sleep(scene.chance.uniform(1.0, 4.0))
    killed = time.monotonic()
    scene.stop()
    scene.healed(killed)


ON_SMALL_DISKS = (full_for_a_while, full_and_killed, brim_full, read_only)
WAYS = (*ON_SMALL_DISKS, cut_off, failing, failing, slow)


def trial(way: Callable[[Scene], None], seed: str, home: Path, library: Path | None) -> Refusal:
    """Record once on a disk that refuses."""
    chance = random.Random(seed)
    shape = chance.choice(_SHAPES)
    found = Refusal(way.__name__.replace("_", " "), shape.name, home)
    home.mkdir()
    ledger = Ledger(home / "ledger", new=True)

    def on(disk: Path) -> None:
        scene = Scene(found, shape, home, disk, chance, ledger, library)
        try:
            way(scene)
        finally:
            if scene.child is not None and scene.child.poll() is None:
                scene.stop()

    if way in (failing, slow):
        disk = home / "disk"
        disk.mkdir()
        on(disk)
    elif way is cut_off:
        with ext4(home) as disk:
            on(disk)
    else:
        with small_disk(home, _SIZE) as disk:
            on(disk)
    return found


def refusals(
    count: int,
    home: Path,
    library: Path | None,
    seed: int = 1,
    ways: tuple[Callable[[Scene], None], ...] = WAYS,
) -> list[Refusal]:
    """Try so many, some side by side."""
    home.mkdir(exist_ok=True)
    with ThreadPoolExecutor(_LANES) as pool:
        jobs = [
            pool.submit(
                trial, ways[number % len(ways)], f"{seed} {number}", home / str(number), library
            )
            for number in range(count)
        ]
        return [job.result() for job in jobs]


def table(found: list[Refusal]) -> str:
    """Show what came of the trials, by the way in which the disk refused."""
    lines = [
        f"{'disk':<30}{'trials':>7}{'closed':>7}{'gave up':>8}{'killed':>7}{'interr.':>8}"
        f"{'compl.':>7}{'no file':>8}{'lost s':>8}{'wrong':>6}"
    ]
    for way in sorted({each.way for each in found}):
        part = [each for each in found if each.way == way]
        ended, said = Counter(each.ended for each in part), Counter(each.status for each in part)
        lines.append(
            f"{way:<30}{len(part):>7}{ended['closed']:>7}{ended['gave up']:>8}{ended['killed']:>7}"
            f"{said['interrupted']:>8}{said['completed']:>7}{said['no file']:>8}"
            f"{max(each.lost for each in part):>8.2f}{sum(bool(each.wrong) for each in part):>6}"
        )
    return "\n".join(lines)


def main() -> None:
    """Try as many as asked for."""
    count, seed = int(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 1
    begun = time.monotonic()
    home = Path(tempfile.mkdtemp(prefix="disk-"))
    library = shim(home)
    ways = WAYS
    if library is None:
        print("there is no C compiler: writes that fail were not tried")
        ways = tuple(way for way in ways if way not in (failing, slow))
    if os.geteuid():
        print("only root mounts: small file systems were not tried")
        ways = tuple(way for way in ways if way in (failing, slow))
    found = refusals(count, home, library, seed, ways)
    bad = [each for each in found if each.wrong]
    for each in bad:
        print(f"✗ {each.way}, {each.shape}, {each.place}: {'; '.join(each.wrong)}")
    print(table(found))
    print(f"{count} trials in {time.monotonic() - begun:.0f} s, {len(bad)} exceptions, seed {seed}")
    shutil.rmtree(home)
    sys.exit(bool(bad))


if __name__ == "__main__":
    main()
