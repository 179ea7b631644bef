"""How badged is told of a Postgres database, as libpq has it; and that no password is ever repeated."""
import contextlib
import os
import random
import re
import shlex
import subprocess

import psycopg2
import pytest

from badged import eventually, run
from following import TENANTS, Following, change, fill
from pooler import Pooler
from postgres import PASSWORD, READER, WITH_PASSWORD, Cluster

T = TENANTS[0]
WRONG = "wrong/" + PASSWORD


@pytest.fixture
def filled(postgres):
    fill(postgres)
    r = random.Random(1)
    for _ in range(40):
        postgres.sql(change(r))
    return postgres


def environment(database, user=READER, **more):
    return {"PGHOST": "127.0.0.1", "PGPORT": str(database.cluster.port), "PGUSER": user, "PGDATABASE": database.name,
            **more}


def assert_it_follows(database, *more, url, env=None, cwd=None):
    with Following(database, *more, url=url, env=env, cwd=cwd) as following:
        following.eventually_equal()
        database.sql(f"INSERT INTO feedback (tenant_id, title, priority) VALUES ('{T}', 'x', 'urgent')")
        following.eventually_equal()
        told = following.out.text() + following.err.text() + following.report()
    assert_no_secret(told)


def assert_no_secret(text):
    for secret in (PASSWORD, PASSWORD.strip(), "battery", "staple"):
        assert secret not in text


def test_postgres_alone_takes_all_from_the_environment(filled):
    assert_it_follows(filled, url="postgres://", env=environment(filled))


def test_what_the_url_says_goes_before_the_environment(filled):
    assert_it_follows(filled, url=filled.url(), env=environment(filled, user="nobody", PGDATABASE="none"))


def test_the_unix_socket_is_a_host(filled):
    assert_it_follows(filled, url=filled.url(host=filled.cluster.folder))


def test_several_hosts_are_tried_one_after_the_other(filled):
    port = filled.cluster.port
    assert_it_follows(filled, url=f"postgres://{READER}@127.0.0.1:1,127.0.0.1:{port}/{filled.name}")


def test_the_environment_names_the_database(filled):
    done = run("badges", T, "--json", env={"DATABASE_URL": filled.url()})
    assert done.returncode == 0, done.stderr


def test_a_file_names_the_database(filled, tmp_path):
    (tmp_path / "url").write_text(filled.url(WITH_PASSWORD, password=PASSWORD) + "\n")
    done = run("badges", T, "--json", env={"DATABASE_URL_FILE": str(tmp_path / "url")})
    assert done.returncode == 0, done.stderr
    (tmp_path / "badged.yaml").write_text(f"database: {filled.url()}\n")
    done = run("badges", T, "--json", cwd=tmp_path)
    assert done.returncode == 0, done.stderr


def escaped(text):
    return re.sub(r"([\\:])", r"\\\1", text)


@pytest.mark.parametrize("way", ["url", "PGPASSWORD", "PGPASSWORD_FILE", "pgpass", "PGPASSFILE", "service"])
def test_a_password_may_come_from_where_libpq_takes_it(filled, tmp_path, way):
    line = f"127.0.0.1:{filled.cluster.port}:*:{WITH_PASSWORD}:{escaped(PASSWORD)}\n"
    url, env = filled.url(WITH_PASSWORD), {"HOME": str(tmp_path)}
    if way == "url":
        url = filled.url(WITH_PASSWORD, password=PASSWORD)
    elif way == "PGPASSWORD":
        env["PGPASSWORD"] = PASSWORD
    elif way == "service":
        url = "postgres://?service=mine"
        env["PGSERVICEFILE"] = str(tmp_path / "services")
        env["PGPASSFILE"] = str(tmp_path / "passwords")
        (tmp_path / "services").write_text(f"[mine]\nhost=127.0.0.1\nport={filled.cluster.port}\n"
                                           f"user={WITH_PASSWORD}\ndbname={filled.name}\n")
        (tmp_path / "passwords").write_text(line)
    else:
        path = tmp_path / (".pgpass" if way == "pgpass" else "passwords")
        path.write_text(PASSWORD + "\n" if way == "PGPASSWORD_FILE" else line)
        if way != "pgpass":
            env[way] = str(path)
    for path in tmp_path.iterdir():
        path.chmod(0o600)
    if way == "pgpass" and os.geteuid() == 0:
        env["PGPASSFILE"] = str(tmp_path / ".pgpass")  # libpq asks for root's home directory, not for HOME
    assert_it_follows(filled, url=url, env=env)


def test_a_wrong_password_is_refused_without_repeating_it(filled):
    url = filled.url(WITH_PASSWORD, password=WRONG)
    with Following(filled, url=url, ready=False) as following:
        following.eventually_says("password authentication failed")
        answer = following.ask(T)
        assert answer.status == 503
        told = following.out.text() + following.err.text() + following.report() + answer.body.decode()
    assert_no_secret(told)
    done = run("badges", T, "--database", url)
    assert done.returncode not in (0, 1)
    assert "password authentication failed" in done.stderr
    assert_no_secret(done.stdout + done.stderr)


def test_a_password_that_is_mended_is_taken_at_the_next_try(filled):
    filled.sql("CREATE ROLE mended LOGIN REPLICATION BYPASSRLS PASSWORD 'old' IN ROLE badged")
    try:
        with open(os.path.join(filled.cluster.data, "pg_hba.conf")) as hba:
            before = hba.read()
        with open(os.path.join(filled.cluster.data, "pg_hba.conf"), "w") as hba:
            hba.write("host all mended 127.0.0.1/32 scram-sha-256\n" + before)
        filled.cluster.reload()
        with Following(filled, url=filled.url("mended", password="new"), ready=False) as following:
            following.eventually_says("password authentication failed")
            filled.sql("ALTER ROLE mended PASSWORD 'new'")
            following.eventually_equal()
    finally:
        with open(os.path.join(filled.cluster.data, "pg_hba.conf"), "w") as hba:
            hba.write(before)
        filled.cluster.reload()
        eventually(filled.is_left_alone)
        filled.sql("DROP ROLE mended")


