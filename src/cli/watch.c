#include "cli/command.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/uuid.h"
#include "cli/server_url.h"
#include "cli/watch_board.h"
#include "cli/watch_link.h"
#include "cli/watch_screen.h"

#include <assert.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

/* One thread waits for everything at once: the server, signals, keys, and the end of whoever reads
 * standard output. Nothing is written to that before it takes it, so that a pipe nobody reads, or a
 * terminal that was stopped with Ctrl-S, does not keep signals waiting; what the server tells
 * meanwhile it skips itself. */

enum {
    WRITE_BYTES = 4096, /* as much as a pipe that is ready takes at once */
    FAREWELL_MS = 500,  /* for giving the terminal back */
};

struct watch {
    const char *title, *url;
    struct board *board;
    struct link *link;
    bool has_screen;
    struct screen screen;
    int signal_fd;
    bool is_ending;
    bool is_closed;     /* nobody reads standard output any more */
    struct buffer last; /* line of JSON */
    char logged[ERROR_MESSAGE_BYTES_MAX];
};

static enum err on_event(const struct event *event, void *context, struct error *e)
{
    struct watch *w = context;
    if (link_state(w->link) != LINK_OPEN)
        board_begin(w->board);
    return board_take(w->board, event, clock_ms(), e);
}

/* ---- standard output ---- */

static void on_signals(struct watch *w);

/* Whether it takes bytes now; waits until then, or a signal ends the watching, or nobody reads. */
static bool await_output(struct watch *w, int timeout_ms)
{
    struct pollfd fds[] = {{.fd = STDOUT_FILENO, .events = POLLOUT},
                           {.fd = w->signal_fd, .events = POLLIN}};
    nfds_t count = w->is_ending ? 1 : 2;
    if (poll(fds, count, timeout_ms) <= 0)
        return false;
    if ((fds[0].revents & (POLLERR | POLLHUP | POLLNVAL)) != 0)
        w->is_closed = true;
    else if ((fds[0].revents & POLLOUT) != 0)
        return true;
    else
        on_signals(w);
    return false;
}

static enum err write_out(struct watch *w, const struct buffer *b, struct error *e)
{
    bool is_farewell = w->is_ending;
    for (size_t at = 0; at < b->len && !w->is_closed;) {
        if (w->is_ending && !is_farewell)
            return ERR_OK;
        if (!await_output(w, is_farewell ? FAREWELL_MS : -1)) {
            if (is_farewell)
                return ERR_OK;
            continue;
        }
        size_t more = b->len - at < WRITE_BYTES ? b->len - at : WRITE_BYTES;
        ssize_t n = write(STDOUT_FILENO, b->bytes + at, more);
        if (n > 0)
            at += (size_t)n;
        else if (errno == EPIPE || errno == EIO)
            w->is_closed = true;
        else if (errno != EAGAIN && errno != EINTR)
            return error_set_errno(e, errno, "writing to standard output");
    }
    return ERR_OK;
}

/* ---- signals and keys ---- */

static void leave(struct watch *w)
{
    struct buffer out = {0};
    buffer_puts(&out, "");
    screen_leave(&w->screen, &out);
    bool was_ending = w->is_ending;
    w->is_ending = true; /* no signal keeps it from that */
    (void)!write_out(w, &out, NULL);
    w->is_ending = was_ending;
    buffer_fini(&out);
}

/* Which stays where it is ignored. */
static void end_by(int number)
{
    sigset_t signals;
    (void)sigemptyset(&signals);
    (void)sigaddset(&signals, number);
    (void)raise(number);
    (void)pthread_sigmask(SIG_UNBLOCK, &signals, NULL);
    (void)pthread_sigmask(SIG_BLOCK, &signals, NULL);
}

static void on_signals(struct watch *w)
{
    struct signalfd_siginfo found;
    while (read(w->signal_fd, &found, sizeof(found)) == (ssize_t)sizeof(found)) {
        switch (found.ssi_signo) {
        case SIGWINCH:
            screen_measure(&w->screen);
            break;
        case SIGTSTP: /* stopped with the terminal as it was */
            leave(w);
            (void)raise(SIGSTOP);
            break;
        case SIGQUIT: /* likewise */
            leave(w);
            end_by(SIGQUIT);
            break;
        case SIGCONT:
            screen_measure(&w->screen);
            break;
        default:
            w->is_ending = true;
        }
    }
}

