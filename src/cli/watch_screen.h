/* The terminal of `badged watch`: a frame drawn over the one before, on the terminal's second
 * screen, so that what stood there comes back.
 *
 * Sequences are those of ECMA-48 and of xterm (ctlseqs.txt), as every terminal of today has them; a
 * frame is written whole, between the marks of a synchronised update, and no line of it wraps. A
 * terminal that calls itself dumb gets each frame below the one before, without any sequence.
 *
 * Ownership: screen_init fills a struct that the caller supplies; screen_leave gives the terminal
 * back, and may be called again. One thread.
 */
#ifndef BADGED_CLI_WATCH_SCREEN_H
#define BADGED_CLI_WATCH_SCREEN_H

#include "base/buffer.h"
#include "cli/watch_board.h"

#include <stdbool.h>
#include <stdint.h>
#include <termios.h>

struct screen {
    unsigned columns, rows;
    bool has_colours; /* NO_COLOR is not set (no-color.org) */
    bool is_dumb;
    bool is_entered;
    bool has_keys; /* the terminal's keys are read, and not shown */
    struct termios before;
    struct buffer last; /* the last frame */
};

/* What is said besides the board. */
struct screen_words {
    const char *title;   /* of the tenant */
    const char *waiting; /* for what, with nothing heard; "" when a stream is open */
    int64_t now_ms;
};

/* screen_init(s): of the terminal on standard output, which is asked for its size and left as it
 * is. screen_measure(s): ask again. */
void screen_init(struct screen *s);
void screen_measure(struct screen *s);

/* screen_enter(s, out), screen_leave(s, out): take the terminal and give it back; out gets what is
 * to be written then. */
void screen_enter(struct screen *s, struct buffer *out);
void screen_leave(struct screen *s, struct buffer *out);

/* screen_is_foreground(): whether it is this process's turn to draw: another job of the shell may
 * have the terminal. */
bool screen_is_foreground(void);

/* screen_draw(s, b, w, out): append the frame to out; nothing when it is the last one again. */
void screen_draw(struct screen *s, const struct board *b, const struct screen_words *w,
                 struct buffer *out);

/* screen_last(s, out): append the last frame as plain lines, to stay when the screen was left. */
void screen_last(const struct screen *s, struct buffer *out);

void screen_fini(struct screen *s);

#endif
