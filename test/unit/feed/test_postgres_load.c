/* Loading the rows of a Postgres server: a long silence is no failure. */
#include "cluster.h"

#include "base/session.h"
#include "feed/postgres_load.h"
#include "unit/feed/reading.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

enum {
    SILENT_MS = 1, /* far less than it takes to read so many */
};

struct server {
    struct cluster *cluster;
    struct session *control, *session;
};

static struct session *open_session(const struct server *s)
{
    const struct session_options o = {.conninfo = cluster_conninfo(s->cluster), .wake_fd = -1};
    struct session *opened;
    struct error e;
    assert_int_equal(session_open(&o, SESSION_CONNECT_MS, &opened, &e), ERR_OK);
    return opened;
}

static int start(void **state)
{
    static struct server s;
    s.cluster = cluster_start(NULL);
    s.control = open_session(&s);
    s.session = open_session(&s);
    *state = &s;
    return 0;
}

static int stop(void **state)
{
    struct server *s = *state;
    session_close(s->session);
    session_close(s->control);
    cluster_stop(s->cluster);
    return 0;
}

static void sql(struct session *s, const char *text)
{
    struct error e;
    if (session_query(s, text, NULL, 0, SESSION_LOCK_MS, NULL, &e) != ERR_OK)
        fail_msg("%s", e.message);
}

static void on_progress(size_t rows, void *context)
{
    (void)rows;
    (void)context;
}

static enum err on_silence(void *context, struct error *e)
{
    (void)context;
    (void)e;
    return ERR_OK;
}

/* One live row behind many others, which the server sends only once it has read them all. */
static void a_table_with_few_live_rows_is_loaded_however_long_it_takes(void **state)
{
    struct server *s = *state;
    sql(s->control, "SET default_transaction_read_only = off"); /* to make what is looked at */
    sql(s->control,
        "CREATE TABLE public.t (id int PRIMARY KEY, tenant_id uuid, a int);"
        "INSERT INTO public.t SELECT n, "
        "'0b9dd3c2-6e0c-4a9c-9f6c-0d6c8a6f1a01', n FROM generate_series(1, 100000) AS n");
    const struct source_spec source = {.table = "t", .where = "a = 100000"};
    const struct badge_spec badge = {.name = "one", .count = &source, .count_len = 1};
    struct definitions *d = definitions_new();
    struct pg_catalog c = {0};
    struct index *index = NULL;
    struct spec_fault spec_fault;
    struct source_fault fault;
    struct error e;
    assert_int_equal(definitions_add(d, &badge, &spec_fault, &e), ERR_OK);
    assert_int_equal(read_catalog(s->control, d, &c, &fault, &e), ERR_OK);
    assert_int_equal(index_new(d, c.tables, c.tables_count, &index, &fault, &e), ERR_OK);
    const struct load load = {.session = s->session,
                              .silent_ms = SILENT_MS,
                              .definitions = d,
                              .catalog = &c,
                              .index = index,
                              .on_progress = on_progress,
                              .on_silence = on_silence};
    sql(s->session, "BEGIN");
    enum err err = load_rows(&load, &e);
    if (err != ERR_OK)
        fail_msg("%s", e.message);
    assert_int_equal(index_rows(index), 1);
    index_free(index);
    pg_catalog_fini(&c);
    definitions_free(d);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_table_with_few_live_rows_is_loaded_however_long_it_takes),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