static void on_keys(struct watch *w)
{
    char keys[64];
    ssize_t n = read(STDIN_FILENO, keys, sizeof(keys));
    bool is_gone = n <= 0 && errno != EAGAIN && errno != EINTR; /* the terminal */
    if (is_gone || (n > 0 && memchr(keys, 'q', (size_t)n) != NULL))
        w->is_ending = true;
}

/* Blocked, and read from a descriptor. */
static enum err take_signals(struct watch *w, sigset_t *ret_before, struct error *e)
{
    static const int ending[] = {SIGINT, SIGTERM, SIGHUP},
                     drawing[] = {SIGWINCH, SIGTSTP, SIGCONT, SIGQUIT};
    sigset_t signals;
    (void)sigemptyset(&signals);
    for (size_t i = 0; i < sizeof(ending) / sizeof(ending[0]); i++)
        (void)sigaddset(&signals, ending[i]);
    for (size_t i = 0; w->has_screen && i < sizeof(drawing) / sizeof(drawing[0]); i++)
        (void)sigaddset(&signals, drawing[i]);
    (void)signal(SIGPIPE, SIG_IGN);
    (void)pthread_sigmask(SIG_BLOCK, &signals, ret_before);
    w->signal_fd = signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK);
    return w->signal_fd >= 0 ? ERR_OK : error_set_errno(e, errno, "taking signals");
}

/* ---- what is shown ---- */

static void put_waiting(const struct watch *w, int64_t now_ms, struct buffer *out)
{
    const char *why = link_why(w->link);
    int64_t left_ms = link_next_ms(w->link) - now_ms;
    buffer_puts(out, "");
    switch (link_state(w->link)) {
    case LINK_OPEN:
        return;
    case LINK_CONNECTING:
        buffer_printf(out, "%sconnecting to %s", w->board->json != NULL ? "re" : "", w->url);
        break;
    case LINK_WAITING:
        buffer_puts(out, "reconnecting");
        if (!w->screen.is_dumb && left_ms > 0)
            buffer_printf(out, " in %d s", (int)((left_ms + 999) / 1000));
        break;
    }
    if (*why != '\0')
        buffer_printf(out, ": %s", why);
}

static enum err show_screen(struct watch *w, struct error *e)
{
    struct buffer out = {0}, waiting = {0};
    int64_t now_ms = clock_ms();
    if (!screen_is_foreground())
        return ERR_OK;
    put_waiting(w, now_ms, &waiting);
    const struct screen_words words = {w->title, waiting.bytes, now_ms};
    buffer_puts(&out, "");
    screen_enter(&w->screen, &out);
    screen_draw(&w->screen, w->board, &words, &out);
    enum err err = write_out(w, &out, e);
    buffer_fini(&waiting);
    buffer_fini(&out);
    return err;
}

/* A line when it would say something else than the last. */
static enum err show_line(struct watch *w, struct error *e)
{
    struct buffer line = {0};
    if (w->board->json == NULL && link_failures(w->link) == 0)
        return ERR_OK; /* nothing is known yet */
    board_add_line(w->board, &line);
    enum err err = ERR_OK;
    if (line.len != w->last.len || memcmp(line.bytes, w->last.bytes, line.len) != 0) {
        err = write_out(w, &line, e);
        buffer_fini(&w->last);
        w->last = line;
        line = (struct buffer){0};
    }
    buffer_fini(&line);
    return err;
}

/* Without a status line, somebody may want to know why nothing comes. */
static void log_link(struct watch *w)
{
    const char *why = link_why(w->link);
    if (link_state(w->link) == LINK_OPEN && w->logged[0] != '\0') {
        w->logged[0] = '\0';
        log_line(LOG_LEVEL_INFO, "%s: following again", w->url);
    } else if (link_state(w->link) == LINK_WAITING && *why != '\0' && strcmp(w->logged, why) != 0) {
        (void)snprintf(w->logged, sizeof(w->logged), "%s", why);
        log_line(LOG_LEVEL_WARNING, "%s: %s; trying again", w->url, why);
    }
}

static enum err show(struct watch *w, struct error *e)
{
    /* A stream that the server closes in good order is followed by the next; only when that fails
     * is nothing heard of it. */
    if (link_state(w->link) == LINK_WAITING &&
        (link_failures(w->link) > 0 || link_why(w->link)[0] != '\0'))
        w->board->status = BOARD_OFFLINE;
    if (!w->has_screen || w->screen.is_dumb)
        log_link(w);
    return w->has_screen ? show_screen(w, e) : show_line(w, e);
}

