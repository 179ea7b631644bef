"""Fixtures that the system tests share."""
import pytest

from badged import Badged
from postgres import Cluster


@pytest.fixture
def database(tmp_path):
    """Path of a database file that is not there yet."""
    return tmp_path / "badged.db"


@pytest.fixture
def badged(database):
    """The program serving that database, which it made itself; ready, and stopped well after the test."""
    with Badged.serve(f"sqlite:{database}") as running:
        yield running


@pytest.fixture(scope="session")
def cluster():
    """A Postgres server, which all tests of this worker share."""
    with Cluster() as running:
        yield running


@pytest.fixture
def postgres(cluster):
    """A database of its own in that server, with the tables of badged, a publication, and a role to follow it."""
    before = len(cluster.log())
    with cluster.database() as database:
        yield database
    print(f"--- the server's log\n{cluster.log()[before:][-20000:]}")  # pytest shows this where a test failed
