#include "store/migration.h"

#include "base/buffer.h"
#include "base/hex.h"
#include "base/mem.h"
#include "store/migration_sql.h"
#include "store/store_sql.h"

#include <assert.h>
#include <sodium/crypto_hash_sha256.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define FILE_TEXT(text) .sql = text, .sql_len = sizeof(text) - 1

static const struct migration postgres[] = {
    {.number = 60, .name = "060_base_tables.sql", FILE_TEXT(embed_060_base_tables_sql)},
    {.number = 68, .name = "068_feedback.sql", FILE_TEXT(embed_068_feedback_sql)},
    {.number = 80,
     .name = "080_ingestion_failure_tracking.sql",
     FILE_TEXT(embed_080_ingestion_failure_tracking_sql)},
    {.number = 90,
     .name = "090_sidebar_badge_tables.sql",
     FILE_TEXT(embed_090_sidebar_badge_tables_sql)},
    {.number = 95, .name = "095_publication.sql", FILE_TEXT(embed_095_publication_sql)},
    {.number = 99,
     .name = "099_row_level_security.sql",
     FILE_TEXT(embed_099_row_level_security_sql),
     .is_optional = true},
};

static const struct migration sqlite[] = {
    {.number = 1, .name = "001_tables.sql", FILE_TEXT(embed_sqlite_001_tables_sql)},
};

const struct migration *migrations_postgres(size_t *count)
{
    *count = sizeof(postgres) / sizeof(postgres[0]);
    return postgres;
}

const struct migration *migrations_sqlite(size_t *count)
{
    *count = sizeof(sqlite) / sizeof(sqlite[0]);
    return sqlite;
}

int migration_last(const struct migration *list, size_t count)
{
    int last = 0;
    for (size_t i = 0; i < count; i++)
        if (!list[i].is_optional)
            last = list[i].number;
    return last;
}

enum err migration_check_number(const struct migration *list, size_t count, int number,
                                struct error *e)
{
    char numbers[128] = "";
    size_t len = 0;
    for (size_t i = 0; i < count; i++) {
        if (list[i].number == number)
            return ERR_OK;
        len += (size_t)snprintf(numbers + len, sizeof(numbers) - len, "%s%d", i > 0 ? ", " : "",
                                list[i].number);
        assert(len < sizeof(numbers));
    }
    return error_set(e, ERR_USAGE, "there is no migration %d: those of this database are %s",
                     number, numbers);
}

void migration_hash(const struct migration *m, char ret[MIGRATION_HASH_BYTES])
{
    unsigned char hash[crypto_hash_sha256_BYTES];
    static_assert(2 * sizeof(hash) + 1 == MIGRATION_HASH_BYTES, "two digits a byte");
    (void)crypto_hash_sha256(hash, (const unsigned char *)m->sql, m->sql_len);
    char *out = ret;
    for (size_t i = 0; i < sizeof(hash); i++)
        out = hex_write(out, hash[i]);
    *out = '\0';
}

const char *migration_body(const struct migration *m, size_t *len)
{
    static const char begin[] = "\nBEGIN;\n", commit[] = "\nCOMMIT;\n";
    const char *start = strstr(m->sql, begin);
    if (start == NULL) {
        *len = m->sql_len;
        return m->sql;
    }
    start += sizeof(begin) - 1;
    const char *end = strstr(start, commit);
    assert(end != NULL && strstr(start, begin) == NULL);
    *len = (size_t)(end - start) + 1;
    return start;
}

static char *find_statement(const char *file, const char *head, const char *end)
{
    size_t len = strlen(head);
    const char *found = strstr(file, head);
    while (found != NULL && found[len] != ' ' && found[len] != '\n')
        found = strstr(found + 1, head);
    const char *last = found != NULL ? strstr(found, end) : NULL;
    return last != NULL ? mem_text(found, (size_t)(last - found) + strlen(end)) : NULL;
}

char *migration_sqlite_statement(const char *kind, const char *name)
{
    static const struct {
        const char *kind, *verb, *end;
    } kinds[] = {{"table", "TABLE", ";"}, {"index", "INDEX", ";"}, {"trigger", "TRIGGER", "END;"}};
    char *found = NULL;
    for (size_t k = 0; k < sizeof(kinds) / sizeof(kinds[0]); k++) {
        if (strcmp(kinds[k].kind, kind) != 0)
            continue;
        struct buffer head = {0};
        buffer_printf(&head, "%s %s %s", "CREATE", kinds[k].verb, name);
        for (size_t i = 0; found == NULL && i < sizeof(sqlite) / sizeof(sqlite[0]); i++)
            found = find_statement(sqlite[i].sql, head.bytes, kinds[k].end);
        buffer_fini(&head);
    }
    return found;
}

void migration_say(const struct migration_report *r, const char *fmt, ...)
{
    char line[ERROR_MESSAGE_BYTES_MAX];
    va_list args;
    va_start(args, fmt);
    (void)vsnprintf(line, sizeof(line), fmt, args);
    va_end(args);
    r->say(r->context, line);
}

const char *migration_wanted(void)
{
    return embed_postgres_wanted_json;
}

static const char *text_of(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));
    return text != NULL ? text : "";
}

bool migration_is_current(const json_t *status)
{
    for (size_t i = 0; i < json_array_size(status); i++) {
        const char *state = text_of(json_array_get(status, i), "state");
        if (strcmp(state, "pending") == 0 || strcmp(state, "changed") == 0 ||
            strcmp(state, "incomplete") == 0)
            return false;
    }
    return true;
}

bool migration_is_usable(const json_t *verification)
{
    const json_t *lacking = json_object_get(verification, "lacking");
    for (size_t i = 0; i < json_array_size(lacking); i++) {
        const char *kind = text_of(json_array_get(lacking, i), "kind");
        if (strcmp(kind, "table") == 0 || strcmp(kind, "column") == 0)
            return false;
    }
    return true;
}
