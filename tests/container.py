"""A container without a Docker: files are copied as the Dockerfile says, and its commands run as in a container."""

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from fnmatch import fnmatch
from importlib.metadata import distribution
from pathlib import Path

from packaging.requirements import Requirement

from app.settings import PROJECT_ROOT
from tests.processes import clean_environment

_OTHER_USER = re.compile(r"useradd .*|-o messenger -g messenger")
"""The current user runs the tests: another user may have no access to the interpreter."""


class Container:
    """A container of the last stage. `root` is its file system. The pinned packages are those installed for the
    tests."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._steps = _read(PROJECT_ROOT / "Dockerfile")
        self.workdir = self._inside(self.one("WORKDIR"))
        self.workdir.mkdir(parents=True)
        self.packages = _link_packages(self._inside("/opt/venv"))
        for step in self.all("COPY"):
            if not step.startswith("--from="):
                *names, place = step.split()
                for name in names:
                    _copy(name, self.workdir / place)
        for step in self.all("RUN"):
            self._build(step)

    def all(self, instruction: str) -> list[str]:
        return [rest for name, rest in self._steps if name == instruction]

    def one(self, instruction: str) -> str:
        (rest,) = self.all(instruction)
        return rest

    def command(self, instruction: str) -> list[str]:
        """Returns the command of CMD or HEALTHCHECK."""
        return list(json.loads(self.one(instruction)[self.one(instruction).index("[") :]))

    @contextmanager
    def running(self, *command: str, **variables: str) -> Iterator["subprocess.Popen[str]"]:
        """Starts a command with the container's environment and what `docker run --env` adds."""
        process = subprocess.Popen(
            list(command),
            cwd=self.workdir,
            env=clean_environment(self._environment() | variables),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        with process:
            try:
                yield process
            finally:
                process.kill()

    def run(self, *command: str, **variables: str) -> "subprocess.CompletedProcess[str]":
        """Runs a command until it ends."""
        with self.running(*command, **variables) as process:
            output, _ = process.communicate(timeout=300)
        return subprocess.CompletedProcess(command, process.returncode, output)

    def files(self) -> set[str]:
        """Returns all files below the working directory, except the data."""
        names = {path.relative_to(self.workdir).as_posix() for path in self.workdir.rglob("*")}
        return {name for name in names if not name.startswith(".data/")}

    def _environment(self) -> dict[str, str]:
        """Returns the variables of ENV."""
        variables = dict(item.split("=", 1) for step in self.all("ENV") for item in shlex.split(step))
        variables["PATH"] = self._here(variables["PATH"]).replace("$PATH", os.environ["PATH"])
        return variables

    def _build(self, step: str) -> None:
        script = _OTHER_USER.sub("", self._here(step))
        subprocess.run(["sh", "-ec", script], cwd=self.workdir, check=True)

    def _inside(self, path: str) -> Path:
        return self.root / path.removeprefix("/")

    def _here(self, text: str) -> str:
        return text.replace("/opt/venv", str(self._inside("/opt/venv")))


def _read(dockerfile: Path) -> list[tuple[str, str]]:
    """Returns the instructions of the last stage."""
    text = re.sub(r"^#.*\n", "", dockerfile.read_text(encoding="utf-8"), flags=re.MULTILINE)
    lines = [line.split(None, 1) for line in re.sub(r"\\\n\s*", "", text).splitlines() if line]
    last = max(place for place, (name, _) in enumerate(lines) if name == "FROM")
    return [(name, rest) for name, rest in lines[last:]]


def _link_packages(venv: Path) -> list[Path]:
    """Links the installed packages that requirements.txt pins, and no others."""
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", venv], check=True)
    (folder,) = venv.glob("lib/python*/site-packages")
    files: list[Path] = []
    for line in (PROJECT_ROOT / "requirements.txt").read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            pinned = Requirement(line)
            if pinned.marker is None or pinned.marker.evaluate():
                installed = distribution(pinned.name)
                for file in installed.files or ():
                    files.append(Path(str(file.locate())))
                    link = folder / file.parts[0]
                    if file.parts[0] not in ("..", "__pycache__") and not link.is_symlink():
                        link.symlink_to(Path(str(installed.locate_file(file.parts[0]))))
    return files


def _copy(name: str, place: Path) -> None:
    """Copies as COPY does, without files that .dockerignore excludes."""
    source = PROJECT_ROOT / name
    for path in [source] if source.is_file() else sorted(source.rglob("*")):
        if path.is_file() and not _is_ignored(path.relative_to(PROJECT_ROOT).as_posix()):
            target = place / (path.relative_to(source) if source.is_dir() else name)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, target)


def _is_ignored(name: str) -> bool:
    """Returns True if the file is ignored. The last line of .dockerignore that matches it, or a parent folder,
    decides."""
    parts = name.split("/")
    folders = ["/".join(parts[:count]) for count in range(1, len(parts) + 1)]
    ignored = False
    for line in (PROJECT_ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines():
        pattern = line.removeprefix("!")
        anywhere = pattern.removeprefix("**/")
        fits = (fnmatch(part, anywhere) for part in parts) if anywhere != pattern else (map(pattern.__eq__, folders))
        if line and not line.startswith("#") and (pattern == "*" or any(fits)):
            ignored = not line.startswith("!")
    return ignored
