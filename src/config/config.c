#include "config/config.h"

#include "base/log.h"
#include "base/mem.h"
#include "config/environment.h"
#include "config/file.h"
#include "config/places.h"
#include "config/schema.h"
#include "config/setting.h"
#include "config/tree.h"
#include "config/url.h"

#include <sched.h>
#include <stdlib.h>
#include <string.h>

enum {
    THREADS_DEFAULT_MAX = 4
};

static const char default_file[] = "badged.yaml";

static char *copy(const char *text)
{
    return mem_text(text, strlen(text));
}

static void replace(char **slot, const char *text)
{
    free(*slot);
    *slot = copy(text);
}

static unsigned default_threads(void)
{
    cpu_set_t processors;
    if (sched_getaffinity(0, sizeof(processors), &processors) != 0)
        return THREADS_DEFAULT_MAX; /* more than a cpu_set_t has room for */
    int count = CPU_COUNT(&processors);
    return count < THREADS_DEFAULT_MAX ? (unsigned)count : THREADS_DEFAULT_MAX;
}

struct config *config_new(void)
{
    struct config *c = mem_zero(1, sizeof(*c));
    c->database = copy("sqlite:badged.db");
    c->database_shown = copy("sqlite:badged.db");
    c->database_from = copy("default");
    c->publication = copy("badged");
    c->poll_seconds = 5;
    c->lag_bytes = (uint64_t)4 << 30;
    c->lag_seconds = 300;
    c->listen_host = copy("127.0.0.1");
    c->listen_port = 8080;
    c->threads = default_threads();
    c->after_seconds = 5;
    c->streams_max = 10000;
    c->streams_per_tenant = 1000;
    c->stream_seconds = 600;
    c->drain_seconds = 5;
    c->history_bytes = (uint64_t)16 << 20;
    c->history_step_seconds = 30;
    c->definitions = definitions_builtin();
    return c;
}

void config_free(struct config *c)
{
    if (c == NULL)
        return;
    free(c->file);
    free(c->database);
    free(c->database_shown);
    free(c->database_from);
    free(c->pg_password);
    free(c->publication);
    free(c->listen_host);
    definitions_free(c->definitions);
    places_free(c->places);
    free(c);
}

bool config_is_postgres(const struct config *c)
{
    return url_is_postgres(c->database);
}

void config_explain(const struct config *c, const struct source_fault *fault, struct error *e)
{
    if (e == NULL || fault->field == SPEC_BADGE)
        return;
    const struct tree_node *source = places_source(c->places, fault->source);
    if (source != NULL)
        places_explain(places_tree(c->places), source, fault->field, fault->offset, e);
    else
        places_explain_builtin(c->definitions, fault->source, fault->field, fault->offset, e);
}

enum err config_explain_setting(const struct config *c, const char *key, const char *flag,
                                struct error *e)
{
    const struct tree_node *value = NULL;
    if (flag == NULL && c->places != NULL)
        value = tree_find(places_tree(c->places), tree_root(places_tree(c->places)), key);
    if (value == NULL)
        return e->code;
    tree_wrap(places_tree(c->places), value->start, e);
    return e->code = ERR_CONFIG;
}

/* ---- settings ---- */

static enum err set_database(struct config *c, const char *text, const char *from, struct error *e)
{
    enum err err = setting_check_database(text, &c->has_database_password, e);
    if (err != ERR_OK)
        return err;
    replace(&c->database, text);
    replace(&c->database_from, from);
    free(c->database_shown);
    c->database_shown = url_is_postgres(text) ? url_show(text) : copy(text);
    return ERR_OK;
}

static enum err set_feed(struct config *c, const char *text, const char *from, struct error *e)
{
    (void)from;
    return setting_feed(text, &c->feed, e);
}

static enum err set_publication(struct config *c, const char *text, const char *from,
                                struct error *e)
{
    (void)from;
    enum err err = setting_check_publication(text, e);
    if (err == ERR_OK)
        replace(&c->publication, text);
    return err;
}

static enum err set_poll_seconds(struct config *c, const char *text, const char *from,
                                 struct error *e)
{
    (void)from;
    return setting_seconds(text, (struct setting_range){1, 3600}, &c->poll_seconds, e);
}

static enum err set_lag_bytes(struct config *c, const char *text, const char *from, struct error *e)
{
    (void)from;
    return setting_bytes(text, &c->lag_bytes, e);
}

static enum err set_lag_seconds(struct config *c, const char *text, const char *from,
                                struct error *e)
{
    (void)from;
    return setting_seconds(text, (struct setting_range){1, 86400}, &c->lag_seconds, e);
}

static enum err set_listen(struct config *c, const char *text, const char *from, struct error *e)
{
    (void)from;
    char *host;
    enum err err = setting_listen(text, &host, &c->listen_port, e);
    if (err != ERR_OK)
        return err;
    free(c->listen_host);
    c->listen_host = host;
    return ERR_OK;
}

static enum err set_auth(struct config *c, const char *text, const char *from, struct error *e)
{
    (void)from;
    return setting_auth(text, &c->auth, e);
}

