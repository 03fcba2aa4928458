import pytest
from fastapi import FastAPI

from tests.access.operations import Operation, operations_of


@pytest.fixture
def operations(app: FastAPI) -> dict[str, Operation]:
    """All that may be asked for over HTTP."""
    return operations_of(app)
