import pytest


def pytest_configure(config: pytest.Config) -> None:
    """The fixtures serve the modules' own tests too: they are a plugin, loaded once, from either side."""
    config.pluginmanager.import_plugin("tests.fixtures")
