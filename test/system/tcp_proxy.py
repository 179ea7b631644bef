"""A TCP proxy between badged and Postgres whose faults are switched on and off.

    with TcpProxy(cluster.port) as proxy:
        with Badged.serve(database.url(port=proxy.port)) as badged:
            proxy.fault("blackhole")
            ...
            proxy.heal()

Faults, for what is connected and for what connects while they last:

  reset      both sides see a reset
  refuse     as reset, and nobody listens for new connections
  blackhole  new connections are accepted; no byte goes through, in either direction, and nobody is told
  trickle    one byte a second in each direction
  delay      every piece of bytes comes 300 ms later
  half_open  the server sees a reset, badged hears nothing; once healed, it is reset when it sends

With on="stream" or on="control" a fault strikes only connections that asked for replication, or only the others. That
is known once badged's startup packet has gone through, so such a fault leaves newer connections alone until then.
"""
import asyncio
import contextlib
import socket
import struct
import threading

FAULTS = ("reset", "refuse", "blackhole", "trickle", "delay", "half_open")
PIECE_BYTES = 65536
DELAY_S, TRICKLE_S = 0.3, 1.0
RESET = struct.pack("ii", 1, 0)  # SO_LINGER: throw away what is unsent, and reset


class Link:
    """One connection of badged and the one to the server that stands for it."""

    def __init__(self, client):
        self.client, self.server = client, None
        self.kind = None  # "stream" or "control", once known
        self.is_half_open = self.is_reset = False
        self.up = self.down = 0
        self.task = self.downward = None

    def sockets(self):
        return [s for s in (self.client, self.server) if s is not None]


def reset(connection):
    with contextlib.suppress(OSError):
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
    connection.close()


