/* What is known of a tenant's badges while they are watched: the numbers that the event stream told
 * last, whether they are to be trusted, and what changed a moment ago.
 *
 * Events are those of GET /api/sidebar/badges/stream: `badges`, whose data is the object of GET
 * /api/sidebar/badges and whose id is the as-of, and `status`. Those of other names are passed
 * over, for the sake of servers that are newer.
 *
 * Ownership: board_new makes it, board_free frees it. The definitions outlive it. One thread.
 */
#ifndef BADGED_CLI_WATCH_BOARD_H
#define BADGED_CLI_WATCH_BOARD_H

#include "badge/as_of.h"
#include "badge/definition.h"
#include "base/buffer.h"
#include "base/error.h"
#include "base/event_stream.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    BOARD_MARK_MS = 3000, /* that a number which changed is marked for */
    BOARD_SINCE_BYTES = 40,
};

enum board_status {
    BOARD_LIVE,
    BOARD_STALE,   /* the server says so, and since when */
    BOARD_UNKNOWN, /* the server has no numbers now */
    BOARD_OFFLINE, /* nothing is heard of the server */
};

struct board_number {
    bool is_null;       /* nothing to show; counts as 0 */
    uint64_t value;     /* 0 with is_null */
    int change;         /* below, above 0: it went down, up */
    int64_t changed_ms; /* when, by clock_ms() */
};

struct board {
    const struct definitions *known; /* for labels; the server may have others */
    struct definitions *badges;      /* those that were told, in their order; NULL: none yet */
    struct board_number *numbers;    /* one a badge */
    char *json;                      /* the object, as it was told */
    char as_of[AS_OF_TEXT_BYTES];    /* "" before any */
    enum board_status status;
    bool is_beginning;             /* nothing was told by the stream at hand */
    char since[BOARD_SINCE_BYTES]; /* of BOARD_STALE; "" when it was not told */
};

/* board_new(known): one on which nothing stands, of a server that nothing was heard of. */
struct board *board_new(const struct definitions *known);
void board_free(struct board *b);

/* board_begin(b): what follows is of another stream, which opens with badges, and says behind them
 * when they are not live. */
void board_begin(struct board *b);

/* board_take(b, event, now_ms, e): what an event says. ERR_REQUEST: it is not what such an event
 * must be; b is as it was. */
enum err board_take(struct board *b, const struct event *event, int64_t now_ms,
                    struct error *e) MUST_CHECK;

/* board_is_marked(b, n, now_ms): whether a number changed a moment ago. board_marks_end_ms(b,
 * now_ms): when the first mark goes; -1: there is none. */
bool board_is_marked(const struct board *b, size_t n, int64_t now_ms);
int64_t board_marks_end_ms(const struct board *b, int64_t now_ms);

/* board_status_word(s): "live", "stale", "unknown", "offline". */
const char *board_status_word(enum board_status s);

/* board_add_line(b, out): append it as one line of JSON: {"as_of": text or null, "status": word,
 * "badges": the object, or null where no number is known}, and behind a "stale" its "since". */
void board_add_line(const struct board *b, struct buffer *out);

#endif
