"""The laws of the house hold, and each of them can catch somebody breaking it.

A law that cannot fail is no law: for every import-linter contract a violation is planted into a
copy of the house, and the linter has to name that contract as broken.
"""

import ast
import os
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGES = ("dashboard", "testbed", "instruments", "runs")
REFUSED_NAMES = {"utils", "helpers", "common", "misc", "core", "base", "manager"}
LONGEST_MODULE = 400

CONTRACTS = {
    contract["id"]: contract["name"]
    for contract in tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"][
        "contracts"
    ]
}

# contract id → (module to write to, violation)
PLANTED = {
    "packages": ("runs/errors.py", "import instruments.errors"),
    "testbed-floors": ("testbed/domain/names.py", "import testbed.procedure"),
    "domain-stands-alone": ("testbed/domain/names.py", "import h5py"),
    "drivers-independent": (
        "instruments/drivers/rigol_dl3021.py",
        "import instruments.drivers.espec_p300",
    ),
    "methods-independent": (
        "testbed/methods/iec_61960_3.py",
        "import testbed.methods.iso_6892_1",
    ),
    "simulators-apart": ("testbed/engine/ports.py", "import instruments.simulators"),
    "hdf5-names": ("testbed/adapters/__init__.py", "import h5py"),
    "tables": ("testbed/services/commands.py", "import sqlalchemy"),
    "screens": ("testbed/api/__init__.py", "import dash"),
    "no-circles": ("instruments/errors.py", "import instruments.readings, instruments.roles"),
}


def _lint(house: Path, contract: str | None = None) -> subprocess.CompletedProcess[str]:
    program = Path(sys.executable).with_name("lint-imports")
    command = [str(program), "--no-cache", "--no-logo"]
    if contract:
        command += ["--contract", contract]
    return subprocess.run(
        command,
        cwd=house,
        env={**os.environ, "PYTHONPATH": str(house), "NO_COLOR": "1", "COLUMNS": "200"},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture(scope="module")
def copy_of_the_house(tmp_path_factory: pytest.TempPathFactory) -> Path:
    house = tmp_path_factory.mktemp("house")
    shutil.copy(ROOT / "pyproject.toml", house)
    for package in PACKAGES:
        shutil.copytree(
            ROOT / package,
            house / package,
            ignore=shutil.ignore_patterns("node_modules", "__pycache__"),
        )
    return house


def test_every_contract_is_kept() -> None:
    result = _lint(ROOT)
    assert result.returncode == 0, result.stdout


def test_every_contract_has_a_planted_violation() -> None:
    assert set(PLANTED) == set(CONTRACTS)


@pytest.mark.parametrize("contract", sorted(PLANTED))
def test_a_planted_violation_is_caught(copy_of_the_house: Path, contract: str) -> None:
    module, violation = PLANTED[contract]
    target = copy_of_the_house / module
    original = target.read_text()
    if contract == "no-circles":
        other = copy_of_the_house / "instruments/readings.py"
        kept = other.read_text()
        other.write_text(kept + "\nimport instruments.errors\n")
    target.write_text(f"{original}\n{violation}\n")
    try:
        result = _lint(copy_of_the_house, contract)
    finally:
        target.write_text(original)
        if contract == "no-circles":
            other.write_text(kept)
    assert result.returncode != 0
    assert f"{CONTRACTS[contract]} BROKEN" in result.stdout


def test_a_stray_module_needs_a_floor(copy_of_the_house: Path) -> None:
    stray = copy_of_the_house / "testbed" / "stray.py"
    stray.write_text('"""Belongs nowhere."""\n')
    try:
        result = _lint(copy_of_the_house, "testbed-floors")
    finally:
        stray.unlink()
    assert result.returncode != 0
    assert "testbed.stray" in result.stdout


def _modules() -> list[Path]:
    return [
        path
        for package in PACKAGES
        for path in (ROOT / package).rglob("*.py")
        if "node_modules" not in path.parts
    ]


def _nameless_rooms(modules: list[Path]) -> list[str]:
    return [str(p) for p in modules if {p.stem, p.parent.name} & REFUSED_NAMES]


def _too_long(modules: list[Path], longest: int) -> list[str]:
    return [f"{p}" for p in modules if len(p.read_text().splitlines()) > longest]


def _working_faces(modules: list[Path]) -> list[str]:
    """Find ``__init__`` files that do more than name their face."""
    allowed = (ast.Import, ast.ImportFrom, ast.Assign, ast.AnnAssign, ast.Expr)
    return [
        str(path)
        for path in modules
        if path.name == "__init__.py"
        and not all(isinstance(node, allowed) for node in ast.parse(path.read_text()).body)
    ]


def test_no_room_has_a_name_that_says_nothing() -> None:
    assert _nameless_rooms(_modules()) == []
    assert _nameless_rooms([Path("testbed/utils.py")]) == ["testbed/utils.py"]


def test_modules_stay_readable(tmp_path: Path) -> None:
    assert _too_long(_modules(), LONGEST_MODULE) == []
    long = tmp_path / "long.py"
    long.write_text("\n" * 401)
    assert _too_long([long], LONGEST_MODULE) == [str(long)]


def test_faces_only_name_what_they_show(tmp_path: Path) -> None:
    assert _working_faces(_modules()) == []
    working = tmp_path / "__init__.py"
    working.write_text("def work() -> None: ...\n")
    assert _working_faces([working]) == [str(working)]
