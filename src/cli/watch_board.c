#include "cli/watch_board.h"

#include "base/mem.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct board *board_new(const struct definitions *known)
{
    struct board *b = mem_zero(1, sizeof(*b));
    b->known = known;
    b->status = BOARD_OFFLINE;
    return b;
}

void board_free(struct board *b)
{
    if (b == NULL)
        return;
    definitions_free(b->badges);
    free(b->numbers);
    free(b->json);
    free(b);
}

void board_begin(struct board *b)
{
    b->is_beginning = true;
}

/* ---- badges ---- */

/* What an object of badges says, before it is known to be whole. */
struct told {
    const struct definitions *known;
    struct definitions *badges;
    struct board_number *numbers; /* room for BADGES_MAX */
};

static void told_fini(struct told *t)
{
    definitions_free(t->badges);
    free(t->numbers);
}

static enum err take_number(struct told *t, const char *name, const json_t *value, struct error *e)
{
    bool is_null = json_is_null(value);
    if (!is_null && (!json_is_integer(value) || json_integer_value(value) < 0))
        return error_set(e, ERR_REQUEST, "badge '%s' is no count", name);
    const struct badge *known = definitions_find(t->known, name);
    const struct badge_spec spec = {.name = name, .label = known != NULL ? known->label : NULL};
    struct spec_fault fault;
    size_t n = t->badges->badges_count;
    if (definitions_find(t->badges, name) != NULL ||
        definitions_add(t->badges, &spec, &fault, e) != ERR_OK)
        return error_set(e, ERR_REQUEST, "badge '%.100s' cannot be shown", name);
    t->numbers[n] =
        (struct board_number){.is_null = is_null, .value = (uint64_t)json_integer_value(value)};
    return ERR_OK;
}

/* An object's members, and those of the objects in it: a badge's name is dotted, and has few parts.
 */
static enum err take_object(struct told *t, json_t *object, struct error *e)
{
    struct {
        json_t *object;
        void *member;
        size_t name_len;
    } levels[BADGE_NAME_PARTS_MAX] = {{object, json_object_iter(object), 0}};
    struct buffer name = {0};
    size_t depth = 1;
    enum err err = ERR_OK;
    while (err == ERR_OK && depth > 0) {
        void *member = levels[depth - 1].member;
        if (member == NULL) {
            depth--;
            continue;
        }
        json_t *value = json_object_iter_value(member);
        levels[depth - 1].member = json_object_iter_next(levels[depth - 1].object, member);
        name.len = levels[depth - 1].name_len;
        buffer_printf(&name, "%s%s", name.len > 0 ? "." : "", json_object_iter_key(member));
        if (!json_is_object(value)) {
            err = take_number(t, name.bytes, value, e);
        } else if (depth == BADGE_NAME_PARTS_MAX) {
            err = error_set(e, ERR_REQUEST, "badges are nested too deep");
        } else {
            levels[depth].object = value;
            levels[depth].member = json_object_iter(value);
            levels[depth++].name_len = name.len;
        }
    }
    buffer_fini(&name);
    return err;
}

/* Marks go on while the same badges are told. */
static void mark(struct told *t, const struct board *b, int64_t now_ms)
{
    for (size_t i = 0; b->badges != NULL && i < t->badges->badges_count; i++) {
        struct board_number *n = &t->numbers[i];
        const struct badge *before = definitions_find(b->badges, t->badges->badges[i].name);
        if (before == NULL)
            continue;
        const struct board_number *old = &b->numbers[before - b->badges->badges];
        if (old->value == n->value) {
            n->change = old->change;
            n->changed_ms = old->changed_ms;
        } else {
            n->change = n->value > old->value ? 1 : -1;
            n->changed_ms = now_ms;
        }
    }
}

