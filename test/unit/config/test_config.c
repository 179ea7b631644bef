/* What a file that is right comes to. */
#include "refuse.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void assert_defaults(const struct config *c)
{
    assert_null(c->file);
    assert_string_equal(c->database, "sqlite:badged.db");
    assert_string_equal(c->database_from, "default");
    assert_string_equal(c->listen_host, "127.0.0.1");
    assert_int_equal(c->listen_port, 8080);
    assert_int_equal(c->auth, CONFIG_AUTH_UNSET);
    assert_in_range(c->threads, 1, 4);
    assert_false(config_is_postgres(c));
    assert_null(c->pg_password);
    assert_int_equal(c->feed, CONFIG_FEED_AUTO);
    assert_string_equal(c->publication, "badged");
    assert_int_equal(c->poll_seconds, 5);
    assert_int_equal(c->lag_bytes, 4294967296);
    assert_int_equal(c->lag_seconds, 300);
    assert_int_equal(c->after_seconds, 5);
    assert_int_equal(c->history_bytes, 16777216);
    assert_int_equal(c->history_step_seconds, 30);
    assert_int_equal(c->streams_max, 10000);
    assert_int_equal(c->streams_per_tenant, 1000);
    assert_int_equal(c->streams_per_address, 0);
    assert_int_equal(c->stream_seconds, 600);
    assert_int_equal(c->drain_seconds, 5);
    struct definitions *builtin = definitions_builtin();
    assert_int_equal(c->definitions->badges_count, builtin->badges_count);
    assert_int_equal(c->definitions->sources_count, builtin->sources_count);
    definitions_free(builtin);
}

static void a_file_that_says_nothing_leaves_the_defaults(void **state)
{
    (void)state;
    static const char *const files[] = {
        "",
        "\n",
        "# nothing\n",
        "---\n",
        "---\n...\n",
        "~\n",
        "null\n",
        "{}\n",
        "badges: []\n",
        "badges:\n# - name: a\n",
        "badges: ~\n",
        "\xEF\xBB\xBF",
    };
    for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
        struct config *c = parse(files[i]);
        assert_defaults(c);
        config_free(c);
    }
}

static void every_setting_is_read(void **state)
{
    (void)state;
    struct config *c = parse("database: sqlite:/tmp/x.db\nlisten: \"[::1]:0\"\nauth: proxy\n"
                             "threads: 7\nfeed: poll\npublication: ours\npoll_seconds: 60\n"
                             "lag_bytes: 16 MiB\nlag_seconds: 10\nafter_seconds: 0\n"
                             "streams_max: 1000000\nstreams_per_tenant: 1\n"
                             "streams_per_address: 3\nstream_seconds: 86400\n"
                             "drain_seconds: 0\nhistory_bytes: 1 MiB\n"
                             "history_step_seconds: 3600\n");
    assert_string_equal(c->database, "sqlite:/tmp/x.db");
    assert_string_equal(c->database_from, "badged.yaml");
    assert_string_equal(c->listen_host, "::1");
    assert_int_equal(c->listen_port, 0);
    assert_int_equal(c->auth, CONFIG_AUTH_PROXY);
    assert_int_equal(c->threads, 7);
    assert_int_equal(c->feed, CONFIG_FEED_POLL);
    assert_string_equal(c->publication, "ours");
    assert_int_equal(c->poll_seconds, 60);
    assert_int_equal(c->lag_bytes, 16777216);
    assert_int_equal(c->lag_seconds, 10);
    assert_int_equal(c->after_seconds, 0);
    assert_int_equal(c->streams_max, 1000000);
    assert_int_equal(c->streams_per_tenant, 1);
    assert_int_equal(c->streams_per_address, 3);
    assert_int_equal(c->stream_seconds, 86400);
    assert_int_equal(c->drain_seconds, 0);
    assert_int_equal(c->history_bytes, 1048576);
    assert_int_equal(c->history_step_seconds, 3600);
    config_free(c);
}

static void a_postgres_database_is_shown_without_its_password(void **state)
{
    (void)state;
    struct config *c = parse("database: postgresql://u:secret@h:5433/d?sslmode=require\n");
    assert_true(config_is_postgres(c));
    assert_string_equal(c->database, "postgresql://u:secret@h:5433/d?sslmode=require");
    assert_string_equal(c->database_shown, "postgresql://u@h:5433/d");
    assert_true(c->has_database_password);
    config_free(c);
    c = parse("database: sqlite:a?b@c\n");
    assert_false(config_is_postgres(c));
    assert_string_equal(c->database_shown, "sqlite:a?b@c");
    assert_false(c->has_database_password);
    config_free(c);
}

