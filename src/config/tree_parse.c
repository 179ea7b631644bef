#include "config/tree.h"

#include "base/mem.h"
#include "base/utf8.h"
#include "config/syntax.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <yaml.h>

/* What is open while the tree grows. */
struct level {
    size_t node, last_child;
};

struct builder {
    struct tree *tree;
    struct error *error;
    struct level levels[TREE_DEPTH_MAX];
    size_t depth;
    size_t documents;
    size_t index,
        at; /* libyaml counts characters: the character that was last looked up, and its byte */
};

/* The byte of a character that is not before the last one that was asked for. */
static size_t byte_of(struct builder *b, const yaml_mark_t *mark)
{
    const struct tree *t = b->tree;
    while (b->index < mark->index && b->at < t->len) {
        uint32_t c;
        b->at += utf8_decode(t->text + b->at, t->len - b->at, &c);
        b->index++;
    }
    return b->at;
}

static enum err add_node(struct builder *b, struct tree_node node)
{
    struct tree *t = b->tree;
    if (t->nodes_count > TREE_NODES_MAX) {
        free(node.value);
        return tree_fail(t, node.start, b->error,
                         "the file holds more than %d texts, lists and mappings; expected fewer",
                         TREE_NODES_MAX);
    }
    if (t->nodes_count == t->nodes_room) {
        t->nodes_room *= 2;
        t->nodes = mem_grow(t->nodes, t->nodes_room, sizeof(*t->nodes));
    }
    size_t number = t->nodes_count++;
    t->nodes[number] = node;
    if (b->depth > 0) {
        struct level *level = &b->levels[b->depth - 1];
        if (level->last_child > 0)
            t->nodes[level->last_child].next = number;
        else
            t->nodes[level->node].first = number;
        level->last_child = number;
        t->nodes[level->node].children++;
    }
    return ERR_OK;
}

static enum err open_node(struct builder *b, const yaml_event_t *event, enum tree_kind kind)
{
    size_t at = byte_of(b, &event->start_mark);
    if (b->depth == TREE_DEPTH_MAX)
        return tree_fail(b->tree, at, b->error,
                         "lists and mappings stand too deep inside each other; expected at most %d",
                         TREE_DEPTH_MAX);
    enum err err = add_node(b, (struct tree_node){.kind = kind, .start = at});
    if (err == ERR_OK)
        b->levels[b->depth++] = (struct level){.node = b->tree->nodes_count - 1};
    return err;
}

static enum tree_style style_of(yaml_scalar_style_t style)
{
    switch (style) {
    case YAML_SINGLE_QUOTED_SCALAR_STYLE:
        return TREE_SINGLE_QUOTED;
    case YAML_DOUBLE_QUOTED_SCALAR_STYLE:
        return TREE_DOUBLE_QUOTED;
    case YAML_LITERAL_SCALAR_STYLE:
    case YAML_FOLDED_SCALAR_STYLE:
        return TREE_BLOCK;
    default:
        return TREE_PLAIN;
    }
}

static enum err add_text(struct builder *b, const yaml_event_t *event)
{
    size_t start = byte_of(b, &event->start_mark);
    const char *value = (const char *)event->data.scalar.value;
    size_t len = event->data.scalar.length;
    if (memchr(value, '\0', len) != NULL)
        return tree_fail(b->tree, start, b->error,
                         "a text with a NUL in it; expected printable text");
    return add_node(b, (struct tree_node){.kind = TREE_TEXT,
                                          .style = style_of(event->data.scalar.style),
                                          .start = start,
                                          .end = byte_of(b, &event->end_mark),
                                          .value = mem_text(value, len),
                                          .len = len});
}

static enum err refuse(struct builder *b, const yaml_event_t *event, const char *message)
{
    return tree_fail(b->tree, byte_of(b, &event->start_mark), b->error, "%s", message);
}

/* Anchors and tags stand in front of a value, in the event of the value. */
static enum err refuse_decoration(struct builder *b, const yaml_event_t *event,
                                  const yaml_char_t *anchor, const yaml_char_t *tag)
{
    if (anchor != NULL)
        return refuse(b, event, "an anchor; expected the value alone, without '&' in front");
    if (tag != NULL)
        return refuse(b, event, "a tag; expected the value alone, without '!' in front");
    return ERR_OK;
}

