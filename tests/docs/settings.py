"""What an example stands on: a home of its own, files, simulators that live.

A setting prepares `scratch`, the directory in which the block runs, and gives its environment.
"""

import os
import shutil
import subprocess
import sys
import sysconfig
import time
import tomllib
import venv
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from importlib.resources import files
from pathlib import Path

import numpy as np
import psutil
import pytest

import runs
from testbed import bootstrap
from testbed.adapters import simulation
from testbed.domain.names import Name
from testbed.services.commands import BookingKind
from testbed.services.register import NewEquipment
from testbed.settings import load
from tests.docs.examples import ROOT
from tests.runs.rich_run import counted, header, write_rich
from tests.testbed.centres import open_centre

__all__ = ["LONG", "SETTINGS", "Setting"]

LONG = 300_000
"""Rows of a long run."""


@dataclass(slots=True)
class Setting:
    """Where and how a block runs.

    Attributes
    ----------
    python
        The interpreter whose `testbed` and packages it sees.
    fills
        What stands for the words in capitals of a command line.
    stdin
        What is typed.
    """

    scratch: Path
    python: Path = Path(sys.executable)
    fills: dict[str, str] = field(default_factory=dict)
    stdin: str = ""

    @property
    def home(self) -> Path:
        """The centre's home."""
        return self.scratch / "home"

    def environment(self) -> dict[str, str]:
        """Give the environment of the block; a `testbed` of that interpreter comes first."""
        commands = self.scratch / "bin"
        commands.mkdir(exist_ok=True)
        for name, module in (("testbed", "-m testbed"), ("python", "")):
            script = commands / name
            script.write_text(f'#!/bin/sh\nexec "{self.python}" {module} "$@"\n')
            script.chmod(0o755)
        here = self.scratch / ".venv"
        if not here.exists():
            here.mkdir()
            (here / "bin").symlink_to(commands)
        return {
            **os.environ,
            "PATH": f"{commands}:{os.environ['PATH']}",
            "PYTHONPATH": str(ROOT),
            "TESTBED_HOME": str(self.home),
            "COLUMNS": "200",
            "LANG": "C.UTF-8",
        }

    def typed(self, *words: str) -> None:
        """Run a `testbed` command that prepares something."""
        ended = subprocess.run(
            [self.python, "-m", "testbed", *words],
            env=self.environment(),
            cwd=self.scratch,
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )
        assert ended.returncode == 0, f"testbed {' '.join(words)}\n{ended.stderr}"


@contextmanager
def plain(scratch: Path) -> Iterator[Setting]:
    """Give an empty home, which gets three training benches by itself."""
    yield Setting(scratch)


@contextmanager
def a_run(scratch: Path) -> Iterator[Setting]:
    """Lay a finished tensile run beside the block, under the names that the pages use."""
    path = scratch / "R-2026-00042.h5"
    header = runs.Header(
        run="R-2026-00042",
        title="인장시험",
        started=datetime(2026, 3, 2, tzinfo=UTC),
        channels=(runs.ChannelInfo("force", "N"), runs.ChannelInfo("extension", "mm")),
        phases=("pull",),
        attributes={"frame_serial": "Z-1"},
    )
    with runs.create(path, header) as writer:
        for step in range(1000):
            writer.append(step * 0.01, 10.0 * step, step * 1e-3)
        writer.event(1.0, "note", "조심")
    shutil.copy(path, scratch / "R-2026-00001.h5")
    yield Setting(scratch)


@contextmanager
def a_rich_run(scratch: Path) -> Iterator[Setting]:
    """Lay a finished run beside the block that holds every kind of stream."""
    write_rich(scratch / "R-2026-00042.h5")
    yield Setting(scratch)


@contextmanager
def a_growing_run(scratch: Path) -> Iterator[Setting]:
    """Let somebody record beside the block."""
    with runs.create(scratch / "R-2026-00042.h5", header("growing")) as writer:
        for row in zip(*counted(0, 100), strict=True):
            writer.append(*row)
        writer.flush()
        yield Setting(scratch)


@contextmanager
def a_long_run(scratch: Path) -> Iterator[Setting]:
    """Lay a finished run beside the block that is long enough for two levels of its view."""
    with runs.create(scratch / "R-2026-00042.h5", header("long")) as writer:
        writer.extend(*counted(0, LONG))
    yield Setting(scratch)