static void settings_are_placed_where_their_value_stands(void **state)
{
    (void)state;
    static const struct row rows[] = {
        ROW("database: badged.db\n",
            "badged.yaml:1:11: a database without 'sqlite:' or 'postgres://' in front; expected "
            "sqlite:FILE, as in sqlite:badged.db, or postgres://…"),
        ROW("auth: none\nlisten: 8080\n",
            "badged.yaml:2:9: '8080' names no address; expected ADDRESS:PORT, as in "
            "127.0.0.1:8080"),
        ROW("auth:   basic\n",
            "badged.yaml:1:9: 'basic' is no way to authenticate; expected none, jwt or proxy"),
        ROW("# a comment\n\n{ threads: 65 }\n",
            "badged.yaml:3:12: '65' is no number of threads; expected a whole number from 1 to 64"),
        ROW("feed: push\n",
            "badged.yaml:1:7: 'push' is no way to follow a database; expected auto, "
            "stream or poll"),
        ROW("publication: ''\n",
            "badged.yaml:1:14: the name of a publication with 0 bytes; expected 1 to 63"),
        ROW("poll_seconds: 0\n", "badged.yaml:1:15: '0' is no number of seconds; expected a whole "
                                 "number from 1 to 3600"),
        ROW("lag_bytes: 4 GB\n", "badged.yaml:1:12: '4 GB' is no number of bytes; expected a whole "
                                 "number, with KiB, MiB "
                                 "or GiB behind it as needed, from 1 MiB to 1024 GiB"),
        ROW("lag_seconds: 86401\n", "badged.yaml:1:14: '86401' is no number of seconds; expected a "
                                    "whole number from 1 to 86400"),
        ROW("after_seconds: 61\n", "badged.yaml:1:16: '61' is no number of seconds; expected a "
                                   "whole number from 0 to 60"),
        ROW("streams_max: 0\n", "badged.yaml:1:14: '0' is no number of streams; expected a whole "
                                "number from 1 to 1000000"),
        ROW("streams_per_tenant: many\n", "badged.yaml:1:21: 'many' is no number of streams; "
                                          "expected a whole number from 1 to 1000000"),
        ROW("streams_per_address: -1\n", "badged.yaml:1:22: '-1' is no number of streams; "
                                         "expected a whole number from 0 to 1000000"),
        ROW("stream_seconds: 86401\n", "badged.yaml:1:17: '86401' is no number of seconds; "
                                       "expected a whole number from 1 to 86400"),
        ROW("drain_seconds: 5 s\n", "badged.yaml:1:16: '5 s' is no number of seconds; expected a "
                                    "whole number from 0 to 300"),
        ROW("history_bytes: 1023 KiB\n", "badged.yaml:1:16: '1023 KiB' is no number of bytes; "
                                         "expected a whole number, with KiB, "
                                         "MiB or GiB behind it as needed, from 1 MiB to 1024 GiB"),
        ROW("history_step_seconds: 0\n", "badged.yaml:1:23: '0' is no number of seconds; expected "
                                         "a whole number from 1 to 3600"),
        ROW("database: postgres://u:secret@h:x/d\n",
            "badged.yaml:1:11: a port in the URL that is no number from 1 to 65535; expected "
            "postgres://USER@HOST:PORT/DATABASE, with '/' in a user or a password as %2F"),
    };
    REFUSE(rows);
}

static void a_failure_needs_no_error_to_fill(void **state)
{
    (void)state;
    static const char *const files[] = {
        "a: *b", "databse: x", "listen: x", "badges:\n- { name: a b, count: [] }\n",
        "badges:\n- { name: a, count: [{ table: t, where: ( }] }\n"};
    for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
        struct config *c = config_new();
        assert_int_equal(config_parse(c, "badged.yaml", files[i], strlen(files[i]), NULL),
                         ERR_CONFIG);
        config_free(c);
    }
}

static void a_long_file_name_leaves_the_place_in_the_message(void **state)
{
    (void)state;
    char name[600];
    memset(name, 'd', sizeof(name));
    name[sizeof(name) - 1] = '\0';
    struct config *c = config_new();
    struct error e = {0};
    assert_int_equal(config_parse(c, name, "a: b", 4, &e), ERR_CONFIG);
    assert_memory_equal(e.message + sizeof(name) - 1, ":1:1: unknown key 'a'", 21);
    config_free(c);
}

static void every_key_of_a_badge_and_a_source_is_read(void **state)
{
    (void)state;
    struct config *c = parse("badges:\n"
                             "  - name: orders.late\n"
                             "    label: Late orders\n"
                             "    zero: 0\n"
                             "    count:\n"
                             "      - table: orders\n"
                             "        where: status = 'late'\n"
                             "        schema: shop\n"
                             "        tenant: shop_id\n"
                             "        distinct: customer_id\n"
                             "        order: placed_at\n");
    const struct badge *b = definitions_find(c->definitions, "orders.late");
    assert_non_null(b);
    assert_string_equal(b->label, "Late orders");
    assert_false(b->is_zero_null);
    assert_int_equal(b->sources_count, 1);
    const struct source *s = &c->definitions->sources[b->sources[0]];
    assert_string_equal(s->table, "orders");
    assert_string_equal(s->where, "status = 'late'");
    assert_string_equal(s->schema, "shop");
    assert_string_equal(s->tenant, "shop_id");
    assert_string_equal(s->distinct, "customer_id");
    assert_string_equal(s->order, "placed_at");
    config_free(c);
}

