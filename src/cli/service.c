#include "cli/service.h"

#include "base/clock.h"
#include "base/log.h"
#include "feed/postgres.h"
#include "feed/sqlite.h"
#include "feed/sqlite_once.h"
#include "store/sqlite.h"

#include <assert.h>
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <systemd/sd-daemon.h>
#include <time.h>

enum {
    SYNC_MS = 1000
};

enum err service_check_embedded(const struct config *config, struct error *e)
{
    if (!config_is_postgres(config))
        return ERR_OK;
    return error_set(e, ERR_CONFIG,
                     "%s: the demonstration fills an embedded database; expected sqlite:FILE, as "
                     "in sqlite:badged-demo.db",
                     config->database_shown);
}

const char *service_path(const struct config *config)
{
    static const char prefix[] = "sqlite:";
    assert(strncmp(config->database, prefix, sizeof(prefix) - 1) == 0);
    return config->database + sizeof(prefix) - 1;
}

struct feed_postgres_options service_postgres(const struct config *config)
{
    static const enum feed_mode modes[] = {[CONFIG_FEED_AUTO] = FEED_AUTO,
                                           [CONFIG_FEED_STREAM] = FEED_STREAM,
                                           [CONFIG_FEED_POLL] = FEED_POLL};
    return (struct feed_postgres_options){.conninfo = config->database,
                                          .password = config->pg_password,
                                          .publication = config->publication,
                                          .mode = modes[config->feed],
                                          .poll_seconds = config->poll_seconds,
                                          .lag_bytes_max = config->lag_bytes,
                                          .lag_seconds_max = config->lag_seconds};
}

enum err service_open(const struct config *config, struct error *e)
{
    sqlite3 *db = NULL;
    if (config_is_postgres(config))
        return ERR_OK; /* it is made by others, and the feed waits for it */
    enum err err = store_sqlite_open(service_path(config), &db, e);
    if (err != ERR_OK)
        return err;
    (void)sqlite3_close(db);
    struct source_fault fault;
    err = sqlite_once_check(service_path(config), config->definitions, &fault, e);
    if (err == ERR_SCHEMA) {
        config_explain(config, &fault, e);
        log_line(LOG_LEVEL_WARNING, "%s", e->message);
        return ERR_OK;
    }
    if (err == ERR_CONFIG)
        config_explain(config, &fault, e);
    return err;
}

/* Wait for a signal, or tick_ms when there is something to do then. Returns the signal, or 0. */
static int wait_for_signal(const sigset_t *signals, int tick_ms)
{
    int found;
    if (tick_ms > 0) {
        struct timespec t = {tick_ms / 1000, (long)(tick_ms % 1000) * 1000000};
        found = sigtimedwait(signals, NULL, &t);
    } else {
        found = sigwaitinfo(signals, NULL);
    }
    return found > 0 ? found : 0;
}

/* The feed of the database that is configured; the other one stays NULL. */
struct following {
    struct feed_sqlite *sqlite;
    struct feed_postgres *postgres;
};

static enum err following_start(const struct service_options *o, struct counts *counts,
                                struct following *ret, struct error *e)
{
    const struct definitions *d = o->config->definitions;
    if (!config_is_postgres(o->config))
        return feed_sqlite_new(o->path, d, counts, &ret->sqlite, e);
    struct feed_postgres_options po = service_postgres(o->config);
    return feed_postgres_new(&po, d, counts, &ret->postgres, e);
}

static void following_stop(struct following *f)
{
    feed_sqlite_free(f->sqlite);
    feed_postgres_free(f->postgres);
}

/* Another database's commits come in by themselves. */
static bool following_sync(struct following *f, int timeout_ms)
{
    return f->sqlite == NULL || feed_sqlite_sync(f->sqlite, timeout_ms);
}