@pytest.mark.parametrize("url, words", [
    ("postgres://badged@127.0.0.1:1/none", "refused"),
    ("postgres://badged@/none?host=/nowhere", "nowhere"),
])
def test_a_server_that_is_not_there_is_said(filled, url, words):
    with Following(filled, url=url, ready=False) as following:
        following.eventually_says(words)
        assert following.ask(T).status == 503
    done = run("badges", T, "--database", url)
    assert done.returncode not in (0, 1)
    assert words in done.stderr


def test_a_database_that_is_not_there_is_said(filled):
    done = run("badges", T, "--database", filled.url().replace(filled.name, "none"))
    assert done.returncode not in (0, 1)
    assert '"none" does not exist' in done.stderr


# TLS


@pytest.fixture(scope="module")
def certified():
    """A server that takes TCP connections with TLS only, and the certificate of who signed for it."""
    with Cluster() as cluster:
        folder = cluster.folder

        def openssl(command):
            cluster_run = subprocess.run(["openssl", *shlex.split(command)], cwd=folder, capture_output=True, text=True)
            assert cluster_run.returncode == 0, cluster_run.stderr

        openssl("req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=authority -keyout ca.key -out ca.crt")
        openssl("req -newkey rsa:2048 -nodes -subj /CN=localhost -keyout server.key -out server.csr")
        openssl("x509 -req -in server.csr -CA ca.crt -CAkey ca.key -CAcreateserial -days 2 -out server.crt")
        openssl("req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=stranger -keyout other.key -out other.crt")
        os.chmod(f"{folder}/server.key", 0o600)
        for name in ("server.key", "server.crt"):
            os.chown(f"{folder}/{name}", cluster.user.pw_uid, cluster.user.pw_gid)
        with open(f"{cluster.data}/pg_hba.conf", "w") as hba:
            hba.write("local all all trust\nhostssl all all 127.0.0.1/32 trust\n")
        cluster.set(ssl_cert_file=f"{folder}/server.crt", ssl_key_file=f"{folder}/server.key", ssl="on")
        with cluster.database() as database:
            fill(database)
            yield database


@pytest.mark.parametrize("mode, host", [("require", "127.0.0.1"), ("verify-ca", "127.0.0.1"),
                                        ("verify-full", "localhost")])
def test_it_follows_through_tls(certified, mode, host):
    url = certified.url(sslmode=mode, sslrootcert=f"{certified.cluster.folder}/ca.crt", host=host)
    with Following(certified, url=url) as following:
        certified.sql(f"INSERT INTO feedback (tenant_id, title, priority) VALUES ('{T}', 'x', 'urgent')")
        following.eventually_equal()
        used = certified.sql("SELECT ssl FROM pg_stat_ssl JOIN pg_stat_activity USING (pid) "
                             "WHERE usename = %s AND datname = %s", (READER, certified.name))
        assert len(used) >= 2 and all(ssl for ssl, in used)


def test_a_large_load_and_a_large_transaction_come_through_tls(certified):
    add = "INSERT INTO feedback (tenant_id, title, priority) SELECT %s, 'x', 'urgent' FROM generate_series(1, 30000)"
    certified.sql(add, (T,))
    with Following(certified, url=certified.url(sslmode="require")) as following:
        following.eventually_equal()
        certified.sql(add, (TENANTS[1],))
        following.eventually_equal()


@pytest.mark.parametrize("parameters, words", [
    ({"sslmode": "disable"}, "no encryption"),
    ({"sslmode": "verify-ca", "sslrootcert": "{folder}/other.crt"}, "certificate verify failed"),
    ({"sslmode": "verify-full", "sslrootcert": "{folder}/ca.crt"}, "does not match host name"),
], ids=["without", "of_a_stranger", "of_another_name"])
def test_a_connection_that_tls_refuses_is_said(certified, parameters, words):
    parameters = {k: v.format(folder=certified.cluster.folder) for k, v in parameters.items()}
    with Following(certified, url=certified.url(**parameters), ready=False) as following:
        following.eventually_says(words)
        assert following.ask(T).status == 503


def test_the_server_of_these_tests_refuses_what_is_not_encrypted(certified):
    with pytest.raises(psycopg2.OperationalError, match="no encryption"):
        certified.connect(READER, host="127.0.0.1", sslmode="disable")


# Poolers in between


@pytest.mark.parametrize("command", [("migrate", "up"), ("doctor",), ("badges", T)])
def test_a_pooler_that_shares_connections_is_refused_and_left_as_it_was(postgres, tmp_path, command):
    """What badged sets would be set for the programs that get the connection next, which would find no table."""
    with Pooler(postgres, "transaction") as pooler:
        verb, *rest = command
        done = run(verb, *rest, "--database", postgres.url("postgres", port=pooler.port), cwd=tmp_path)
        assert done.returncode in (1, 69) and "a pooler is in between" in done.stdout + done.stderr
        with contextlib.closing(postgres.connect(host="127.0.0.1", port=pooler.port)) as program:
            assert program.value("SHOW search_path") == '"$user", public'


def test_a_pooler_that_keeps_connections_for_a_session_will_do(postgres):
    with Pooler(postgres, "session") as pooler:
        done = run("migrate", "verify", "--database", postgres.url("postgres", port=pooler.port))
        assert done.returncode == 0, done.stderr
