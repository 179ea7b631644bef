"""The course of the badges, as GET /api/sidebar/badges/history gives it of tenants that somebody watches."""
import datetime
import sqlite3
import time

from badged import Badged, eventually

TENANT = "0b9dd3c2-6e0c-4a9c-9f6c-0d6c8a6f1a01"
OTHER = "5d2f6a1c-97c4-4b7e-8a53-1f0e9d3c2b02"
PATH = "/api/sidebar/badges/history"


def ask(badged, tenant):
    answer = badged.get(PATH, {"X-Tenant-Id": tenant})
    assert answer.status == 200
    return answer.json()


def test_the_course_of_a_tenant_follows_its_rows_from_when_it_is_watched(tmp_path, database):
    (tmp_path / "badged.yaml").write_text("history_step_seconds: 1\n")
    with Badged.serve(f"sqlite:{database}", cwd=tmp_path) as badged:
        db = sqlite3.connect(database, timeout=60, isolation_level=None)
        db.executemany("INSERT INTO tenants (id, name, slug) VALUES (?, 'x', ?)", [(TENANT, "a"), (OTHER, "b")])
        first = ask(badged, TENANT)
        assert first["step_seconds"] == 1 and first["badges"]["feedback"] == []
        assert set(first["badges"]) == {"knowledge.sources", "knowledge.crawlFailures", "conversations", "feedback",
                                        "integrations.installed", "automation.outbox"}
        eventually(lambda: ask(badged, TENANT)["badges"]["feedback"], what="a value")
        db.execute("INSERT INTO feedback (tenant_id, title, priority) VALUES (?, 't', 'urgent')", (TENANT,))
        course = eventually(lambda: (c := ask(badged, TENANT)) and 1 in c["badges"]["feedback"] and c)
        assert course["from"] == first["from"]
        began = datetime.datetime.fromisoformat(course["from"].replace("Z", "+00:00")).timestamp()
        assert abs(began + len(course["badges"]["feedback"]) - time.time()) < 3
        assert course["badges"]["feedback"][0] == 0 and set(course["badges"]["feedback"]) <= {0, 1, None}
        assert set(course["badges"]["conversations"]) <= {0, None}
        assert ask(badged, OTHER)["badges"]["feedback"] == []
        db.close()


def test_a_stream_has_its_tenant_watched(tmp_path, database):
    (tmp_path / "badged.yaml").write_text("history_step_seconds: 1\n")
    with Badged.serve(f"sqlite:{database}", cwd=tmp_path) as badged, badged.connect() as stream:
        stream.sendall(f"GET /api/sidebar/badges/stream HTTP/1.1\r\nHost: localhost\r\nX-Tenant-Id: {TENANT}\r\n\r\n"
                       .encode())
        assert b"200 OK" in stream.recv(4096)
        began = time.time()
        eventually(lambda: time.time() - began > 1.5)
        assert ask(badged, TENANT)["badges"]["feedback"], "it is watched since the stream was opened"
