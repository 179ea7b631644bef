/* A YAML file as a tree whose every node knows where in the text it stands.
 *
 * libcyaml turns the file into structs but forgets the places; this tree, read through libyaml,
 * keeps them, so that a message can point. It takes the part of YAML that configuration needs: one
 * document of texts, lists and mappings, with comments, in block or flow style. Aliases and anchors
 * (an exponential expansion hides in them), tags, and a second document are refused.
 *
 * Ownership: tree_parse makes it, tree_free frees it and its nodes. It keeps a copy of the text.
 * Read-only afterwards.
 */
#ifndef BADGED_CONFIG_TREE_H
#define BADGED_CONFIG_TREE_H

#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>

enum {
    TREE_DEPTH_MAX = 16, /* lists and mappings inside each other; the schema has 5 */
    TREE_NODES_MAX =
        100000, /* the most that the limits of badge/definition.h can use is about half */
};

enum tree_kind {
    TREE_TEXT,
    TREE_LIST,
    TREE_MAP,
};

enum tree_style {
    TREE_PLAIN,
    TREE_SINGLE_QUOTED,
    TREE_DOUBLE_QUOTED,
    TREE_BLOCK, /* literal or folded; lists and mappings have no style */
};

struct tree_node {
    enum tree_kind kind;
    enum tree_style style;
    size_t start, end; /* bytes in the tree's text; end is only a text's */
    char *value;       /* a text's, NUL-terminated; it holds no other NUL */
    size_t len;
    size_t first,
        next; /* numbers of nodes, 0 for none; a mapping's children are key, value, key, … */
    size_t children;
};

struct tree {
    char *name; /* of the file, for messages */
    char *text; /* without a byte order mark */
    size_t len;
    struct tree_node *nodes; /* nodes[0] stands for none, nodes[1] is the root */
    size_t nodes_count;
    size_t nodes_room;
};

/* A place as editors number it: from 1, in characters. */
struct tree_place {
    size_t line, column;
};

enum {
    TREE_SHOWN_BYTES = 200
}; /* room for what tree_show writes */

/* tree_parse(name, text, len, ret, e): read len bytes of text. ERR_CONFIG with the place, what was
 * found and what was expected; ERR_MEMORY. */
enum err tree_parse(const char *name, const char *text, size_t len, struct tree **ret,
                    struct error *e) MUST_CHECK;

/* tree_free(t): t may be NULL. */
void tree_free(struct tree *t);

/* tree_root(t): NULL for a file that holds nothing but comments. tree_first, tree_next: a node's
 * first child, and the sibling behind it, or NULL. */
const struct tree_node *tree_root(const struct tree *t);
const struct tree_node *tree_first(const struct tree *t, const struct tree_node *n);
const struct tree_node *tree_next(const struct tree *t, const struct tree_node *n);

/* tree_find(t, map, key): the value of a key, or NULL. tree_item(t, list, i): entry i of a list
 * that has it. */
const struct tree_node *tree_find(const struct tree *t, const struct tree_node *map,
                                  const char *key);
const struct tree_node *tree_item(const struct tree *t, const struct tree_node *list, size_t i);

/* tree_is_null(n): whether it is YAML's null: nothing, ~, or null without quotes. */
bool tree_is_null(const struct tree_node *n);

/* tree_place(t, at): the place of a byte of the text. */
struct tree_place tree_place(const struct tree *t, size_t at);

/* tree_fail(t, at, e, fmt, ...): an ERR_CONFIG with "file:line:column: " in front of the words. */
enum err tree_fail(const struct tree *t, size_t at, struct error *e, const char *fmt, ...)
    PRINTF_LIKE(4, 5);

/* tree_wrap(t, at, e): put "file:line:column: " in front of an error's message. */
void tree_wrap(const struct tree *t, size_t at, struct error *e);

/* tree_show(n, out): what to call a node in a message: "a list", "nothing", "'text'", cut where it
 * is long. What could be a secret is left out: everything behind "://". */
const char *tree_show(const struct tree_node *n, char out[TREE_SHOWN_BYTES]);

#endif