class TcpProxy:
    def __init__(self, port, host="127.0.0.1"):
        self.target = host, port  # where new connections go: may be set at any time
        self.links, self.current, self.on = set(), None, "all"
        self.armed = self.awaited = self.armed_at = None
        self.accepted = 0
        self.past_up = self.past_down = 0  # of links that are gone
        self.loop = asyncio.new_event_loop()
        self.listener = self._listen(0)
        self.port = self.listener.getsockname()[1]
        self.changed = None
        started = threading.Event()
        self.thread = threading.Thread(target=self._run, args=(started,), daemon=True)
        self.thread.start()
        started.wait()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    # What a test calls, from its own thread

    def fault(self, name, on="all"):
        """Switch to this fault, instead of the one that may be on."""
        assert name in FAULTS and on in ("all", "stream", "control")
        self._do(self._switch, name, on)

    def heal(self):
        self._do(self._switch, None, "all")

    def arm(self, name, down_bytes=0, text=None, on="all"):
        """Switch to this fault once badged has sent text, if one is given, and so many more bytes have then come from
        the server, and no byte more."""
        assert name in FAULTS
        self._do(self._arm, name, on, down_bytes, text)

    def is_armed(self):
        return self.armed is not None

    def down_bytes(self):
        """How many bytes have come from the server, on all connections."""
        return self.past_down + sum(link.down for link in list(self.links))

    def up_bytes(self):
        return self.past_up + sum(link.up for link in list(self.links))

    def stream_up_bytes(self):
        """How many bytes badged has sent on the connection that streams now."""
        return sum(link.up for link in list(self.links) if link.kind == "stream")

    def count(self, kind=None):
        """How many connections there are, of a kind if one is given."""
        return sum(1 for link in list(self.links) if kind in (None, link.kind))

    def close(self):
        if self.thread.is_alive():
            self.loop.call_soon_threadsafe(self.loop.stop)
            self.thread.join()

    # What runs in the proxy's thread

    def _do(self, function, *args):
        async def call():
            function(*args)
        asyncio.run_coroutine_threadsafe(call(), self.loop).result(10)

    def _listen(self, port):
        listener = socket.socket()
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(("127.0.0.1", port))
        listener.listen(100)
        listener.setblocking(False)
        return listener

    def _run(self, started):
        asyncio.set_event_loop(self.loop)
        self.changed = asyncio.Event()
        self.accepting = self.loop.create_task(self._accept(self.listener))
        self.loop.call_soon(started.set)
        self.loop.run_forever()
        for task in asyncio.all_tasks(self.loop):
            task.cancel()
        self.loop.run_until_complete(asyncio.sleep(0))
        for link in list(self.links):
            for connection in link.sockets():
                connection.close()
        self.listener.close()
        self.loop.close()

    def _strikes(self, link):
        return self.on == "all" or self.on == link.kind

    def _fault_of(self, link):
        return self.current if self._strikes(link) else None

    def _switch(self, name, on):
        was, self.current, self.on, self.armed = self.current, name, on, None
        self.changed.set()
        self.changed = asyncio.Event()
        for link in list(self.links):
            if name in ("reset", "refuse") and self._strikes(link):
                self._reset(link)
            elif name == "half_open" and self._strikes(link):
                self._half_open(link)
        if name == "refuse":
            self.accepting.cancel()
            self.listener.close()
        elif was == "refuse":
            self.listener = self._listen(self.port)
            self.accepting = self.loop.create_task(self._accept(self.listener))

    def _arm(self, name, on, down_bytes, text):
        self.armed, self.awaited = (name, on, down_bytes), text
        if text is None:
            self._went_by(0)

    def _went_by(self, down_bytes):
        """So many bytes came from the server; with 0, the text that was waited for has gone there."""
        if down_bytes == 0:
            self.awaited = None
            self.armed_at = self.down_bytes() + self.armed[2]
        if self.armed is not None and self.awaited is None and self.down_bytes() >= self.armed_at:
            self._switch(*self.armed[:2])

    # A socket is closed only when nothing waits for it any more: the loop knows it by a number, which the next socket
    # may have.

    def _reset(self, link):
        link.is_reset = True
        link.task.cancel()

    def _half_open(self, link):
        link.is_half_open = True
        if link.downward is not None:
            link.downward.cancel()
            link.downward.add_done_callback(lambda _: reset(link.server))

    def _forget(self, link):
        if link in self.links:
            self.links.remove(link)
            self.past_up += link.up
            self.past_down += link.down

    async def _accept(self, listener):
        while True:
            client, _ = await self.loop.sock_accept(listener)
            self.accepted += 1
            client.setblocking(False)
            client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            link = Link(client)
            self.links.add(link)
            link.task = self.loop.create_task(self._serve(link))

    async def _serve(self, link):
        pumps = []
        try:
            if self._fault_of(link) == "reset":
                raise ConnectionResetError
            await self._while_frozen(link)
            if self._fault_of(link) == "half_open":
                link.is_half_open = True
            else:
                link.server = socket.socket()
                link.server.setblocking(False)
                link.server.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                await self.loop.sock_connect(link.server, self.target)
                link.downward = self.loop.create_task(self._pump(link, is_up=False))
                pumps.append(link.downward)
            pumps.append(self.loop.create_task(self._pump(link, is_up=True)))
            done, _ = await asyncio.wait(pumps, return_when=asyncio.FIRST_EXCEPTION)
            link.is_reset = any(not task.cancelled() and task.exception() for task in done)
        except OSError:
            link.is_reset = True
        finally:
            for task in pumps:
                task.cancel()
            await asyncio.gather(*pumps, return_exceptions=True)
            for connection in link.sockets():
                reset(connection) if link.is_reset else connection.close()
            self._forget(link)

    async def _while_frozen(self, link):
        while self._fault_of(link) == "blackhole":
            await self.changed.wait()

    async def _wait(self, seconds):
        """For so long, or until the fault changes."""
        with contextlib.suppress(asyncio.TimeoutError):
            await asyncio.wait_for(self.changed.wait(), seconds)

    async def _pump(self, link, is_up):
        while True:
            data = await self.loop.sock_recv(link.client if is_up else link.server, PIECE_BYTES)
            if link.is_half_open:
                while self._fault_of(link) == "half_open":
                    await self.changed.wait()
                raise ConnectionResetError
            if not data:
                await self._end(link, is_up)
                return
            await self._deliver(link, data, is_up)

    async def _end(self, link, is_up):
        await self._while_frozen(link)
        with contextlib.suppress(OSError):
            (link.server if is_up else link.client).shutdown(socket.SHUT_WR)

    async def _deliver(self, link, data, is_up):
        if is_up and link.kind is None and b"user\0" in data:
            link.kind = "stream" if b"\0replication\0" in data else "control"
        while data:
            await self._while_frozen(link)
            now = self._fault_of(link)
            size = 1 if now == "trickle" else len(data)
            if not is_up and self.armed is not None and self.awaited is None:
                size = min(size, max(self.armed_at - self.down_bytes(), 1))
            piece, data = data[:size], data[size:]
            if now == "trickle":
                await self._wait(TRICKLE_S)
            elif now == "delay":
                await self._wait(DELAY_S)
            await self._while_frozen(link)
            if link.is_half_open:
                return
            await self.loop.sock_sendall(link.server if is_up else link.client, piece)
            if is_up:
                link.up += len(piece)
                if self.armed is not None and self.awaited is not None and self.awaited in piece:
                    self._went_by(0)
            else:
                link.down += len(piece)
                self._went_by(len(piece))
