"""The same checks run for a person, a commit, and a CI machine."""

import re
import tomllib
from pathlib import Path

import yaml

from tests.pins import with_constraints


def recipe(makefile: str, target: str) -> tuple[list[str], list[str]]:
    """Returns the prerequisites and the commands of a target of the Makefile."""
    found = re.search(rf"^{target}:((?:(?!=).)*)\n((?:\t.*\n)*)", makefile, re.MULTILINE)
    assert found is not None
    return found[1].split(), [line.strip() for line in found[2].splitlines()]


def test_a_commit_is_checked_by_the_first_part_of_the_gate(project_root: Path) -> None:
    config = yaml.safe_load((project_root / ".pre-commit-config.yaml").read_text(encoding="utf-8"))
    ((hook,),) = [repository["hooks"] for repository in config["repos"]]
    make, target = hook["entry"].split()
    assert make == "make"
    makefile = (project_root / "Makefile").read_text(encoding="utf-8")
    assert target in recipe(makefile, "check")[0]
    assert recipe(makefile, target)[1] != []


def test_ci_runs_the_same_gate_on_every_python(project_root: Path) -> None:
    workflow = yaml.safe_load((project_root / ".github/workflows/check.yml").read_text(encoding="utf-8"))
    (job,) = workflow["jobs"].values()
    assert [step["run"] for step in job["steps"] if "run" in step] == [".ci/run"]
    project = tomllib.loads((project_root / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert f">={job['strategy']['matrix']['python'][0]}" == project["requires-python"]


def test_uv_installs_the_pinned_versions(project_root: Path) -> None:
    """`make pins` updates them."""
    text = (project_root / "pyproject.toml").read_text(encoding="utf-8")
    uv = tomllib.loads(text)["tool"]["uv"]
    assert uv["default-groups"] == []
    assert len(uv["constraint-dependencies"]) > 30
    assert with_constraints(text) == text
