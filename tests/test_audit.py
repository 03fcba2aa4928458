"""The report of `make audit`, for each answer of the service."""

import json
from typing import Any

import pytest

from tests.audit import judge

SOUND = {"name": "limits", "version": "5.8.0", "vulns": []}
UNKNOWN = {"name": "redis", "skip_reason": "Dependency not found on PyPI and could not be audited: redis (7.4.1)"}
HOLED = {"name": "jinja2", "version": "2.0", "vulns": [{"id": "PYSEC-2021-66", "fix_versions": ["2.11.3"]}]}


@pytest.mark.parametrize(
    ("packages", "code", "expected"),
    [
        ([SOUND], 0, "audited: 1 packages, 0 holes; not known there: none"),
        ([SOUND, UNKNOWN], 0, "audited: 1 packages, 0 holes; not known there: redis"),
        ([SOUND, HOLED], 1, "jinja2 2.0: PYSEC-2021-66, fixed in 2.11.3"),
        # pip-audit itself calls this "No known vulnerabilities found".
        ([UNKNOWN], 0, "NOT AUDITED: the service of known holes does not answer (it knows none of the packages)"),
    ],
)
def test_a_vulnerability_report_is_printed(
    packages: list[dict[str, Any]], code: int, expected: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert judge(json.dumps({"dependencies": packages}), "") == code
    assert expected in capsys.readouterr().out


def test_an_unreachable_audit_service_is_reported(capsys: pytest.CaptureFixture[str]) -> None:
    assert judge("", "WARNING: x\nERROR: Could not connect\n") == 0
    assert "NOT AUDITED: the service of known holes does not answer (ERROR: Could not" in capsys.readouterr().out
