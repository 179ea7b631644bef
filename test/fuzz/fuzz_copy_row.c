/* The smaller texts and frames that Postgres sends: any bytes are either refused or read for what
 * they say, and that is written again and read as the same.
 *
 * The first byte of the input chooses the parser: 'c' a row of COPY, of as many fields as the next
 * byte says; 'f' a frame of the stream; 'a' an as-of, which is an LSN too.
 */
#include "feed/copy_row.h"

#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "badge/as_of.h"
#include "base/buffer.h"
#include "base/reader.h"
#include "feed/replication.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum {
    FIELDS_MAX = 256
};

/* ---- rows of COPY ---- */

/* As COPY TO writes a field (CopyAttributeOutText in src/backend/commands/copyto.c). */
static void put_field(struct buffer *out, const struct pgoutput_datum *d)
{
    static const char meanings[] = "\b\f\n\r\t\v\\", letters[] = "bfnrtv\\";
    if (d->kind == 'n')
        buffer_puts(out, "\\N");
    for (size_t i = 0; i < d->len; i++) {
        const char *found = memchr(meanings, d->bytes[i], sizeof(meanings) - 1);
        if (found != NULL) {
            buffer_puts(out, "\\");
            buffer_add(out, &letters[found - meanings], 1);
        } else {
            buffer_add(out, &d->bytes[i], 1);
        }
    }
}

static void check_written(const struct pgoutput_datum *fields, size_t count)
{
    static struct pgoutput_datum again[FIELDS_MAX];
    struct buffer line = {0};
    buffer_puts(&line, "");
    for (size_t i = 0; i < count; i++) {
        if (i > 0)
            buffer_puts(&line, "\t");
        put_field(&line, &fields[i]);
    }
    enum err err = copy_row_split(line.bytes, line.len, again, count, NULL);
    assert(err == ERR_OK);
    for (size_t i = 0; i < count; i++) {
        assert(again[i].kind == fields[i].kind && again[i].len == fields[i].len);
        assert(fields[i].len == 0 || memcmp(again[i].bytes, fields[i].bytes, fields[i].len) == 0);
    }
    buffer_fini(&line);
}

static void check_row(char *bytes, size_t len)
{
    static struct pgoutput_datum fields[FIELDS_MAX];
    struct error e = {0};
    if (len == 0)
        return;
    size_t count = (unsigned char)bytes[0];
    char *line = bytes + 1, *at = line;
    len--;
    if (copy_row_split(line, len, fields, count, &e) != ERR_OK) {
        assert(e.code == ERR_CORRUPT && e.message[0] != '\0' && strlen(e.message) < 200);
        return;
    }
    for (size_t i = 0; i < count; i++) {
        if (fields[i].kind == 'n') {
            assert(fields[i].bytes == NULL && fields[i].len == 0);
            continue;
        }
        assert(fields[i].kind == 't' && fields[i].bytes >= at);
        assert(fields[i].len <= (size_t)(line + len - fields[i].bytes));
        at = line + (fields[i].bytes - line) + fields[i].len;
    }
    check_written(fields, count);
}

/* ---- frames ---- */

static void check_status(const struct replication_frame *f)
{
    const struct replication_status s = {.written = f->wal_start,
                                         .flushed = f->wal_end,
                                         .applied = ~f->wal_end,
                                         .sent_us = f->sent_us,
                                         .wants_reply = f->kind == REPLICATION_KEEPALIVE};
    unsigned char out[REPLICATION_STATUS_BYTES];
    replication_write_status(&s, out);
    struct reader r = reader_of(out, sizeof(out));
    assert(reader_u8(&r) == 'r');
    assert(reader_u64(&r) == s.written);
    assert(reader_u64(&r) == s.flushed);
    assert(reader_u64(&r) == s.applied);
    assert(replication_unix_us(reader_i64(&r)) == s.sent_us);
    assert(reader_u8(&r) == s.wants_reply);
    assert(!reader_is_failed(&r) && reader_left(&r) == 0);
}

/* The frame's own bytes are those of what was read from them. */
static void check_frame(const char *bytes, size_t len)
{
    struct replication_frame f;
    struct error e = {0};
    if (replication_read(bytes, len, &f, &e) != ERR_OK) {
        assert(e.code == ERR_CORRUPT && e.message[0] != '\0' && strlen(e.message) < 200);
        return;
    }
    struct reader r = reader_of(bytes, len);
    if (reader_u8(&r) == 'w') {
        assert(f.kind == REPLICATION_DATA && f.wal_start == reader_u64(&r));
    } else {
        assert(f.kind == REPLICATION_KEEPALIVE && f.wal_start == 0);
    }
    assert(f.wal_end == reader_u64(&r));
    int64_t postgres_us = reader_i64(&r);
    assert(f.sent_us == INT64_MAX || replication_postgres_us(f.sent_us) == postgres_us);
    if (f.kind == REPLICATION_DATA)
        assert(f.payload.bytes == bytes + r.at && f.payload.len == reader_left(&r));
    else
        assert(reader_u8(&r) == f.must_reply && reader_left(&r) == 0);
    check_status(&f);
}

/* ---- as-ofs ---- */

static void check_as_of(const char *text, size_t len)
{
    struct as_of a, again;
    uint64_t position;
    bool is_position = as_of_parse_position(text, len, &position);
    if (!as_of_parse(text, len, &a)) {
        assert(!is_position);
        return;
    }
    assert(is_position == (memchr(text, '-', len) == NULL));
    assert(!is_position || (a.timeline == 0 && a.position == position));
    char out[AS_OF_TEXT_BYTES];
    as_of_format(a, out);
    assert(strlen(out) <= len + (is_position ? 2 : 0)); /* "0-" */
    assert(as_of_parse(out, strlen(out), &again) && as_of_compare(a, again) == 0);
    as_of_format_position(a.position, out);
    assert(as_of_parse_position(out, strlen(out), &position) && position == a.position);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0)
        return 0;
    size_t len = size - 1;
    char *exact = malloc(len > 0 ? len : 1); /* without the first byte, nothing behind the last */
    assert(exact != NULL);
    memcpy(exact, data + 1, len);
    switch (data[0]) {
    case 'c':
        check_row(exact, len);
        break;
    case 'f':
        check_frame(exact, len);
        break;
    case 'a':
        check_as_of(exact, len);
        break;
    default:
        break;
    }
    free(exact);
    return 0;
}
