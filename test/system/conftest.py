"""Fixtures that the system tests share."""
import pytest

from badged import Badged


@pytest.fixture
def database(tmp_path):
    """Path of a database file that is not there yet."""
    return tmp_path / "badged.db"


@pytest.fixture
def badged(database):
    """The program serving that database, which it made itself; ready, and stopped well after the test."""
    with Badged.serve(f"sqlite:{database}") as running:
        yield running