static enum err take_badges(struct board *b, const struct event *event, int64_t now_ms,
                            struct error *e)
{
    struct as_of as_of;
    json_t *object = json_loadb(event->data, event->data_len, JSON_REJECT_DUPLICATES, NULL);
    struct told t = {b->known, definitions_new(),
                     mem_zero(BADGES_MAX, sizeof(struct board_number))};
    enum err err = ERR_OK;
    if (!json_is_object(object) || !as_of_parse(event->id, event->id_len, &as_of))
        err = error_set(e, ERR_REQUEST, "an event `badges` without badges and their as-of");
    if (err == ERR_OK)
        err = take_object(&t, object, e);
    if (err == ERR_OK) {
        mark(&t, b, now_ms);
        definitions_free(b->badges);
        free(b->numbers);
        free(b->json);
        b->badges = t.badges;
        b->numbers = t.numbers;
        /* Names of badges are ASCII; those of groups without any were not looked at. */
        b->json = json_dumps(object, JSON_COMPACT | JSON_ENSURE_ASCII);
        as_of_format(as_of, b->as_of);
        b->status = b->status == BOARD_STALE && !b->is_beginning ? BOARD_STALE : BOARD_LIVE;
        b->is_beginning = false;
        t = (struct told){0};
    }
    told_fini(&t);
    json_decref(object);
    return err;
}

/* ---- status ---- */

static enum err take_status(struct board *b, const struct event *event, struct error *e)
{
    json_t *object = json_loadb(event->data, event->data_len, 0, NULL);
    const char *word = json_string_value(json_object_get(object, "status"));
    const char *since = json_string_value(json_object_get(object, "since"));
    enum err err = ERR_OK;
    b->since[0] = '\0';
    if (word == NULL) {
        err = error_set(e, ERR_REQUEST, "an event `status` without a status");
    } else if (strcmp(word, "live") == 0) {
        b->status = BOARD_LIVE;
    } else if (strcmp(word, "unknown") == 0) {
        b->status = BOARD_UNKNOWN;
    } else { /* whatever else it is, it is not live */
        b->status = BOARD_STALE;
        (void)snprintf(b->since, sizeof(b->since), "%s", since != NULL ? since : "");
    }
    json_decref(object);
    return err;
}

static bool is_type(const struct event *event, const char *type)
{
    return event->type_len == strlen(type) && memcmp(event->type, type, event->type_len) == 0;
}

enum err board_take(struct board *b, const struct event *event, int64_t now_ms, struct error *e)
{
    if (is_type(event, "badges"))
        return take_badges(b, event, now_ms, e);
    if (is_type(event, "status"))
        return take_status(b, event, e);
    return ERR_OK;
}

/* ---- what stands there ---- */

bool board_is_marked(const struct board *b, size_t n, int64_t now_ms)
{
    return b->numbers[n].change != 0 && now_ms - b->numbers[n].changed_ms < BOARD_MARK_MS;
}

int64_t board_marks_end_ms(const struct board *b, int64_t now_ms)
{
    int64_t first = -1;
    for (size_t i = 0; b->badges != NULL && i < b->badges->badges_count; i++) {
        int64_t end = b->numbers[i].changed_ms + BOARD_MARK_MS;
        if (board_is_marked(b, i, now_ms) && (first < 0 || end < first))
            first = end;
    }
    return first;
}

const char *board_status_word(enum board_status s)
{
    static const char *const words[] = {[BOARD_LIVE] = "live",
                                        [BOARD_STALE] = "stale",
                                        [BOARD_UNKNOWN] = "unknown",
                                        [BOARD_OFFLINE] = "offline"};
    return words[s];
}

void board_add_line(const struct board *b, struct buffer *out)
{
    buffer_puts(out, "{\"as_of\":");
    if (b->as_of[0] != '\0')
        buffer_json(out, b->as_of, strlen(b->as_of));
    else
        buffer_puts(out, "null");
    buffer_printf(out, ",\"status\":\"%s\",\"badges\":%s", board_status_word(b->status),
                  b->json != NULL && b->status != BOARD_UNKNOWN ? b->json : "null");
    if (b->status == BOARD_STALE && b->since[0] != '\0') {
        buffer_puts(out, ",\"since\":");
        buffer_json(out, b->since, strlen(b->since));
    }
    buffer_puts(out, "}\n");
}
