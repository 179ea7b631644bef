/* Messages of pgoutput: any bytes are either refused, with a reason, or read for what they say.
 *
 * What was read points into the input, is written again as it was, and is refused with a byte more
 * or with any number of bytes less.
 */
#include "feed/pgoutput.h"

#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "generate/messages.h"

#include "generate/messages.c"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum {
    CUTS_MAX = 32 /* of one input, spread over it */
};

static struct pgoutput *p;

/* From memory that ends where the bytes do, so that reading past them is seen. */
struct input {
    char *bytes;
    size_t len;
};

static struct input exactly(const void *bytes, size_t len)
{
    struct input in = {malloc(len > 0 ? len : 1), len};
    assert(in.bytes != NULL);
    if (len > 0)
        memcpy(in.bytes, bytes, len);
    return in;
}

static bool is_inside(const struct input *in, const char *bytes, size_t len)
{
    return bytes >= in->bytes && bytes <= in->bytes + in->len &&
           len <= (size_t)(in->bytes + in->len - bytes);
}

static void check_text(const struct input *in, const char *text, size_t len_max)
{
    assert(is_inside(in, text, 1));
    size_t len = strnlen(text, (size_t)(in->bytes + in->len - text));
    assert(is_inside(in, text, len + 1) && len <= len_max);
}

static void check_tuple(const struct input *in, const struct pgoutput_tuple *t)
{
    assert(t->columns_count <= PGOUTPUT_COLUMNS_MAX);
    const char *last = in->bytes;
    for (size_t i = 0; i < t->columns_count; i++) {
        const struct pgoutput_datum *d = &t->columns[i];
        if (d->kind == 't') {
            assert(is_inside(in, d->bytes, d->len) && d->bytes > last);
            last = d->bytes + d->len;
        } else {
            assert((d->kind == 'n' || d->kind == 'u') && d->bytes == NULL && d->len == 0);
        }
    }
}

static void check_relation(const struct input *in, const struct pgoutput_message *m)
{
    check_text(in, m->relation.schema, PGOUTPUT_NAME_BYTES_MAX);
    check_text(in, m->relation.name, PGOUTPUT_NAME_BYTES_MAX);
    assert(m->relation.name[0] != '\0' && m->relation.columns_count <= PGOUTPUT_COLUMNS_MAX);
    for (size_t i = 0; i < m->relation.columns_count; i++) {
        check_text(in, m->relation.columns[i].name, PGOUTPUT_NAME_BYTES_MAX);
        assert(m->relation.columns[i].name[0] != '\0');
    }
}

static void check_change(const struct input *in, const struct pgoutput_message *m)
{
    char old = m->change.old_kind;
    assert(old == 0 || old == 'K' || old == 'O');
    assert(m->kind != PGOUTPUT_INSERT || old == 0);
    assert(m->kind != PGOUTPUT_DELETE || (old != 0 && m->change.new.columns_count == 0));
    assert(m->kind != PGOUTPUT_UPDATE || old == 0 ||
           m->change.old.columns_count == m->change.new.columns_count);
    assert(old != 0 || m->change.old.columns_count == 0);
    check_tuple(in, &m->change.old);
    check_tuple(in, &m->change.new);
}

static void check_message(const struct input *in, const struct pgoutput_message *m)
{
    if (m->kind == PGOUTPUT_ORIGIN) {
        check_text(in, m->origin.name, SIZE_MAX);
    } else if (m->kind == PGOUTPUT_RELATION) {
        check_relation(in, m);
    } else if (m->kind == PGOUTPUT_TYPE) {
        check_text(in, m->type.schema, PGOUTPUT_NAME_BYTES_MAX);
        check_text(in, m->type.name, PGOUTPUT_NAME_BYTES_MAX);
    } else if (m->kind >= PGOUTPUT_INSERT && m->kind <= PGOUTPUT_DELETE) {
        check_change(in, m);
    } else if (m->kind == PGOUTPUT_TRUNCATE) {
        assert(m->truncate.oids_count > 0 && m->truncate.oids_count <= PGOUTPUT_OIDS_MAX);
    } else if (m->kind == PGOUTPUT_MESSAGE) {
        check_text(in, m->message.prefix, SIZE_MAX);
        assert(is_inside(in, m->message.content, m->message.len));
    }
}

/* A time beyond what fits is read as the last one, and cannot be written as it was. */
static bool has_last_time(const struct pgoutput_message *m)
{
    return (m->kind == PGOUTPUT_BEGIN && m->begin.commit_time_us == INT64_MAX) ||
           (m->kind == PGOUTPUT_COMMIT && m->commit.commit_time_us == INT64_MAX);
}

static void check_refused(const void *bytes, size_t len)
{
    struct input in = exactly(bytes, len);
    struct pgoutput_message m;
    struct error e = {0};
    enum err err = pgoutput_read(p, in.bytes, in.len, &m, &e);
    assert(err == ERR_CORRUPT && e.code == err && e.message[0] != '\0');
    assert(strlen(e.message) < 300);
    free(in.bytes);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (p == NULL)
        p = pgoutput_new();
    struct input in = exactly(data, size);
    struct pgoutput_message m;
    struct error e = {0};
    if (pgoutput_read(p, in.bytes, in.len, &m, &e) != ERR_OK) {
        free(in.bytes);
        check_refused(data, size);
        return 0;
    }
    check_message(&in, &m);
    struct buffer again = {0};
    messages_write(&m, &again);
    assert(again.len == size);
    assert(has_last_time(&m) || memcmp(again.bytes, data, size) == 0);
    buffer_add(&again, "", 1);
    check_refused(again.bytes, again.len);
    for (size_t len = 0; len < size; len += 1 + size / CUTS_MAX)
        check_refused(data, len);
    check_refused(data, size - 1);
    buffer_fini(&again);
    free(in.bytes);
    return 0;
}