static void what_a_badge_leaves_out_takes_its_default(void **state)
{
    (void)state;
    struct config *c = parse("badges:\n"
                             "  - { name: orders.lateOrders, count: [{ table: orders }] }\n"
                             "  - { name: orders.none, count: [] }\n");
    const struct badge *b = definitions_find(c->definitions, "orders.lateOrders");
    assert_string_equal(b->label, "Late Orders");
    assert_true(b->is_zero_null);
    const struct source *s = &c->definitions->sources[b->sources[0]];
    assert_string_equal(s->where, "TRUE");
    assert_string_equal(s->schema, "public");
    assert_string_equal(s->tenant, "tenant_id");
    assert_null(s->distinct);
    assert_null(s->order);
    assert_int_equal(definitions_find(c->definitions, "orders.none")->sources_count, 0);
    config_free(c);
}

static void zero_takes_every_spelling_of_null(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        bool is_null;
    } rows[] = {{"null", true}, {"Null", true}, {"NULL", true},
                {"~", true},    {"", true},     {"0", false}};
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char yaml[100];
        (void)snprintf(yaml, sizeof(yaml), "badges:\n- name: a\n  zero: %s\n  count: []\n",
                       rows[i].text);
        struct config *c = parse(yaml);
        assert_int_equal(definitions_find(c->definitions, "a")->is_zero_null, rows[i].is_null);
        config_free(c);
    }
}

static void a_badge_of_a_built_in_name_takes_its_place(void **state)
{
    (void)state;
    struct definitions *builtin = definitions_builtin();
    struct config *c = parse("badges:\n"
                             "  - name: feedback\n"
                             "    label: Bugs\n"
                             "    count: [{ table: feedback, where: type = 'bug' }]\n");
    const struct badge *b = definitions_find(c->definitions, "feedback");
    assert_string_equal(b->label, "Bugs");
    assert_int_equal(c->definitions->badges_count, builtin->badges_count);
    /* The source that only the built-in badge counted is gone. */
    assert_int_equal(c->definitions->sources_count, builtin->sources_count);
    for (size_t i = 0; i < builtin->badges_count; i++)
        assert_string_equal(c->definitions->badges[i].name, builtin->badges[i].name);
    config_free(c);
    definitions_free(builtin);
}

static void quotes_make_a_text_of_anything(void **state)
{
    (void)state;
    struct config *c = parse("badges:\n"
                             "  - name: 'null'\n"
                             "    label: '~'\n"
                             "    count: [{ table: \"\x74rue\", where: 'TRUE', order: 5 }]\n");
    const struct badge *b = definitions_find(c->definitions, "null");
    assert_string_equal(b->label, "~");
    const struct source *s = &c->definitions->sources[b->sources[0]];
    assert_string_equal(s->table, "true");
    assert_string_equal(s->order, "5");
    config_free(c);
}

static void a_predicate_may_stand_on_several_lines(void **state)
{
    (void)state;
    struct config *c = parse(TABLE_T "        where: |\n"
                                     "          a = 1\n"
                                     "          AND b = 'x'\n");
    const struct badge *b = definitions_find(c->definitions, "a");
    assert_string_equal(c->definitions->sources[b->sources[0]].where, "a = 1\nAND b = 'x'\n");
    config_free(c);
}

static void freeing_nothing_does_nothing(void **state)
{
    (void)state;
    config_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_file_that_says_nothing_leaves_the_defaults),
        cmocka_unit_test(every_setting_is_read),
        cmocka_unit_test(a_postgres_database_is_shown_without_its_password),
        cmocka_unit_test(settings_are_placed_where_their_value_stands),
        cmocka_unit_test(a_failure_needs_no_error_to_fill),
        cmocka_unit_test(a_long_file_name_leaves_the_place_in_the_message),
        cmocka_unit_test(every_key_of_a_badge_and_a_source_is_read),
        cmocka_unit_test(what_a_badge_leaves_out_takes_its_default),
        cmocka_unit_test(zero_takes_every_spelling_of_null),
        cmocka_unit_test(a_badge_of_a_built_in_name_takes_its_place),
        cmocka_unit_test(quotes_make_a_text_of_anything),
        cmocka_unit_test(a_predicate_may_stand_on_several_lines),
        cmocka_unit_test(freeing_nothing_does_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