static enum err set_threads(struct config *c, const char *text, const char *from, struct error *e)
{
    (void)from;
    return setting_threads(text, &c->threads, e);
}

static enum err set_after_seconds(struct config *c, const char *text, const char *from,
                                  struct error *e)
{
    (void)from;
    return setting_seconds(text, (struct setting_range){0, 60}, &c->after_seconds, e);
}

static enum err set_history_bytes(struct config *c, const char *text, const char *from,
                                  struct error *e)
{
    (void)from;
    return setting_bytes(text, &c->history_bytes, e);
}

/* A setting as it was given: where, its text (NULL: not at all), and what takes it. */
struct given {
    const char *name, *text;
    enum err (*set)(struct config *c, const char *text, const char *from, struct error *e);
};

/* One that is a whole number, and where that goes. */
struct number {
    const char *name, *text;
    enum err (*parse)(const char *text, struct setting_range range, unsigned *ret, struct error *e);
    struct setting_range range;
    unsigned *field;
};

/* ---- the file's text ---- */

static enum err place_setting(const struct tree *t, const char *name, enum err err, struct error *e)
{
    if (err != ERR_OK && e != NULL)
        tree_wrap(t, tree_find(t, tree_root(t), name)->start, e);
    return err;
}

static enum err take_settings(struct config *c, const struct tree *t,
                              const struct schema_file *file, struct error *e)
{
    const struct given keys[] = {
        {"database", file->database, set_database},
        {"feed", file->feed, set_feed},
        {"publication", file->publication, set_publication},
        {"poll_seconds", file->poll_seconds, set_poll_seconds},
        {"lag_bytes", file->lag_bytes, set_lag_bytes},
        {"lag_seconds", file->lag_seconds, set_lag_seconds},
        {"listen", file->listen, set_listen},
        {"auth", file->auth, set_auth},
        {"threads", file->threads, set_threads},
        {"after_seconds", file->after_seconds, set_after_seconds},
        {"history_bytes", file->history_bytes, set_history_bytes},
    };
    for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
        if (keys[i].text == NULL)
            continue;
        enum err err = keys[i].set(c, keys[i].text, t->name, e);
        if (err != ERR_OK)
            return place_setting(t, keys[i].name, err, e);
    }
    const struct setting_range streams = {1, SETTING_STREAMS_MAX};
    const struct number numbers[] = {
        {"streams_max", file->streams_max, setting_streams, streams, &c->streams_max},
        {"streams_per_tenant", file->streams_per_tenant, setting_streams, streams,
         &c->streams_per_tenant},
        {"streams_per_address",
         file->streams_per_address,
         setting_streams,
         {0, SETTING_STREAMS_MAX},
         &c->streams_per_address},
        {"stream_seconds", file->stream_seconds, setting_seconds, {1, 86400}, &c->stream_seconds},
        {"drain_seconds", file->drain_seconds, setting_seconds, {0, 300}, &c->drain_seconds},
        {"history_step_seconds",
         file->history_step_seconds,
         setting_seconds,
         {1, 3600},
         &c->history_step_seconds},
    };
    for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
        const struct number *n = &numbers[i];
        enum err err = n->text != NULL ? n->parse(n->text, n->range, n->field, e) : ERR_OK;
        if (err != ERR_OK)
            return place_setting(t, n->name, err, e);
    }
    return ERR_OK;
}

/* To definitions_add a badge of the same name is one to replace; within one file it is a slip. */
static enum err refuse_second(const struct tree *t, const struct schema_file *file, size_t badge,
                              struct error *e)
{
    const struct tree_node *badges = tree_find(t, tree_root(t), "badges");
    for (size_t i = 0; i < badge; i++) {
        if (strcmp(file->badges[i].name, file->badges[badge].name) != 0)
            continue;
        const struct tree_node *first = tree_find(t, tree_item(t, badges, i), "name");
        const struct tree_node *second = tree_find(t, tree_item(t, badges, badge), "name");
        char shown[TREE_SHOWN_BYTES];
        return tree_fail(t, second->start, e,
                         "a second badge %s, the first being on line %zu; expected each name once",
                         tree_show(second, shown), tree_place(t, first->start).line);
    }
    return ERR_OK;
}

static enum err add_badge(struct config *c, const struct tree *t, const struct tree_node *node,
                          const struct schema_badge *badge, struct error *e)
{
    struct badge_spec spec = {
        .name = badge->name,
        .label = badge->label,
        .is_zero_null = badge->zero == SCHEMA_ZERO_NULL,
        .count = badge->count,
        .count_len = badge->count_len,
    };
    struct spec_fault fault;
    enum err err = definitions_add(c->definitions, &spec, &fault, e);
    if (err == ERR_OK || e == NULL)
        return err;
    bool is_of_badge =
        fault.field == SPEC_BADGE || fault.field == SPEC_NAME || fault.field == SPEC_LABEL;
    if (is_of_badge)
        places_explain(t, node, fault.field, 0, e);
    else
        places_explain(t, tree_item(t, tree_find(t, node, "count"), fault.source), fault.field,
                       fault.offset, e);
    return err;
}

