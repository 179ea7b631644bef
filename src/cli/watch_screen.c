#include "cli/watch_screen.h"

#include "base/utf8.h"
#include "cli/sidebar.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

enum {
    COLUMNS_USUAL = 80,
    ROWS_USUAL = 24,
    MARK_COLUMNS = 2,
    ROWS_AROUND = 3 /* the title, an empty line and the status */
};

/* The second screen, without cursor and wrapping; and back. */
static const char enter[] = "\033[?1049h\033[?25l\033[?7l",
                  leave[] = "\033[0m\033[?7h\033[?25h\033[?1049l";
static const char plain[] = "\033[0m", red[] = "\033[31m", green[] = "\033[32m",
                  yellow[] = "\033[33m", changed[] = "\033[1;33m";

void screen_measure(struct screen *s)
{
    struct winsize size = {0};
    (void)ioctl(STDOUT_FILENO, TIOCGWINSZ, &size);
    s->columns = size.ws_col > 0 ? size.ws_col : COLUMNS_USUAL;
    s->rows = size.ws_row > 0 ? size.ws_row : ROWS_USUAL;
    s->last.len = 0; /* what stands there was for another size */
}

void screen_init(struct screen *s)
{
    const char *term = getenv("TERM"), *no_color = getenv("NO_COLOR");
    *s = (struct screen){0};
    s->is_dumb = term == NULL || *term == '\0' || strcmp(term, "dumb") == 0;
    s->has_colours = !s->is_dumb && (no_color == NULL || *no_color == '\0');
    screen_measure(s);
}

void screen_fini(struct screen *s)
{
    buffer_fini(&s->last);
}

bool screen_is_foreground(void)
{
    pid_t owner = tcgetpgrp(STDOUT_FILENO);
    return owner < 0 || owner == getpgrp();
}

/* Keys that are typed would be shown in the middle of the frame. */
static void take_keys(struct screen *s)
{
    if (tcgetpgrp(STDIN_FILENO) != getpgrp() || tcgetattr(STDIN_FILENO, &s->before) != 0)
        return;
    struct termios t = s->before;
    t.c_lflag &= ~(tcflag_t)(ECHO | ICANON);
    t.c_cc[VMIN] = 1;
    t.c_cc[VTIME] = 0;
    s->has_keys = tcsetattr(STDIN_FILENO, TCSANOW, &t) == 0;
}

void screen_enter(struct screen *s, struct buffer *out)
{
    if (s->is_entered)
        return;
    s->is_entered = true;
    s->last.len = 0;
    if (s->is_dumb)
        return;
    take_keys(s);
    buffer_puts(out, enter);
}

void screen_leave(struct screen *s, struct buffer *out)
{
    if (!s->is_entered)
        return;
    s->is_entered = false;
    if (s->has_keys)
        (void)tcsetattr(STDIN_FILENO, TCSANOW, &s->before);
    s->has_keys = false;
    if (!s->is_dumb)
        buffer_puts(out, leave);
}

/* ---- a frame ---- */

/* As much of a text as a row takes; what a server said must not steer the terminal. */
static void add_shown(const struct screen *s, const char *text, struct buffer *out)
{
    size_t left = strlen(text), n;
    bool is_cut = !s->is_dumb && utf8_count(text, left) > s->columns;
    for (size_t room = is_cut ? s->columns - 1 : left; left > 0 && room > 0; room--) {
        uint32_t c;
        n = utf8_decode(text, left, &c);
        if (n == 0 || utf8_is_control(c))
            buffer_puts(out, "?");
        else
            buffer_add(out, text, n);
        n = n > 0 ? n : 1;
        text += n;
        left -= n;
    }
    buffer_puts(out, is_cut ? "…" : "");
}

static void add_status(const struct screen *s, const struct board *b, const struct screen_words *w,
                       struct buffer *out)
{
    struct buffer text = {0};
    const char *colour = yellow;
    if (w->waiting[0] != '\0') {
        colour = red;
        buffer_puts(&text, w->waiting);
    } else if (b->status == BOARD_LIVE) {
        colour = green;
        buffer_puts(&text, "live");
    } else if (b->status == BOARD_STALE) {
        buffer_printf(&text, "stale%s%s", b->since[0] != '\0' ? " since " : "", b->since);
    } else {
        buffer_puts(&text, "the server does not know the counts now");
    }
    buffer_puts(out, s->has_colours ? colour : "");
    add_shown(s, text.bytes, out);
    buffer_printf(out, "%s\n", s->has_colours ? plain : "");
    buffer_fini(&text);
}

