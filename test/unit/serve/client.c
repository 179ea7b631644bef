#include "client.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <cmocka.h>

struct client {
    int fd;
    char bytes[CLIENT_BYTES_MAX]; /* read, and not yet part of an answer */
    size_t len;
};

struct client *client_open(uint16_t port)
{
    struct client *c = calloc(1, sizeof(*c));
    assert_non_null(c);
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(port)};
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    c->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_true(c->fd >= 0);
    const struct timeval patience = {.tv_sec = CLIENT_PATIENCE_S};
    assert_int_equal(setsockopt(c->fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience)), 0);
    assert_int_equal(connect(c->fd, (const struct sockaddr *)&to, sizeof(to)), 0);
    return c;
}

void client_close(struct client *c)
{
    (void)close(c->fd);
    free(c);
}

void client_close_with(struct client *c, const char *text)
{
    assert_int_equal(setsockopt(c->fd, IPPROTO_TCP, TCP_CORK, &(int){1}, sizeof(int)), 0);
    assert_true(client_puts(c, text));
    client_close(c);
}

bool client_send(struct client *c, const char *bytes, size_t len)
{
    while (len > 0) {
        ssize_t n = send(c->fd, bytes, len, MSG_NOSIGNAL);
        if (n < 0) {
            assert_true(errno == EPIPE || errno == ECONNRESET);
            return false;
        }
        bytes += n;
        len -= (size_t)n;
    }
    return true;
}

bool client_puts(struct client *c, const char *text)
{
    return client_send(c, text, strlen(text));
}

void client_end(struct client *c)
{
    assert_int_equal(shutdown(c->fd, SHUT_WR), 0);
}

/* Read some more; false at the end of the connection. */
static bool read_more(struct client *c)
{
    assert_true(c->len < sizeof(c->bytes));
    ssize_t n = recv(c->fd, c->bytes + c->len, sizeof(c->bytes) - c->len, 0);
    if (n < 0)
        assert_int_equal(errno, ECONNRESET);
    if (n <= 0)
        return false;
    c->len += (size_t)n;
    return true;
}

static void take(struct client *c, char *out, size_t len)
{
    memcpy(out, c->bytes, len);
    c->len -= len;
    memmove(c->bytes, c->bytes + len, c->len);
}

void client_read_head(struct client *c, struct answer *ret)
{
    *ret = (struct answer){0};
    const char *end;
    while ((end = memmem(c->bytes, c->len, "\r\n\r\n", 4)) == NULL)
        assert_true(read_more(c));
    size_t len = (size_t)(end - c->bytes) + 4;
    assert_true(len < sizeof(ret->head));
    take(c, ret->head, len);
    assert_memory_equal(ret->head, "HTTP/1.1 ", 9);
    ret->status = (int)strtol(ret->head + 9, NULL, 10);
    assert_in_range(ret->status, 100, 599);
}

void client_read(struct client *c, struct answer *ret)
{
    client_read_head(c, ret);
    const char *length = answer_field(ret, "Content-Length");
    assert_non_null(length);
    ret->body_len = strtoul(length, NULL, 10);
    assert_true(ret->body_len < sizeof(ret->body));
    while (c->len < ret->body_len)
        assert_true(read_more(c));
    take(c, ret->body, ret->body_len);
}

size_t client_read_chunk(struct client *c, char *out, size_t room)
{
    char size[16];
    const char *line;
    while ((line = memmem(c->bytes, c->len, "\r\n", 2)) == NULL)
        assert_true(read_more(c));
    size_t digits = (size_t)(line - c->bytes);
    assert_in_range(digits, 1, 8);
    take(c, size, digits + 2);
    assert_int_equal(strspn(size, "0123456789abcdef"), digits);
    size_t len = strtoul(size, NULL, 16);
    assert_true(len < room);
    while (c->len < len + 2)
        assert_true(read_more(c));
    assert_memory_equal(c->bytes + len, "\r\n", 2);
    take(c, out, len);
    out[len] = '\0';
    take(c, size, 2);
    return len;
}

bool client_is_closed(struct client *c)
{
    return c->len == 0 && !read_more(c);
}

void client_discard(struct client *c)
{
    c->len = 0;
}

size_t client_read_rest(struct client *c, char *out, size_t room)
{
    while (read_more(c))
        ;
    size_t len = c->len;
    assert_true(len < room);
    take(c, out, len);
    out[len] = '\0';
    return len;
}

bool client_is_quiet(struct client *c)
{
    char byte;
    if (c->len > 0)
        return false;
    ssize_t n = recv(c->fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT);
    return n < 0 && errno == EAGAIN;
}

const char *answer_field(const struct answer *a, const char *name)
{
    static _Thread_local char value[1024];
    size_t name_len = strlen(name);
    bool found = false;
    for (const char *line = strstr(a->head, "\r\n"); line[2] != '\r';
         line = strstr(line + 2, "\r\n")) {
        if (strncasecmp(line + 2, name, name_len) != 0 || line[2 + name_len] != ':')
            continue;
        assert_false(found);
        found = true;
        const char *from = line + 2 + name_len + 1;
        from += strspn(from, " ");
        size_t len = strcspn(from, "\r");
        assert_true(len < sizeof(value));
        memcpy(value, from, len);
        value[len] = '\0';
    }
    return found ? value : NULL;
}
