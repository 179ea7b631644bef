/* One statement of the demonstration, run once: values go in by name, its first row comes out.
 *
 * Ownership: nothing is kept; a row holds copies.
 */
#ifndef BADGED_STORE_DEMO_QUERY_H
#define BADGED_STORE_DEMO_QUERY_H

#include "base/error.h"

#include <sqlite3.h>
#include <stdbool.h>

enum {
    DEMO_COLUMNS_MAX = 6,
    DEMO_TEXT_BYTES_MAX = 160,
};

/* A value for one named parameter: the text, or the number where is_number. */
struct demo_value {
    const char *name; /* ":tenant"; NULL ends a list */
    const char *text; /* NULL: NULL */
    sqlite3_int64 number;
    bool is_number;
};

#define DEMO_TEXT(key, value)                                                                      \
    {                                                                                              \
        .name = ":" key, .text = (value)                                                           \
    }
#define DEMO_NUMBER(key, value)                                                                    \
    {                                                                                              \
        .name = ":" key, .number = (sqlite3_int64)(value), .is_number = true                       \
    }
#define DEMO_VALUES(...) ((const struct demo_value[]){__VA_ARGS__, {.name = NULL}})

struct demo_row {
    bool is_there;
    struct {
        char text[DEMO_TEXT_BYTES_MAX]; /* cut where it is longer; empty for NULL */
        sqlite3_int64 number;
    } columns[DEMO_COLUMNS_MAX];
};

/* demo_query(db, sql, common, own, ret, e): run to the end. Every parameter of the statement must
 * be in one of the two lists; common may hold more, own (which may be NULL) may not. ret, which may
 * be NULL, gets the first row. Errors: codes of base/sqlite.h. */
enum err demo_query(sqlite3 *db, const char *sql, const struct demo_value *common,
                    const struct demo_value *own, struct demo_row *ret, struct error *e) MUST_CHECK;

#endif