/* Until the next thing changes by itself: a mark goes, or there is a second less to wait. */
static int quiet_ms(const struct watch *w)
{
    if (!w->has_screen)
        return -1;
    int64_t now_ms = clock_ms(), until_ms = board_marks_end_ms(w->board, now_ms);
    if (link_state(w->link) == LINK_WAITING) {
        int64_t left_ms = link_next_ms(w->link) - now_ms;
        int64_t second_ms = now_ms + (left_ms > 0 ? (left_ms - 1) % 1000 + 1 : 0);
        until_ms = until_ms < 0 || second_ms < until_ms ? second_ms : until_ms;
    }
    return until_ms < 0 ? -1 : until_ms > now_ms ? (int)(until_ms - now_ms) : 0;
}

/* ---- the command ---- */

static enum err follow(struct watch *w, struct error *e)
{
    enum err err = w->has_screen ? show(w, e) : ERR_OK;
    while (err == ERR_OK && !w->is_ending && !w->is_closed) {
        struct curl_waitfd fds[] = {{.fd = w->signal_fd, .events = CURL_WAIT_POLLIN},
                                    {.fd = STDOUT_FILENO},
                                    {.fd = STDIN_FILENO, .events = CURL_WAIT_POLLIN}};
        struct pollfd output = {.fd = STDOUT_FILENO};
        err = link_step(w->link, fds, w->screen.has_keys ? 3 : 2, quiet_ms(w), e);
        on_signals(w);
        if ((fds[2].revents & CURL_WAIT_POLLIN) != 0 && w->screen.has_keys &&
            screen_is_foreground())
            on_keys(w);
        if (poll(&output, 1, 0) > 0) /* an error, or the end of who reads: nothing else was asked */
            w->is_closed = true;
        if (err == ERR_OK && !w->is_ending)
            err = show(w, e);
    }
    return err;
}

static enum err watch(struct watch *w, const struct link_options *o, struct error *e)
{
    sigset_t before;
    struct buffer last = {0};
    enum err err = take_signals(w, &before, e);
    if (err != ERR_OK)
        return err;
    (void)curl_global_init(CURL_GLOBAL_DEFAULT);
    err = link_new(o, &w->link, e);
    if (err == ERR_OK)
        err = follow(w, e);
    link_free(w->link);
    curl_global_cleanup();
    w->is_ending = true;
    if (w->has_screen) {
        leave(w);
        buffer_puts(&last, "");
        screen_last(&w->screen, &last);
        (void)!write_out(w, &last, NULL);
    }
    buffer_fini(&last);
    (void)close(w->signal_fd);
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    return err;
}

static enum err read_arguments(const struct invocation *in, const struct config *c,
                               char url[SERVER_URL_BYTES_MAX], struct error *e)
{
    enum err err = server_url_read(in->options[OPTION_URL], c, url, e);
    if (err == ERR_OK && url[0] == '\0')
        err =
            error_set(e, ERR_USAGE, "`listen` takes any free port: --url says where badged serves");
    return err;
}

int cmd_watch(const struct invocation *in)
{
    struct error e;
    struct config *config = NULL;
    struct config_flags flags = command_flags(in);
    char id[UUID_TEXT_LEN + 1], url[SERVER_URL_BYTES_MAX];
    struct uuid tenant;
    enum err err = command_tenant(in, &tenant, &e);
    if (err == ERR_OK)
        err = config_load(&flags, &config, &e);
    if (err == ERR_OK)
        err = read_arguments(in, config, url, &e);
    if (err == ERR_OK) {
        uuid_format(&tenant, id);
        struct watch w = {.title = id,
                          .url = url,
                          .board = board_new(config->definitions),
                          .has_screen = in->options[OPTION_JSON] == NULL && isatty(STDOUT_FILENO)};
        const struct link_options o = {
            .url = url, .tenant = id, .on_event = on_event, .context = &w};
        if (w.has_screen)
            screen_init(&w.screen);
        err = watch(&w, &o, &e);
        screen_fini(&w.screen);
        buffer_fini(&w.last);
        board_free(w.board);
    }
    config_free(config);
    return err == ERR_OK ? 0 : command_fail(&e);
}
