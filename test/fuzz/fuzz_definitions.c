/* Configuration files: any bytes are either read, or refused with a message that says where.
 *
 * After a file that is read, config_explain is asked for every field of every source at an offset
 * that the input chose, which draws carets into texts of every style.
 */
#include "config/config.h"

#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char name[] = "badged.yaml";

/* "badged.yaml:LINE:COLUMN: words" */
static void check_place(const char *message)
{
    assert(strncmp(message, name, strlen(name)) == 0);
    const char *at = message + strlen(name);
    for (int i = 0; i < 2; i++) {
        assert(*at == ':');
        size_t digits = strspn(at + 1, "0123456789");
        assert(digits > 0 && at[1] != '0');
        at += 1 + digits;
    }
    assert(at[0] == ':' && at[1] == ' ' && at[2] != '\0');
}

/* The caret stands under a character of the line above it, or right behind that line. */
static void check_caret(const char *message)
{
    const char *drawn = strchr(message, '\n');
    if (drawn == NULL)
        return;
    const char *caret = strchr(drawn + 1, '\n');
    assert(caret != NULL);
    size_t columns = 0;
    for (const char *c = drawn + 1; c < caret; c++)
        columns += ((unsigned char)*c & 0xC0) != 0x80;
    size_t column = strspn(caret + 1, " ");
    assert(strcmp(caret + 1 + column, "^") == 0);
    assert(column <= columns);
}

static void explain_all(const struct config *c, size_t seed)
{
    for (size_t s = 0; s < c->definitions->sources_count; s++) {
        size_t len = strlen(c->definitions->sources[s].where);
        for (enum spec_field field = SPEC_SCHEMA; field <= SPEC_ORDER; field++) {
            struct source_fault fault = {
                .source = s, .field = field, .offset = (seed + s) % (len + 1)};
            struct error e;
            (void)error_set(&e, ERR_CONFIG, "it does not fit");
            config_explain(c, &fault, &e);
            assert(e.code == ERR_CONFIG);
            check_caret(e.message);
            if (strncmp(e.message, "built-in badge '", 16) != 0)
                check_place(e.message);
        }
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct config *c = config_new();
    struct error e;
    enum err err = config_parse(c, name, (const char *)data, size, &e);
    if (err == ERR_OK) {
        explain_all(c, size > 0 ? data[size - 1] : 0);
    } else {
        assert(err == ERR_CONFIG && e.code == err);
        check_place(e.message);
        check_caret(e.message);
    }
    config_free(c);
    return 0;
}
