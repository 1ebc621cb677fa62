"""A package of somebody else brings a driver and a method; what is broken in it is named."""

import os
import shutil
import subprocess
import sys
import sysconfig
import venv
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGE = Path(__file__).parent / "third_party" / "acme_testbed"
PIP = (sys.executable, "-m", "pip")
BENCH = """
name = "acme-1"
[roles.meter]
driver = "acme_dmm"
serial = "A1"
[simulator]
clock = "virtual"
circuit = {kind = "cell"}
"""

# What all tests stand on is made once.
pytestmark = pytest.mark.xdist_group("third-party")


@pytest.fixture(scope="module")
def scratch(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An environment of its own in which the package is installed by pip."""
    home = tmp_path_factory.mktemp("scratch")
    venv.create(home / "env", with_pip=False)
    python = home / "env" / "bin" / "python"
    found = subprocess.run(
        [python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    # What is installed here is seen there as well, but nothing is written back.
    (Path(found.stdout.strip()) / "house.pth").write_text(
        f"{sysconfig.get_path('purelib')}\n{ROOT}\n"
    )
    # setuptools builds where the source lies.
    package = shutil.copytree(PACKAGE, home / "package")
    subprocess.run(
        [*PIP, "--python", python, "install", "-q", "--no-deps", str(package)],
        check=True,
        cwd=home,
    )  # fmt: skip
    return home


def command(scratch: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [scratch / "env" / "bin" / "python", "-m", "testbed", *words],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "TESTBED_HOME": str(scratch / "home"), "LANG": "C.UTF-8"},
        cwd=scratch,
    )


def test_its_driver_is_listed_and_the_broken_one_is_named(scratch: Path):
    said = command(scratch, "instruments", "list")
    assert said.returncode == 0
    assert "acme_dmm" in said.stdout
    assert "keysight_34465a" in said.stdout
    assert "acme_broken of acme-testbed is broken: RuntimeError: the licence" in said.stderr


def test_its_method_is_listed_and_the_broken_one_is_named(scratch: Path):
    said = command(scratch, "methods", "list")
    assert said.returncode == 0
    assert "acme-hold" in said.stdout
    assert "iso-6892-1" in said.stdout
    assert "acme-broken" in said.stderr
    assert "the licence of acme has run out" in said.stderr


def test_its_method_runs_on_its_driver(scratch: Path):
    benches = scratch / "home" / "benches"
    benches.mkdir(parents=True)
    (benches / "acme-1.toml").write_text(BENCH)
    said = command(scratch, "run", "acme-hold", "--bench", "acme-1", "--param", "duration=5s")
    assert said.returncode == 0, said.stdout + said.stderr
    assert "R-" in said.stdout


def test_its_method_is_tried_without_a_bench(scratch: Path):
    said = command(scratch, "methods", "dry-run", "acme-hold", "--param", "duration=5s")
    assert said.returncode == 0, said.stdout + said.stderr
    assert "0:00:05" in said.stdout


@pytest.mark.parametrize("name", ["acme/dmm.py", "acme/simulated.py", "pyproject.toml"])
def test_the_guide_shows_the_code_that_is_tested(name: str):
    guide = (ROOT / "docs" / "how-to" / "write-a-driver.md").read_text(encoding="utf-8")
    assert (PACKAGE / name).read_text(encoding="utf-8").rstrip() in guide
