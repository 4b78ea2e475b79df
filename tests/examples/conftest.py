"""The examples use the project of the API's tests."""

from tests.unit.conftest import trained_project

__all__ = ["trained_project"]
