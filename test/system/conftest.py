"""Fixtures that the system tests share."""
import contextlib

import pytest

from badged import Badged
from migrating import FILES, GROWN, OTHER, OWNER, sql_file
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


# For tests of migrating.


@pytest.fixture(scope="session")
def roles(cluster):
    """Two ordinary roles."""
    for role in (OWNER, OTHER):
        cluster.sql(f"CREATE ROLE {role} LOGIN")


@pytest.fixture
def empty(cluster, roles):
    """A database with nothing in it, where the ordinary role may do what the guide names: CREATE in public."""
    with cluster.database("template0") as database:
        database.sql(f"GRANT CREATE ON SCHEMA public TO {OWNER}")
        yield database


@pytest.fixture
def based(empty):
    """With base tables of somebody else's, which the role may refer to."""
    empty.sql(sql_file(FILES[0]))
    empty.sql(f"GRANT REFERENCES ON tenants, tenant_sites, conversations TO {OWNER}")
    return empty


@pytest.fixture
def grown(empty):
    """A database with years of life in it, all of it the ordinary role's."""
    empty.sql(f"GRANT CREATE ON DATABASE {empty.name} TO {OWNER}")
    with contextlib.closing(empty.connect(OWNER)) as connection:
        connection.sql(GROWN)
    empty.sql(f"REVOKE CREATE ON DATABASE {empty.name} FROM {OWNER}")
    return empty