static void add_item(const struct screen *s, const struct board *b, const struct outline_item *item,
                     int64_t now_ms, struct buffer *out)
{
    unsigned columns = s->columns > MARK_COLUMNS + 1 ? s->columns - MARK_COLUMNS : 1;
    if (item->badge == NULL) {
        sidebar_add_item(item, &sidebar_no_cell, columns, out);
        return;
    }
    size_t i = (size_t)(item->badge - b->badges->badges);
    const struct board_number *n = &b->numbers[i];
    char number[SIDEBAR_NUMBER_BYTES] = "–", behind[16] = "";
    bool is_marked = board_is_marked(b, i, now_ms) && b->status != BOARD_UNKNOWN && !s->is_dumb;
    if (b->status == BOARD_UNKNOWN)
        (void)snprintf(number, sizeof(number), "?");
    else if (!n->is_null)
        sidebar_number(n->value, number);
    if (is_marked)
        (void)snprintf(behind, sizeof(behind), " %s%s", n->change > 0 ? "▲" : "▼",
                       s->has_colours ? plain : "");
    const struct sidebar_cell cell = {number, {is_marked && s->has_colours ? changed : "", behind}};
    sidebar_add_item(item, &cell, columns, out);
}

static void add_items(const struct screen *s, const struct board *b, int64_t now_ms,
                      struct buffer *out)
{
    struct outline *outline = outline_new(b->badges, OUTLINE_SIDEBAR);
    for (size_t i = 0; i < outline->count; i++)
        add_item(s, b, &outline->items[i], now_ms, out);
    outline_free(outline);
}

static void add_title(const struct screen *s, const struct board *b, const struct screen_words *w,
                      struct buffer *out)
{
    struct buffer text = {0};
    buffer_printf(&text, "%s%s%s", w->title, b->as_of[0] != '\0' ? ", as of " : "", b->as_of);
    add_shown(s, text.bytes, out);
    buffer_puts(out, "\n");
    buffer_fini(&text);
}

static size_t lines_of(const char *text)
{
    size_t n = 0;
    for (; (text = strchr(text, '\n')) != NULL; text++)
        n++;
    return n;
}

/* The rows that there is room for, and how many more there are. */
static void add_body(const char *body, size_t room, struct buffer *out)
{
    size_t lines = lines_of(body), shown = lines <= room ? lines : room > 0 ? room - 1 : 0;
    const char *end = body;
    for (size_t i = 0; i < shown; i++)
        end = strchr(end, '\n') + 1;
    buffer_add(out, body, (size_t)(end - body));
    if (shown < lines && room > 0)
        buffer_printf(out, "  … %zu more lines\n", lines - shown);
}

static void compose(const struct screen *s, const struct board *b, const struct screen_words *w,
                    struct buffer *out)
{
    struct buffer body = {0};
    buffer_puts(&body, "");
    if (b->badges != NULL)
        add_items(s, b, w->now_ms, &body);
    add_title(s, b, w, out);
    if (s->is_dumb)
        buffer_puts(out, body.bytes);
    else
        add_body(body.bytes, s->rows > ROWS_AROUND ? s->rows - ROWS_AROUND : 0, out);
    if (s->is_dumb || s->rows > ROWS_AROUND)
        buffer_puts(out, "\n");
    add_status(s, b, w, out);
    buffer_fini(&body);
}

/* Each line over the one that stood there, which is erased first: behind a line that fills the row
 * the cursor still stands on its last column. The last line has no end, which would scroll. */
static void draw_over(const char *frame, struct buffer *out)
{
    buffer_puts(out, "\033[?2026h\033[H");
    for (const char *end; (end = strchr(frame, '\n')) != NULL; frame = end + 1) {
        bool is_last = end[1] == '\0';
        buffer_puts(out, is_last ? "\033[J" : "\033[K");
        buffer_add(out, frame, (size_t)(end - frame));
        buffer_puts(out, is_last ? "" : "\r\n");
    }
    buffer_puts(out, "\033[?2026l");
}

void screen_draw(struct screen *s, const struct board *b, const struct screen_words *w,
                 struct buffer *out)
{
    struct buffer frame = {0};
    compose(s, b, w, &frame);
    if (frame.len != s->last.len || memcmp(frame.bytes, s->last.bytes, frame.len) != 0) {
        if (s->is_dumb)
            buffer_printf(out, "%s%s", s->last.len > 0 ? "\n" : "", frame.bytes);
        else
            draw_over(frame.bytes, out);
        buffer_fini(&s->last);
        s->last = frame;
        frame = (struct buffer){0};
    }
    buffer_fini(&frame);
}

void screen_last(const struct screen *s, struct buffer *out)
{
    if (!s->is_dumb && s->last.len > 0)
        buffer_puts(out, s->last.bytes);
}
