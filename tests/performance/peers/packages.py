"""Installs the other servers into a folder of their own. Nothing else on the machine changes."""

import subprocess
import sys
from pathlib import Path

_DONE = "installed"
"""The file that is written last. A folder without it is installed again."""
_SYNAPSE = ("matrix-synapse", "psycopg2-binary")
_EJABBERD = ("ejabberd", "erlang-p1-pgsql")


def install_ejabberd(folder: Path) -> Path:
    """Unpacks ejabberd and what it needs beyond the installed packages, from the archive that this system uses.

    Needs apt, as on Debian. Returns the root of the unpacked files.
    """
    root = folder / "root"
    if not (folder / _DONE).exists():
        root.mkdir(parents=True, exist_ok=True)
        plan = _run("apt-get", "--simulate", "--no-install-recommends", "install", *_EJABBERD)
        names = [line.split()[1] for line in plan.splitlines() if line.startswith("Inst ")]
        _run("apt-get", "download", *names, folder=folder)
        for package in folder.glob("*.deb"):
            _run("dpkg-deb", "--extract", str(package), str(root))
            package.unlink()
        (folder / _DONE).touch()
    return root


def install_synapse(folder: Path) -> Path:
    """Installs Synapse from PyPI into a virtual environment. Returns its interpreter."""
    python = folder / "bin" / "python"
    if not (folder / _DONE).exists():
        _run(sys.executable, "-m", "venv", "--clear", str(folder))
        _run(str(python), "-m", "pip", "--quiet", "--disable-pip-version-check", "install", *_SYNAPSE)
        (folder / _DONE).touch()
    return python


def _run(*command: str, folder: Path | None = None) -> str:
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        sys.exit(f"{' '.join(command[:3])} failed: {done.stderr.strip()}")
    return done.stdout
