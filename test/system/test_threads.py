"""The whole program under ThreadSanitizer: its feed, its server and its end, while clients and writers press on."""
import http.client
import sqlite3
import threading

import pytest

from badged import ROOT, Badged, eventually

TENANTS = [f"{n:08x}-0000-4000-8000-000000000000" for n in range(1, 6)]
WRITES, READERS = 200, 4


@pytest.fixture
def racing(database, monkeypatch):
    """The program of build/tsan, with more threads than it would take by itself. Stopping it asserts that no race was
    reported."""
    monkeypatch.setenv("BADGED", str(ROOT / "build" / "tsan" / "badged"))
    with Badged.serve(f"sqlite:{database}", "--threads", "4") as running:
        yield running


def write(database, tenant):
    """Feedback that becomes urgent, is resolved, and is deleted, a transaction each."""
    db = sqlite3.connect(database, timeout=30, isolation_level=None)
    for n in range(WRITES):
        db.execute("INSERT INTO feedback (id, tenant_id, title, priority) VALUES (?, ?, 'Slow', 'urgent')",
                   (f"{tenant[:8]}-0000-4000-9000-{n:012x}", tenant))
        if n % 3 == 1:
            db.execute("UPDATE feedback SET resolved_at = '2026-01-01T00:00:00.000Z' WHERE tenant_id = ?", (tenant,))
        if n % 7 == 1:
            db.execute("DELETE FROM feedback WHERE tenant_id = ?", (tenant,))
    db.close()


def test_reading_while_others_write_has_no_race(racing, database):
    db = sqlite3.connect(database, timeout=30, isolation_level=None)
    db.executemany("INSERT INTO tenants (id, name, slug) VALUES (?, ?, ?)", [(t, t[:8], t[:8]) for t in TENANTS])
    is_over, wrong = threading.Event(), []

    def read(number):
        try:
            while not is_over.is_set():
                racing.badges(TENANTS[number % len(TENANTS)])
                for path in ("/readyz?verbose", "/livez", "/nothing"):
                    racing.get(path)
        except Exception as error:  # shown by the assertion below: an exception in a thread fails no test
            wrong.append(error)

    readers = [threading.Thread(target=read, args=(n,)) for n in range(READERS)]
    writers = [threading.Thread(target=write, args=(database, tenant)) for tenant in TENANTS[:2]]
    for thread in readers + writers:
        thread.start()
    for thread in writers:
        thread.join()
    is_over.set()
    for thread in readers:
        thread.join()
    assert not wrong
    for tenant in TENANTS:
        count = db.execute("SELECT count(*) FROM feedback WHERE tenant_id = ? AND priority IN ('urgent', 'high')"
                           " AND resolved_at IS NULL", (tenant,)).fetchone()[0]
        eventually(lambda: racing.badges(tenant)["feedback"] == (count or None), what=f"{count} for {tenant}")


def test_stopping_under_load_has_no_race(racing):
    """Requests that are under way while it stops are answered or closed."""
    def read():
        try:
            while True:
                racing.get("/api/sidebar/badges", {"X-Tenant-Id": TENANTS[0]})
        except (OSError, http.client.HTTPException):
            return

    readers = [threading.Thread(target=read) for _ in range(READERS)]
    for thread in readers:
        thread.start()
    racing.badges(TENANTS[0])
    racing.stop()
    for thread in readers:
        thread.join()
