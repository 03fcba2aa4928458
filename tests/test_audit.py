"""The report of `make audit`."""

import json

import pytest

from tests.audit import judge


def test_an_audit_that_knows_none_of_the_packages_is_not_reported_as_one(capsys: pytest.CaptureFixture[str]) -> None:
    """pip-audit itself reports no known vulnerabilities then."""
    assert judge(json.dumps({"dependencies": [{"name": "redis", "skip_reason": "not found on PyPI"}]}), "") == 0
    assert "NOT AUDITED" in capsys.readouterr().out


def test_a_known_vulnerability_fails_the_audit() -> None:
    jinja = {"name": "jinja2", "version": "2.0", "vulns": [{"id": "PYSEC-2021-66", "fix_versions": ["2.11.3"]}]}
    assert judge(json.dumps({"dependencies": [jinja]}), "") == 1
