#include "config/config.h"

#include "base/mem.h"
#include "config/places.h"
#include "config/schema.h"
#include "config/setting.h"
#include "config/tree.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

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
    c->database_from = copy("default");
    c->listen_host = copy("127.0.0.1");
    c->listen_port = 8080;
    c->threads = default_threads();
    c->definitions = definitions_builtin();
    return c;
}

void config_free(struct config *c)
{
    if (c == NULL)
        return;
    free(c->file);
    free(c->database);
    free(c->database_from);
    free(c->listen_host);
    definitions_free(c->definitions);
    places_free(c->places);
    free(c);
}

void config_explain(const struct config *c, const struct source_fault *fault, struct error *e)
{
    if (e == NULL)
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
    enum err err = setting_check_database(text, e);
    if (err != ERR_OK)
        return err;
    replace(&c->database, text);
    replace(&c->database_from, from);
    return ERR_OK;
}

static enum err set_listen(struct config *c, const char *text, struct error *e)
{
    char *host;
    enum err err = setting_listen(text, &host, &c->listen_port, e);
    if (err != ERR_OK)
        return err;
    free(c->listen_host);
    c->listen_host = host;
    return ERR_OK;
}

/* ---- the file's text ---- */

/* Put the place of a top-level key in front of what is wrong with its value. */
static enum err blame_key(const struct tree *t, const char *key, enum err err, struct error *e)
{
    if (err != ERR_OK && e != NULL)
        tree_wrap(t, tree_find(t, tree_root(t), key)->start, e);
    return err;
}

static enum err take_settings(struct config *c, const struct tree *t,
                              const struct schema_file *file, struct error *e)
{
    enum err err = ERR_OK;
    if (file->database != NULL)
        err = blame_key(t, "database", set_database(c, file->database, t->name, e), e);
    if (err == ERR_OK && file->listen != NULL)
        err = blame_key(t, "listen", set_listen(c, file->listen, e), e);
    if (err == ERR_OK && file->auth != NULL)
        err = blame_key(t, "auth", setting_auth(file->auth, &c->auth, e), e);
    if (err == ERR_OK && file->threads != NULL)
        err = blame_key(t, "threads", setting_threads(file->threads, &c->threads, e), e);
    return err;
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

/* ---- the file ---- */

static enum err check_plain(const char *path, const struct stat *st, struct error *e)
{
    if (S_ISDIR(st->st_mode))
        return error_set(e, ERR_CONFIG, "%s: a directory; expected a plain file", path);
    if (!S_ISREG(st->st_mode))
        return error_set(e, ERR_CONFIG, "%s: no plain file; expected one", path);
    return ERR_OK;
}

/* One byte more than is allowed tells a file that is too large, whatever it claimed to be. */
static enum err read_all(int fd, const char *path, char *out, size_t *ret_len, struct error *e)
{
    size_t len = 0;
    for (;;) {
        ssize_t n = read(fd, out + len, CONFIG_FILE_BYTES_MAX + 1 - len);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return error_set_errno(e, errno, "reading %s", path);
        if (n == 0)
            break;
        len += (size_t)n;
        if (len > CONFIG_FILE_BYTES_MAX)
            return error_set(e, ERR_CONFIG, "%s: more than %d bytes; expected at most that many",
                             path, CONFIG_FILE_BYTES_MAX);
    }
    *ret_len = len;
    return ERR_OK;
}

static enum err parse_open_file(struct config *c, int fd, const char *path, struct error *e)
{
    struct stat st;
    if (fstat(fd, &st) != 0)
        return error_set_errno(e, errno, "reading %s", path);
    enum err err = check_plain(path, &st, e);
    if (err != ERR_OK)
        return err;
    size_t len;
    char *text = mem_zero(CONFIG_FILE_BYTES_MAX + 1, 1);
    err = read_all(fd, path, text, &len, e);
    if (err == ERR_OK)
        err = config_parse(c, path, text, len, e);
    free(text);
    if (err == ERR_OK)
        c->file = copy(path);
    return err;
}

static enum err parse_file(struct config *c, const char *path, bool is_required, struct error *e)
{
    /* O_NONBLOCK: opening a pipe that nobody writes to would wait for ever. */
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (fd < 0 && errno == ENOENT && !is_required)
        return ERR_OK;
    if (fd < 0 && errno == ENOENT)
        return error_set(e, ERR_NOT_FOUND, "--config %s: there is no such file", path);
    if (fd < 0)
        return error_set_errno(e, errno, "reading %s", path);
    enum err err = parse_open_file(c, fd, path, e);
    (void)close(fd);
    return err;
}

/* ---- putting together ---- */

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

/* DATABASE_URL, or NULL when it names nothing. */
static const char *database_url(void)
{
    const char *url = getenv("DATABASE_URL");
    return url != NULL && *url != '\0' ? url : NULL;
}

static enum err take_usage(struct config *c, const struct config_flags *flags, struct error *e)
{
    enum err err = ERR_OK;
    const char *url = database_url();
    if (flags->database != NULL)
        err = blame_usage("--database", set_database(c, flags->database, "--database", e), e);
    else if (url != NULL)
        err = blame_usage("DATABASE_URL", set_database(c, url, "DATABASE_URL", e), e);
    if (err == ERR_OK && flags->listen != NULL)
        err = blame_usage("--listen", set_listen(c, flags->listen, e), e);
    if (err == ERR_OK && flags->auth != NULL)
        err = blame_usage("--auth", setting_auth(flags->auth, &c->auth, e), e);
    if (err == ERR_OK && flags->threads != NULL)
        err = blame_usage("--threads", setting_threads(flags->threads, &c->threads, e), e);
    return err;
}

/* Only the database that won is asked of: a file may name one that a flag puts aside. The default
 * is supported, so what neither flag nor environment named is the file's. */
static enum err check_supported(const struct config *c, const struct config_flags *flags,
                                struct error *e)
{
    enum err err = setting_check_supported(c->database, e);
    if (err == ERR_OK)
        return ERR_OK;
    bool is_from_file = flags->database == NULL && database_url() == NULL;
    return is_from_file ? blame_key(places_tree(c->places), "database", err, e)
                        : blame_usage(c->database_from, err, e);
}

enum err config_load(const struct config_flags *flags, struct config **ret, struct error *e)
{
    struct config *c = config_new();
    enum err err =
        parse_file(c, flags->file != NULL ? flags->file : default_file, flags->file != NULL, e);
    if (err == ERR_OK)
        err = take_usage(c, flags, e);
    if (err == ERR_OK)
        err = check_supported(c, flags, e);
    if (err != ERR_OK) {
        config_free(c);
        return err;
    }
    *ret = c;
    return ERR_OK;
}
