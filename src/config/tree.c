#include "config/tree.h"

#include "base/mem.h"
#include "base/utf8.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- messages ---- */

struct tree_place tree_place(const struct tree *t, size_t at)
{
    struct tree_place place = {.line = 1};
    size_t line_start = 0;
    for (size_t i = 0; i < at; i++) {
        bool is_break = t->text[i] == '\n' || (t->text[i] == '\r' && t->text[i + 1] != '\n');
        if (is_break) {
            place.line++;
            line_start = i + 1;
        }
    }
    place.column = 1 + utf8_count(t->text + line_start, at - line_start);
    return place;
}

void tree_wrap(const struct tree *t, size_t at, struct error *e)
{
    struct tree_place place = tree_place(t, at);
    error_wrap(e, "%s:%zu:%zu", t->name, place.line, place.column);
}

enum err tree_fail(const struct tree *t, size_t at, struct error *e, const char *fmt, ...)
{
    char words[ERROR_MESSAGE_BYTES_MAX];
    va_list args;
    va_start(args, fmt);
    (void)vsnprintf(words, sizeof(words), fmt, args);
    va_end(args);
    (void)error_set(e, ERR_CONFIG, "%s", words);
    tree_wrap(t, at, e);
    return ERR_CONFIG;
}

static const char *show_text(const struct tree_node *n, char out[TREE_SHOWN_BYTES])
{
    enum {
        CHARACTERS_MAX = 40
    };
    const char *secret = strstr(n->value, "://");
    size_t end = secret != NULL ? (size_t)(secret - n->value) + 3 : n->len;
    size_t from = 0, to = 0;
    out[to++] = '\'';
    for (size_t shown = 0; from < end && shown < CHARACTERS_MAX; shown++) {
        uint32_t c;
        size_t len = utf8_decode(n->value + from, n->len - from, &c);
        if (utf8_is_control(c))
            out[to++] = ' ';
        else
            memcpy(out + to, n->value + from, len);
        to += utf8_is_control(c) ? 0 : len;
        from += len;
    }
    (void)snprintf(out + to, TREE_SHOWN_BYTES - to, "%s'", from < n->len ? "…" : "");
    return out;
}

const char *tree_show(const struct tree_node *n, char out[TREE_SHOWN_BYTES])
{
    if (n->kind == TREE_LIST)
        return "a list";
    if (n->kind == TREE_MAP)
        return "a mapping";
    if (tree_is_null(n))
        return n->len == 0 ? "nothing" : "null";
    return show_text(n, out);
}

/* ---- walking ---- */

static const struct tree_node *node_of(const struct tree *t, size_t number)
{
    return number > 0 ? &t->nodes[number] : NULL;
}

const struct tree_node *tree_root(const struct tree *t)
{
    return t->nodes_count > 1 ? &t->nodes[1] : NULL;
}

const struct tree_node *tree_first(const struct tree *t, const struct tree_node *n)
{
    return node_of(t, n->first);
}

const struct tree_node *tree_next(const struct tree *t, const struct tree_node *n)
{
    return node_of(t, n->next);
}

const struct tree_node *tree_find(const struct tree *t, const struct tree_node *map,
                                  const char *key)
{
    assert(map->kind == TREE_MAP);
    for (const struct tree_node *k = tree_first(t, map); k != NULL;) {
        const struct tree_node *value = tree_next(t, k);
        if (k->kind == TREE_TEXT && strcmp(k->value, key) == 0)
            return value;
        k = tree_next(t, value);
    }
    return NULL;
}

const struct tree_node *tree_item(const struct tree *t, const struct tree_node *list, size_t i)
{
    assert(list->kind == TREE_LIST && i < list->children);
    const struct tree_node *item = tree_first(t, list);
    for (; i > 0; i--)
        item = tree_next(t, item);
    return item;
}

bool tree_is_null(const struct tree_node *n)
{
    static const char *const spellings[] = {"", "~", "null", "Null", "NULL"};
    if (n->kind != TREE_TEXT || n->style != TREE_PLAIN)
        return false;
    for (size_t i = 0; i < sizeof(spellings) / sizeof(spellings[0]); i++)
        if (strcmp(n->value, spellings[i]) == 0)
            return true;
    return false;
}

void tree_free(struct tree *t)
{
    if (t == NULL)
        return;
    for (size_t i = 0; i < t->nodes_count; i++)
        free(t->nodes[i].value);
    free(t->nodes);
    free(t->text);
    free(t->name);
    free(t);
}
