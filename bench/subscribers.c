/* Many clients with an open stream, on one thread: when each of them hears of what is published.
 *
 * usage: subscribers PORT COUNT TENANTS REQUEST
 *
 * Subscriber i sends REQUEST, in which @ stands for the number of its tenant, i % TENANTS + 1, in
 * twelve hexadecimal digits. When all have been sent an event, it prints "ready". For each line on
 * standard input it forgets what came so far and prints "armed", and once all have been sent
 * another event, the times of the first, the median and the last, in nanoseconds of
 * CLOCK_MONOTONIC. A server that closes a connection, or is silent for a minute, ends it.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum {
    EVENTS_MAX = 512,
    BYTES_MAX = 64 * 1024,
    SILENCE_MS = 60 * 1000,
    UNDER_WAY_MAX = 200, /* that wait for their first event */
};

struct subscriber {
    int fd;
    bool has_heard;
};

static struct subscriber *subscribers;
static int64_t *heard_ns;
static size_t count, heard;
static int epoll;

static void fail(const char *what)
{
    (void)fprintf(stderr, "subscribers: %s: %s\n", what, strerror(errno));
    exit(1);
}

static int64_t now_ns(void)
{
    struct timespec t;
    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static void subscribe(struct subscriber *s, uint16_t port, unsigned tenant, const char *request)
{
    char text[1024];
    const char *at = strchr(request, '@');
    if (at == NULL)
        fail("no @ in the request");
    int len =
        snprintf(text, sizeof(text), "%.*s%012x%s", (int)(at - request), request, tenant, at + 1);
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(port)};
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    s->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (s->fd < 0 || connect(s->fd, (const struct sockaddr *)&to, sizeof(to)) != 0 ||
        send(s->fd, text, (size_t)len, MSG_NOSIGNAL) != len)
        fail("subscribing");
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = s};
    if (epoll_ctl(epoll, EPOLL_CTL_ADD, s->fd, &event) != 0)
        fail("epoll_ctl");
}

static void take(struct subscriber *s)
{
    static char bytes[BYTES_MAX];
    ssize_t n = recv(s->fd, bytes, sizeof(bytes), MSG_DONTWAIT);
    if (n == 0 || (n < 0 && errno != EAGAIN))
        fail("a stream was closed");
    if (n < 0 || s->has_heard || memmem(bytes, (size_t)n, "data:", 5) == NULL)
        return;
    s->has_heard = true;
    heard_ns[heard++] = now_ns();
}

/* Until so many have heard. */
static void await(size_t wanted)
{
    while (heard < wanted) {
        struct epoll_event events[EVENTS_MAX];
        int n = epoll_wait(epoll, events, EVENTS_MAX, SILENCE_MS);
        if (n <= 0) {
            (void)fprintf(stderr, "subscribers: %zu of %zu have heard\n", heard, wanted);
            exit(1);
        }
        for (int i = 0; i < n; i++)
            take(events[i].data.ptr);
    }
}

static void forget(void)
{
    for (size_t i = 0; i < count; i++)
        subscribers[i].has_heard = false;
    heard = 0;
}

int main(int argc, char **argv)
{
    char line[16];
    struct rlimit files;
    if (argc != 5)
        return 2;
    count = strtoul(argv[2], NULL, 10);
    unsigned tenants = (unsigned)strtoul(argv[3], NULL, 10);
    subscribers = calloc(count, sizeof(*subscribers));
    heard_ns = calloc(count, sizeof(*heard_ns));
    epoll = epoll_create1(EPOLL_CLOEXEC);
    if (subscribers == NULL || heard_ns == NULL || epoll < 0 || tenants == 0)
        fail("starting");
    if (getrlimit(RLIMIT_NOFILE, &files) == 0) {
        files.rlim_cur = files.rlim_max;
        (void)setrlimit(RLIMIT_NOFILE, &files);
    }
    for (size_t i = 0; i < count; i++) {
        subscribe(&subscribers[i], (uint16_t)strtoul(argv[1], NULL, 10),
                  (unsigned)(i % tenants) + 1, argv[4]);
        if (i > UNDER_WAY_MAX)
            await(i - UNDER_WAY_MAX);
    }
    await(count);
    (void)puts("ready");
    (void)fflush(stdout);
    while (fgets(line, sizeof(line), stdin) != NULL) {
        forget();
        (void)puts("armed");
        (void)fflush(stdout);
        await(count);
        (void)printf("%lld %lld %lld\n", (long long)heard_ns[0], (long long)heard_ns[count / 2],
                     (long long)heard_ns[count - 1]);
        (void)fflush(stdout);
    }
    return 0;
}
