#include "refuse.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

struct config *parse(const char *yaml)
{
    struct config *c = config_new();
    struct error e = {0};
    if (config_parse(c, "badged.yaml", yaml, strlen(yaml), &e) != ERR_OK)
        fail_msg("%s", e.message);
    return c;
}

void refuse_one(const char *yaml, size_t len, const char *message)
{
    struct config *c = config_new();
    struct error e = {0};
    assert_int_equal(config_parse(c, "badged.yaml", yaml, len, &e), ERR_CONFIG);
    assert_int_equal(e.code, ERR_CONFIG);
    assert_string_equal(e.message, message);
    config_free(c);
}

void refuse(const struct row *rows, size_t count)
{
    for (size_t i = 0; i < count; i++)
        refuse_one(rows[i].yaml, rows[i].len, rows[i].message);
}

void refuse_many(const char *head, const char *item, size_t n, const char *tail,
                 const char *message)
{
    struct buffer b = {0};
    buffer_puts(&b, head);
    for (size_t i = 0; i < n; i++)
        buffer_puts(&b, item);
    buffer_puts(&b, tail);
    refuse_one(b.bytes, b.len, message);
    buffer_fini(&b);
}
