import pytest
from fastapi import FastAPI

from tests.access.operations import Operation, operations_of


@pytest.fixture
def operations(app: FastAPI) -> dict[str, Operation]:
    """All operations over HTTP."""
    return operations_of(app)