static enum err take_badges(struct config *c, const struct tree *t, const struct schema_file *file,
                            struct error *e)
{
    enum err err = ERR_OK;
    for (size_t i = 0; err == ERR_OK && i < file->badges_count; i++) {
        const struct tree_node *badges = tree_find(t, tree_root(t), "badges");
        err = refuse_second(t, file, i, e);
        if (err == ERR_OK)
            err = add_badge(c, t, tree_item(t, badges, i), &file->badges[i], e);
    }
    if (err == ERR_OK)
        definitions_compact(c->definitions);
    return err;
}

static enum err take(struct config *c, const struct tree *t, struct error *e)
{
    struct schema_file *file;
    enum err err = schema_check(t, e);
    if (err != ERR_OK)
        return err;
    err = schema_load(t, &file, e);
    if (err != ERR_OK)
        return err;
    err = take_settings(c, t, file, e);
    if (err == ERR_OK)
        err = take_badges(c, t, file, e);
    schema_free(file);
    return err;
}

enum err config_parse(struct config *c, const char *name, const char *text, size_t len,
                      struct error *e)
{
    struct tree *t;
    enum err err = tree_parse(name, text, len, &t, e);
    if (err != ERR_OK)
        return err;
    const struct tree_node *root = tree_root(t);
    bool is_empty = root == NULL || tree_is_null(root);
    if (!is_empty)
        err = take(c, t, e);
    if (is_empty || err != ERR_OK)
        tree_free(t);
    else
        c->places = places_new(t, c->definitions);
    return err;
}

/* ---- putting together ---- */

static enum err parse_file(struct config *c, const struct config_flags *flags, struct error *e)
{
    const char *path = flags->file != NULL ? flags->file : default_file;
    char *text;
    size_t len;
    enum err err = file_read(path, CONFIG_FILE_BYTES_MAX, &text, &len, e);
    if (err == ERR_NOT_FOUND && flags->file == NULL)
        return ERR_OK;
    if (err == ERR_NOT_FOUND)
        return error_set(e, err, "there is no file '%s'", path);
    if (err != ERR_OK)
        return err;
    err = config_parse(c, path, text, len, e);
    free(text);
    if (err == ERR_OK)
        c->file = copy(path);
    return err;
}

/* Put the name of a flag or variable in front of what is wrong with it. */
static enum err blame_usage(const char *name, enum err err, struct error *e)
{
    if (err == ERR_OK)
        return ERR_OK;
    if (e != NULL) {
        error_wrap(e, "%s", name);
        e->code = ERR_USAGE;
    }
    return ERR_USAGE;
}

static enum err take_flags(struct config *c, const struct config_flags *flags, struct error *e)
{
    const struct given given[] = {
        {"--database", flags->database, set_database}, {"--feed", flags->feed, set_feed},
        {"--listen", flags->listen, set_listen},       {"--auth", flags->auth, set_auth},
        {"--threads", flags->threads, set_threads},
    };
    for (size_t i = 0; i < sizeof(given) / sizeof(given[0]); i++) {
        if (given[i].text == NULL)
            continue;
        enum err err = given[i].set(c, given[i].text, given[i].name, e);
        if (err != ERR_OK)
            return blame_usage(given[i].name, err, e);
    }
    return ERR_OK;
}

static enum err take_environment(struct config *c, struct error *e)
{
    char *url = NULL;
    const char *from;
    enum err err = environment_database(&url, &from, e);
    if (err == ERR_OK && url != NULL)
        err = blame_usage(from, set_database(c, url, from, e), e);
    free(url);
    return err;
}

/* What depends on the database that won. */
static enum err take_database(struct config *c, const struct config_flags *flags, struct error *e)
{
    if (!config_is_postgres(c) && flags->feed != NULL)
        return error_set(e, ERR_USAGE,
                         "--feed says how Postgres is followed, and the database is %s; leave it "
                         "out, or name a database at postgres://…",
                         c->database_shown);
    if (!config_is_postgres(c))
        return ERR_OK;
    if (c->has_database_password && flags->database != NULL)
        log_line(LOG_LEVEL_WARNING,
                 "everybody on this machine can read the password in --database, as `ps` shows "
                 "it; better ways are DATABASE_URL_FILE, PGPASSWORD_FILE and ~/.pgpass");
    enum err err = environment_password(&c->pg_password, e);
    if (err == ERR_OK && c->has_database_password) {
        free(c->pg_password);
        c->pg_password = NULL;
    }
    return err;
}

enum err config_load(const struct config_flags *flags, struct config **ret, struct error *e)
{
    struct config *c = config_new();
    enum err err = parse_file(c, flags, e);
    if (err == ERR_OK && flags->database == NULL)
        err = take_environment(c, e);
    if (err == ERR_OK)
        err = take_flags(c, flags, e);
    if (err == ERR_OK)
        err = take_database(c, flags, e);
    if (err != ERR_OK) {
        config_free(c);
        return err;
    }
    *ret = c;
    return ERR_OK;
}