@contextmanager
def repeats(scratch: Path) -> Iterator[Setting]:
    """Lay three repeats of a pull beside the block, of one length, that end in a break."""
    (scratch / "campaign").mkdir()
    for number in range(1, 4):
        called = f"R-2026-{number:05d}"
        head = runs.Header(
            run=called,
            title="인장시험",
            started=datetime(2026, 3, 2, number, tzinfo=UTC),
            channels=(runs.ChannelInfo("force", "N"), runs.ChannelInfo("extension", "mm")),
        )
        with runs.create(scratch / "campaign" / f"{called}.h5", head, view=False) as writer:
            extension = np.concatenate([np.linspace(0, 2 + number / 10, 300), np.zeros(20)])
            writer.extend(np.arange(320) * 0.1, 1000 * number * extension, extension)
    yield Setting(scratch)


@contextmanager
def a_kept_run(scratch: Path) -> Iterator[Setting]:
    """Let a centre hold an ended run, and an office keep it."""
    setting = Setting(scratch)
    setting.home.mkdir()
    with open_centre(setting.home) as centre:
        centre.whole_run("alpha", BookingKind.DIRECT, performer="alpha")
    yield setting


@contextmanager
def a_curve(scratch: Path) -> Iterator[Setting]:
    """Lay a measured curve beside the block: elastic, then hardening, with both kinds of head."""
    strain = np.linspace(0, 0.12, 600)
    area, gauge = 78.5, 50.0  # [mm2], [mm]
    stress = np.minimum(200e3 * strain, 300 + 900 * np.sqrt(np.maximum(strain - 0.0015, 0)))
    lines = ["Time (s),Load (kN),Ext (mm),Strain"]
    lines += [
        f"{moment:.2f},{stress_now * area / 1000:.6f},{now * gauge:.6f},{now:.8f}"
        for moment, stress_now, now in zip(strain * 1000, stress, strain, strict=True)
    ]
    (scratch / "measured.csv").write_text("\n".join(lines) + "\n")
    yield Setting(scratch)


def lay_benches(setting: Setting, *benches: str) -> None:
    """Copy bench files of the training centre and of the demonstration."""
    (setting.home / "benches").mkdir(parents=True)
    places = (files("testbed.adapters") / "training", files("testbed.demo") / "benches")
    for bench in benches:
        source, *_ = [each for place in places if (each := place / f"{bench}.toml").is_file()]
        (setting.home / "benches" / source.name).write_bytes(source.read_bytes())


def register(setting: Setting, bench: str) -> None:
    """Register the equipment of a bench of the demonstration, calibrated last month."""
    there = tomllib.loads((setting.home / "benches" / f"{bench}.toml").read_text("utf-8"))
    codes = {role["equipment"] for role in there["roles"].values()}
    known = tomllib.loads((files("testbed.demo") / "centre.toml").read_text("utf-8"))
    centre = bootstrap.build(load(setting.home))
    today = datetime.now(UTC).date()
    try:
        for each in (each for each in known["equipment"] if each["code"] in codes):
            said = {
                key: each[key] for key in each if key not in ("calibration_days", "certificate")
            }
            said |= {"name": Name(**said["name"]), "methods": tuple(said.get("methods", ()))}
            calibrated = {
                "calibrated_on": today - timedelta(days=30),
                "calibration_due": today + timedelta(days=335),
                "calibration_certificate": each["certificate"],
            }
            centre.register.add_equipment(None, NewEquipment(**said, **calibrated))
    finally:
        centre.close()


def simulator(setting: Setting, bench: str) -> simulation.Simulation:
    """Start the simulator of a bench, as `testbed simulators start` does."""
    known = load(setting.home, {})
    return simulation.start(known.benches / f"{bench}.toml", known.state(bench))


@contextmanager
def live_benches(scratch: Path) -> Iterator[Setting]:
    """Let the simulators of three benches live, as they do beside `testbed serve`."""
    with a_curve(scratch) as setting:
        lay_benches(setting, "battery-1", "utm-1", "parts-1")
        register(setting, "parts-1")
        with ExitStack() as stops:
            for bench in ("battery-1", "utm-1", "parts-1"):
                stops.callback(simulator(setting, bench).stop)
            yield setting


