"""A pooler between badged and Postgres, as far as badged can tell it from PgBouncer: it announces processes that are
not the server's, and lends its connections to the server for one transaction each, or for a whole session.

    with Pooler(database, mode="transaction") as pooler:
        run("doctor", "--database", database.url("postgres", port=pooler.port))
"""
import os
import socket
import struct
import threading


def message(kind, body):
    return kind + struct.pack("!i", len(body) + 4) + body


def read(connection, size):
    data = b""
    while len(data) < size:
        part = connection.recv(size - len(data))
        if not part:
            raise EOFError
        data += part
    return data


def read_message(connection):
    kind, size = struct.unpack("!ci", read(connection, 5))
    return kind, read(connection, size - 4)


class Pooler:
    def __init__(self, database, mode, user="postgres"):
        self.database, self.mode, self.user = database, mode, user
        self.pool, self.lock, self.sockets = [], threading.Lock(), []

    def __enter__(self):
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()
        return self

    def __exit__(self, *_):
        for connection in (self.listener, *self.sockets):
            connection.close()

    def accept(self):
        try:
            while True:
                client, _ = self.listener.accept()
                self.sockets.append(client)
                threading.Thread(target=self.serve, args=(client,), daemon=True).start()
        except OSError:
            pass

    def borrow(self):
        """The connection that was given back last, or a new one."""
        with self.lock:
            if self.pool:
                return self.pool.pop()
        server = socket.create_connection(("127.0.0.1", self.database.cluster.port))
        self.sockets.append(server)
        words = ("user", self.user, "database", self.database.name)
        body = struct.pack("!i", 3 << 16) + b"".join(w.encode() + b"\0" for w in words) + b"\0"
        server.sendall(struct.pack("!i", len(body) + 4) + body)
        while read_message(server)[0] != b"Z":
            pass
        return server

    def give_back(self, server):
        with self.lock:
            self.pool.append(server)

    def greet(self, client):
        while True:
            (size,) = struct.unpack("!i", read(client, 4))
            (code,) = struct.unpack("!i", read(client, size - 4)[:4])
            if code == 3 << 16:
                break
            client.sendall(b"N")  # neither TLS nor GSSAPI
        settings = {"server_version": "15.0", "client_encoding": "UTF8", "standard_conforming_strings": "on"}
        client.sendall(message(b"R", struct.pack("!i", 0)) + b"".join(
            message(b"S", f"{k}\0{v}\0".encode()) for k, v in settings.items())
            + message(b"K", os.urandom(8)) + message(b"Z", b"I"))

    def serve(self, client):
        server = None
        try:
            self.greet(client)
            while True:
                kind, body = read_message(client)
                if kind == b"X":
                    break
                server = server or self.borrow()
                server.sendall(message(kind, body))
                if kind not in b"QS":
                    continue
                state = b""
                while not state:
                    kind, body = read_message(server)
                    state = body if kind == b"Z" else b""
                    client.sendall(message(kind, body))
                if state == b"I" and self.mode == "transaction":
                    self.give_back(server)
                    server = None
        except (EOFError, OSError):
            pass
        if server is not None:
            server.close()
        client.close()
