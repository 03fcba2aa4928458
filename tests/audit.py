"""Reports known vulnerabilities of the pinned packages: `make audit`.

pip-audit asks PyPI. Where PyPI does not answer, a loud warning is printed and the gate goes on: pip-audit itself
reports packages that the service does not know as safe."""

import json
import subprocess
import sys
from pathlib import Path

REQUIREMENTS = Path(__file__).parents[1] / "requirements.txt"
_ASK = ["--no-deps", "--disable-pip", "--progress-spinner", "off", "--timeout", "10", "--format", "json"]


def main() -> int:
    """Return 1 if a package has a vulnerability, else 0."""
    command = [sys.executable, "-m", "pip_audit", "--requirement", str(REQUIREMENTS), *_ASK]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return judge(done.stdout, done.stderr)


def judge(report: str, complaint: str) -> int:
    """Prints a report of pip-audit. Without a report, prints the error in its place. Returns the exit code."""
    try:
        packages = json.loads(report)["dependencies"]
        reason = "it knows none of the packages"
    except ValueError:
        packages, reason = [], complaint.strip().rpartition("\n")[2]
    asked = [package for package in packages if "skip_reason" not in package]
    holes = [(package, hole) for package in asked for hole in package["vulns"]]
    for package, hole in holes:
        print(f"{package['name']} {package['version']}: {hole['id']}, fixed in {', '.join(hole['fix_versions'])}")  # noqa: T201
    if not asked:
        print(f"NOT AUDITED: the service of known holes does not answer ({reason})")  # noqa: T201
    else:
        unknown = [package["name"] for package in packages if "skip_reason" in package]
        print(f"audited: {len(asked)} packages, {len(holes)} holes; not known there: {', '.join(unknown) or 'none'}")  # noqa: T201
    return 1 if holes else 0


if __name__ == "__main__":
    sys.exit(main())