/* libyaml looks each %TAG directive up among all before it, so a file of them would take minutes.
 * Directives stand in front of a document, with nothing but comments between; from is the start of
 * the file or the end of a document. */
static enum err refuse_directive(struct builder *b, const yaml_mark_t *from)
{
    const struct tree *t = b->tree;
    bool is_line_start = from->column == 0;
    bool is_comment = false;
    size_t at = byte_of(b, from);
    while (at < t->len) {
        uint32_t c;
        size_t len = utf8_decode(t->text + at, t->len - at, &c);
        bool is_break = c == '\n' || c == '\r' || c == 0x85 || c == 0x2028 || c == 0x2029;
        bool is_document_end = is_line_start && strncmp(t->text + at, "...", 3) == 0;
        if (is_line_start && c == '%')
            return tree_fail(t, at, b->error, "'%%' opens a directive; expected none");
        is_comment = !is_break && (is_comment || c == '#');
        if (!is_comment && !is_break && !is_document_end && c != ' ' && c != '\t')
            return ERR_OK;
        is_line_start = is_break;
        at += is_document_end ? 3 : len;
    }
    return ERR_OK;
}

static enum err on_event(struct builder *b, const yaml_event_t *event)
{
    enum err err;
    switch (event->type) {
    case YAML_DOCUMENT_START_EVENT:
        if (b->documents++ > 0)
            return refuse(b, event, "a second document; expected one");
        return ERR_OK;
    case YAML_DOCUMENT_END_EVENT:
        return refuse_directive(b, &event->end_mark);
    case YAML_ALIAS_EVENT:
        return refuse(
            b, event,
            "an alias; expected the value itself, or quotes around a text that opens with '*'");
    case YAML_SCALAR_EVENT:
        err = refuse_decoration(b, event, event->data.scalar.anchor, event->data.scalar.tag);
        return err != ERR_OK ? err : add_text(b, event);
    case YAML_SEQUENCE_START_EVENT:
        err = refuse_decoration(b, event, event->data.sequence_start.anchor,
                                event->data.sequence_start.tag);
        return err != ERR_OK ? err : open_node(b, event, TREE_LIST);
    case YAML_MAPPING_START_EVENT:
        err = refuse_decoration(b, event, event->data.mapping_start.anchor,
                                event->data.mapping_start.tag);
        return err != ERR_OK ? err : open_node(b, event, TREE_MAP);
    case YAML_SEQUENCE_END_EVENT:
    case YAML_MAPPING_END_EVENT:
        b->depth--;
        return ERR_OK;
    default:
        return ERR_OK;
    }
}

static enum err grow(struct tree *t, struct error *e)
{
    struct builder b = {.tree = t, .error = e};
    yaml_parser_t parser;
    if (!yaml_parser_initialize(&parser))
        return error_set(e, ERR_MEMORY, "%s: no memory to read it", t->name);
    yaml_parser_set_encoding(&parser, YAML_UTF8_ENCODING);
    yaml_parser_set_input_string(&parser, (const unsigned char *)t->text, t->len);
    enum err err = refuse_directive(&b, &(yaml_mark_t){0});
    for (bool is_end = false; err == ERR_OK && !is_end;) {
        yaml_event_t event;
        if (!yaml_parser_parse(&parser, &event)) {
            err = syntax_explain(t, &parser, e);
            break;
        }
        is_end = event.type == YAML_STREAM_END_EVENT;
        err = on_event(&b, &event);
        yaml_event_delete(&event);
    }
    yaml_parser_delete(&parser);
    return err;
}

enum err tree_parse(const char *name, const char *text, size_t len, struct tree **ret,
                    struct error *e)
{
    static const char byte_order_mark[] = "\xEF\xBB\xBF";
    if (len >= 3 && memcmp(text, byte_order_mark, 3) == 0) {
        text += 3;
        len -= 3;
    }
    struct tree *t = mem_zero(1, sizeof(*t));
    t->name = mem_text(name, strlen(name));
    t->text = mem_text(text, len);
    t->len = len;
    t->nodes_room = 64;
    t->nodes = mem_grow(NULL, t->nodes_room, sizeof(*t->nodes));
    t->nodes[t->nodes_count++] = (struct tree_node){0};
    enum err err = syntax_check_bytes(t, e);
    if (err == ERR_OK)
        err = grow(t, e);
    if (err != ERR_OK) {
        tree_free(t);
        return err;
    }
    *ret = t;
    return ERR_OK;
}