static enum err serve_until_signal(const struct service_options *o, const sigset_t *signals,
                                   struct following *feed, struct error *e)
{
    for (;;) {
        int signal = wait_for_signal(signals, o->tick != NULL ? o->tick_ms : 0);
        if (signal != 0) {
            log_line(LOG_LEVEL_INFO,
                     "stopping on %s; requests under way may finish, another signal stops at once",
                     sigabbrev_np(signal));
            return ERR_OK;
        }
        enum err err = o->tick != NULL ? o->tick(o->tick_context, e) : ERR_OK;
        if (err != ERR_OK)
            return err;
        if (o->tick != NULL && !following_sync(feed, SYNC_MS))
            log_line(LOG_LEVEL_WARNING, "a change was not counted within %d s", SYNC_MS / 1000);
    }
}

/* As many connections as the system lets this process have, without a setting of the operator's. */
static void raise_files_limit(void)
{
    struct rlimit files;
    if (getrlimit(RLIMIT_NOFILE, &files) != 0 || files.rlim_cur >= files.rlim_max)
        return;
    files.rlim_cur = files.rlim_max;
    (void)setrlimit(RLIMIT_NOFILE, &files);
}

static void print_address(const struct config *config, uint16_t port)
{
    bool is_v6 = strchr(config->listen_host, ':') != NULL;
    (void)printf("badged %s serving http://%s%s%s:%u\n", BADGED_VERSION, is_v6 ? "[" : "",
                 config->listen_host, is_v6 ? "]" : "", port);
    (void)fflush(stdout);
}

static void warn_of_files(const struct config *config, size_t streams_max)
{
    if (streams_max < config->streams_max)
        log_line(
            LOG_LEVEL_WARNING,
            "at most %zu streams can be open, not %u (streams_max), as badged may open no more "
            "files: raise the limit (LimitNOFILE, ulimit -n), or lower streams_max",
            streams_max, config->streams_max);
}

static void notify_ready(uint16_t port)
{
    int rc = sd_notifyf(0, "READY=1\nSTATUS=Serving port %u", port);
    if (rc < 0)
        log_line(LOG_LEVEL_WARNING,
                 "whoever started badged cannot be told that it is ready, and may stop it: "
                 "NOTIFY_SOCKET is %.100s: %s",
                 getenv("NOTIFY_SOCKET"), strerrordesc_np(-rc));
}

enum err service_run(const struct service_options *o, struct error *e)
{
    sigset_t signals, before;
    (void)sigemptyset(&signals);
    (void)sigaddset(&signals, SIGTERM);
    (void)sigaddset(&signals, SIGINT);
    (void)signal(SIGPIPE, SIG_IGN);
    (void)pthread_sigmask(SIG_BLOCK, &signals, &before); /* before any thread: they inherit it */

    raise_files_limit();
    const struct definitions *d = o->config->definitions;
    struct counts *counts = counts_new(d->sources_count);
    struct following feed = {0};
    struct server *server = NULL;
    struct server_options so = {
        .host = o->config->listen_host,
        .port = o->config->listen_port,
        .threads = o->config->threads,
        .after_ms = o->config->after_seconds * 1000,
        .streams = {.limits = {.all = o->config->streams_max,
                               .tenant = o->config->streams_per_tenant,
                               .address = o->config->streams_per_address},
                    .stream_ms = o->config->stream_seconds * 1000},
        .history = {.bytes_max = o->config->history_bytes,
                    .step_s = o->config->history_step_seconds},
        .demo_tenants = o->demo_tenants,
        .demo_tenants_count = o->demo_tenants_count,
        .demo_file = o->demo_tenants != NULL ? o->path : NULL,
    };
    enum err err = server_start(&so, counts, d, &server, e);
    if (err == ERR_OK)
        err = following_start(o, counts, &feed, e);
    if (err == ERR_OK) {
        /* The feed's setting up locks the file. Who writes once there is an address should not meet
         * that, nor a client counts that are not known yet, as far as that takes a second. */
        (void)following_sync(&feed, SYNC_MS);
        warn_of_files(o->config, server_streams_max(server));
        print_address(o->config, server_port(server));
        notify_ready(server_port(server));
        err = serve_until_signal(o, &signals, &feed, e);
        (void)sd_notify(0, "STOPPING=1");
    }
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    server_stop(server, (int)o->config->drain_seconds * 1000);
    following_stop(&feed);
    counts_free(counts);
    return err;
}