@contextmanager
def interrupted_run(scratch: Path) -> Iterator[Setting]:
    """Kill a run in its midst, as a power cut would."""
    setting = Setting(scratch)
    lay_benches(setting, "climate-1")
    chamber = simulator(setting, "climate-1")
    words = ["run", "iec-60068-2-2", "--bench", "climate-1", "--param", "duration=96 h", "--yes"]
    with subprocess.Popen(
        [setting.python, "-m", "testbed", *words],
        env=setting.environment(),
        cwd=scratch,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as running:
        deadline = time.monotonic() + 60
        while not [path for path in setting.home.rglob("R-*.h5") if runs.describe(path).rows]:
            assert running.poll() is None
            assert time.monotonic() < deadline
            time.sleep(0.02)
        # A power cut ends its watchdog and what plays the chamber as well.
        alive = psutil.Process(running.pid).children(recursive=True)
        for process in (running, *alive):
            process.kill()
    psutil.wait_procs(alive, timeout=10)
    chamber.stop()
    (path,) = setting.home.rglob("R-*.h5")
    setting.fills["R-2026-00001"] = path.stem
    yield setting


@contextmanager
def an_answer(scratch: Path) -> Iterator[Setting]:
    """Let somebody type the first login and its password twice."""
    yield Setting(
        scratch,
        stdin="office\nlong enough\nlong enough\n",
        fills={"/srv/testbed": str(scratch / "home")},
    )


def installed(scratch: Path, package: Path, *options: str) -> Path:
    """Install a package into an environment of its own; gives its interpreter."""
    venv.create(scratch / "env", with_pip=False)
    python = scratch / "env" / "bin" / "python"
    asked = "import sysconfig; print(sysconfig.get_path('purelib'))"
    there = subprocess.run([python, "-c", asked], capture_output=True, text=True, check=True)
    # What is installed here is seen there as well, but nothing is written back.
    Path(there.stdout.strip(), "house.pth").write_text(f"{sysconfig.get_path('purelib')}\n")
    pip = (sys.executable, "-m", "pip", "--python", python)
    install = ("install", "-q", "--no-deps", *options)
    subprocess.run([*pip, *install, package], check=True, cwd=scratch)
    return python


@contextmanager
def acme(scratch: Path) -> Iterator[Setting]:
    """Install the package whose files the page shows, and put its meter on a simulated bench."""
    package = scratch / "package"
    shutil.copytree(ROOT / "tests" / "instruments" / "third_party" / "acme_testbed", package)
    for name in ("pyproject.toml", "acme/dmm.py", "acme/simulated.py"):
        shutil.copy(scratch / name, package / name)
    python = installed(scratch, package)
    setting = Setting(scratch, python, {"BENCH": "acme-1", "ROLE": "meter"})
    setting.home.joinpath("benches").mkdir(parents=True)
    (setting.home / "benches" / "acme-1.toml").write_text(
        'name = "acme-1"\n[roles.meter]\ndriver = "acme_dmm"\nserial = "A1"\n'
        '[simulator]\nclock = "virtual"\ncircuit = {kind = "cell"}\n'
    )
    try:
        yield setting
    finally:
        setting.typed("simulators", "stop", "acme-1")


@contextmanager
def lab_methods(scratch: Path) -> Iterator[Setting]:
    """Install the package whose files the page shows; what is imported is what is installed."""
    package = scratch / "package"
    package.mkdir()
    for name in ("pyproject.toml", "lab_methods"):
        shutil.move(scratch / name, package / name)
    python = installed(scratch, package, "--no-build-isolation")
    run = f"R-{datetime.now(UTC).year}-00001"
    yield Setting(scratch, python, {"R-2026-00001": run})


@contextmanager
def foreign(scratch: Path) -> Iterator[Setting]:
    """Let the page's own bench live, in the environment that has PyMeasure."""
    python = ROOT / ".venv-clients" / "bin" / "python"
    if not python.exists():
        pytest.skip("PyMeasure is not there: make clients")
    setting = Setting(scratch, python)
    setting.typed("simulators", "start", "foreign-1")
    try:
        yield setting
    finally:
        setting.typed("simulators", "stop", "foreign-1")


SETTINGS: dict[str, Callable[[Path], "contextmanager[Setting]"]] = {
    "": plain,
    "run": a_run,
    "rich-run": a_rich_run,
    "growing-run": a_growing_run,
    "long-run": a_long_run,
    "repeats": repeats,
    "kept-run": a_kept_run,
    "curve": a_curve,
    "live-benches": live_benches,
    "interrupted-run": interrupted_run,
    "an-answer": an_answer,
    "acme": acme,
    "lab-methods": lab_methods,
    "foreign-bench": foreign,
}
