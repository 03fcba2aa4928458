import pytest


def pytest_configure(config: pytest.Config) -> None:
    """Loads the fixtures for the modules' own tests. They are a plugin that is loaded once, also from `tests`."""
    config.pluginmanager.import_plugin("tests.fixtures")
