"""The proxy that stands between badged and Postgres: each of its faults is what it says."""
import contextlib
import select
import socket
import time

import pytest

from badged import eventually
from tcp_proxy import TcpProxy


@pytest.fixture
def listener():
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server


@pytest.fixture
def proxy(listener):
    with TcpProxy(listener.getsockname()[1]) as running:
        yield running


def connected(proxy, listener):
    """Both ends of a connection that goes through the proxy, once a byte went each way."""
    client = socket.create_connection(("127.0.0.1", proxy.port), 10)
    server, _ = listener.accept()
    server.settimeout(10)
    for a, b in ((client, server), (server, client)):
        a.sendall(b"x")
        assert b.recv(1) == b"x"
    return client, server


def is_silent(connection, seconds=0.2):
    return not select.select([connection], [], [], seconds)[0]


def is_reset(connection):
    with contextlib.suppress(ConnectionResetError):
        connection.recv(100)
        return False
    return True


def test_it_passes_and_counts(proxy, listener):
    client, server = connected(proxy, listener)
    with client, server:
        client.sendall(b"a" * 200_000)
        received = b""
        while len(received) < 200_000:
            received += server.recv(65536)
        assert received == b"a" * 200_000
        server.sendall(b"answer")
        assert client.recv(100) == b"answer"
        eventually(lambda: (proxy.up_bytes(), proxy.down_bytes()) == (200_001, 7))
        server.close()
        assert client.recv(100) == b""
    eventually(lambda: proxy.count() == 0)
    assert proxy.up_bytes() == 200_001


@pytest.mark.parametrize("fault", ["reset", "refuse"])
def test_a_reset_is_seen_by_both(proxy, listener, fault):
    client, server = connected(proxy, listener)
    with client, server:
        proxy.fault(fault)
        assert is_reset(client) and is_reset(server)
        with pytest.raises((ConnectionResetError, ConnectionRefusedError)):
            with socket.create_connection(("127.0.0.1", proxy.port), 10) as more:
                more.recv(1)
        proxy.heal()
    for end in connected(proxy, listener):
        end.close()


def test_a_black_hole_gives_back_what_it_took(proxy, listener):
    client, server = connected(proxy, listener)
    with client, server:
        proxy.fault("blackhole")
        client.sendall(b"up")
        server.sendall(b"down")
        with socket.create_connection(("127.0.0.1", proxy.port), 10) as more:
            more.sendall(b"more")
            assert is_silent(client) and is_silent(server) and is_silent(listener)
            proxy.heal()
            assert (server.recv(100), client.recv(100)) == (b"up", b"down")
            with listener.accept()[0] as other:
                assert other.recv(100) == b"more"


def test_a_trickle_is_a_byte_a_second(proxy, listener):
    client, server = connected(proxy, listener)
    with client, server:
        proxy.fault("trickle")
        began = time.monotonic()
        client.sendall(b"abc")
        assert [server.recv(100), server.recv(100)] == [b"a", b"b"]
        assert 1.9 < time.monotonic() - began
        proxy.heal()
        assert server.recv(100) == b"c"


def test_of_a_half_open_connection_only_the_server_hears(proxy, listener):
    client, server = connected(proxy, listener)
    with client, server:
        proxy.fault("half_open")
        assert is_reset(server)
        client.sendall(b"x")
        assert is_silent(client)
        proxy.heal()
        assert is_reset(client)


def test_a_fault_strikes_the_connections_it_is_meant_for(proxy, listener):
    stream, stream_server = connected(proxy, listener)
    control, control_server = connected(proxy, listener)
    with stream, stream_server, control, control_server:
        stream.sendall(b"user\0x\0replication\0database\0")
        control.sendall(b"user\0x\0")
        eventually(lambda: (proxy.count("stream"), proxy.count("control")) == (1, 1))
        proxy.fault("reset", on="stream")
        assert is_reset(stream)
        control.sendall(b"y")
        assert control_server.recv(100) == b"user\0x\0" and control_server.recv(100) == b"y"


def test_an_armed_fault_waits_for_its_byte(proxy, listener):
    client, server = connected(proxy, listener)
    with client, server:
        proxy.arm("blackhole", 10)
        server.sendall(b"12345")
        assert client.recv(100) == b"12345"
        assert proxy.is_armed()
        server.sendall(b"67890")
        assert client.recv(100) == b"67890"
        eventually(lambda: not proxy.is_armed())
        server.sendall(b"x")
        assert is_silent(client)


def test_an_armed_fault_waits_for_its_text(proxy, listener):
    client, server = connected(proxy, listener)
    with client, server:
        proxy.arm("blackhole", text=b"COPY")
        server.sendall(b"12345")
        assert client.recv(100) == b"12345"
        client.sendall(b"a COPY of it")
        assert server.recv(100) == b"a COPY of it"
        server.sendall(b"67890")
        assert is_silent(client)
        proxy.heal()
        assert client.recv(100) == b"67890"
        proxy.arm("blackhole", text=b"COPY", down_bytes=3)
        client.sendall(b"COPY")
        server.sendall(b"123")
        assert client.recv(100) == b"123"
        server.sendall(b"x")
        assert is_silent(client)
