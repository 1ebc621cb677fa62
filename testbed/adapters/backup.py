"""A centre in one file: its database as of one instant, its runs and benches, with hashes."""

import hashlib
import io
import json
import shutil
import sqlite3
import tarfile
import tempfile
from pathlib import Path, PurePosixPath

from sqlalchemy import make_url

__all__ = ["BackupRefused", "restore", "write_backup"]

_MANIFEST = "manifest.json"
_DATABASE = "testbed.db"


class BackupRefused(Exception):
    """The backup cannot be written or trusted; the message says why."""


def write_backup(home: Path, database: str, target: Path) -> int:
    """Write the backup; gives the number of files beside the database.

    Runs that are being recorded at this moment are saved as they stand; `recover` heals them.

    Raises
    ------
    BackupRefused
        The target is there already, or the database is not kept in the home.
    """
    if target.exists():
        raise BackupRefused(f"{target} is there already")
    url = make_url(database)
    if url.get_backend_name() != "sqlite" or not url.database:
        raise BackupRefused("a PostgreSQL database is saved by pg_dump; this saves SQLite alone")
    files = [home / "testbed.toml", *sorted((home / "benches").glob("*.toml"))]
    files += sorted((home / "runs").rglob("*.h5"))
    files = [file for file in files if file.exists()]
    growing = target.with_name(target.name + ".new")
    manifest: dict[str, str] = {}
    with tempfile.TemporaryDirectory() as directory:
        copy = Path(directory) / _DATABASE
        with sqlite3.connect(url.database) as source, sqlite3.connect(copy) as saved:
            source.backup(saved)
        source.close()
        saved.close()
        with tarfile.open(growing, "w:gz", compresslevel=3) as archive:
            for path, name in [(copy, _DATABASE)] + [(f, str(f.relative_to(home))) for f in files]:
                content = path.read_bytes()
                manifest[name] = hashlib.sha256(content).hexdigest()
                _add(archive, name, content)
            _add(archive, _MANIFEST, json.dumps(manifest, indent=1).encode())
    growing.replace(target)
    return len(files)


def _add(archive: tarfile.TarFile, name: str, content: bytes) -> None:
    entry = tarfile.TarInfo(name)
    entry.size = len(content)
    entry.mode = 0o600
    archive.addfile(entry, io.BytesIO(content))


def restore(source: Path, home: Path) -> int:
    """Unpack a backup into an empty home; all of it or nothing. Gives the number of files.

    Raises
    ------
    BackupRefused
        The home is not empty, or the backup is damaged or not ours.
    """
    if home.exists() and any(home.iterdir()):
        raise BackupRefused(f"{home} is not empty; choose a new directory with --home")
    home.parent.mkdir(parents=True, exist_ok=True)
    growing = Path(tempfile.mkdtemp(dir=home.parent, prefix=f".{home.name}-"))
    try:
        with tarfile.open(source) as archive:
            archive.extractall(growing, filter="data")
        manifest = json.loads((growing / _MANIFEST).read_text(encoding="utf-8"))
        for name, digest in manifest.items():
            if ".." in PurePosixPath(name).parts:
                raise BackupRefused(f"{source} names a file outside: {name}")
            if hashlib.sha256((growing / name).read_bytes()).hexdigest() != digest:
                raise BackupRefused(f"{source} is damaged: {name} is not what was saved")
        (growing / _MANIFEST).unlink()
        if home.exists():
            home.rmdir()
        growing.rename(home)
    except (tarfile.TarError, OSError, ValueError, EOFError) as error:
        raise BackupRefused(f"{source} cannot be read: {error}") from error
    finally:
        shutil.rmtree(growing, ignore_errors=True)
    return len(manifest)
