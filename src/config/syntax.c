#include "config/syntax.h"

#include "base/utf8.h"

#include <string.h>

static bool is_yaml(uint32_t c)
{
    return c == '\t' || c == '\n' || c == '\r' || c == 0x85 ||
           (!utf8_is_control(c) && c != 0xFEFF && c != 0xFFFE && c != 0xFFFF);
}

enum err syntax_check_bytes(const struct tree *t, struct error *e)
{
    if (t->len >= 2 && (memcmp(t->text, "\xFF\xFE", 2) == 0 || memcmp(t->text, "\xFE\xFF", 2) == 0))
        return tree_fail(t, 0, e, "the file is in UTF-16; expected UTF-8");
    size_t len;
    for (size_t i = 0; i < t->len; i += len) {
        uint32_t c;
        len = utf8_decode(t->text + i, t->len - i, &c);
        if (len == 0)
            return tree_fail(t, i, e, "byte 0x%02X is not UTF-8; expected a file in UTF-8",
                             (unsigned char)t->text[i]);
        if (!is_yaml(c))
            return tree_fail(
                t, i, e, "the character U+%04X cannot stand in YAML; expected printable text", c);
    }
    return ERR_OK;
}

/* libyaml's words (scanner.c, parser.c of 0.2.5), as its problem or else its context, and ours. */
static const struct row {
    const char *theirs, *found, *expected;
    const char *inside; /* what opened at the context's mark, when saying so helps */
    bool is_at_context; /* the fault is where the context began, not where libyaml gave up */
} rows[] = {
    {"mapping values are not allowed in this context", "this ':' ends no key",
     "quotes around a text with ': ' in it, and each key on a line of its own"},
    {"did not find expected key", "no key", "'key: value' in the column of the other keys",
     "mapping"},
    {"did not find expected '-' indicator", "no '- '",
     "'- ' in the column of the others, or a key in the column of those above", "list"},
    {"did not find expected ',' or ']'", "no ',' or ']'", "one of them behind each entry", "list"},
    {"did not find expected ',' or '}'", "no ',' or '}'", "one of them behind each value",
     "mapping"},
    {"could not find expected ':'", "no ':' behind this", "'key: value'", .is_at_context = true},
    {"found unexpected end of stream", "this quote is never closed",
     "another one at the end of the text", .is_at_context = true},
    {"found unexpected document indicator", "this quote is still open at '---' or '...'",
     "another one at the end of the text", .is_at_context = true},
    {"found unknown escape character", "this escape is not known",
     "'\\\\' for a backslash, or single quotes around the text"},
    {"did not find expected hexdecimal number", "this escape lacks digits", "hexadecimal digits"},
    {"found invalid Unicode character escape code", "this escape names no character",
     "the code point of one"},
    {"block sequence entries are not allowed in this context",
     "'- ' stands where no list can begin", "it on a line of its own"},
    {"mapping keys are not allowed in this context", "'? ' stands where no key can",
     "'key: value'"},
    {"did not find expected node content", "there is no value here", "a text, a list or a mapping"},
    {"found character that cannot start any token", "a text cannot open with this character",
     "quotes around the text"},
    {"did not find expected <document start>", "the mapping ended above",
     "one mapping, its keys all in one column"},
    {"while scanning an alias", "'*' opens an alias", "quotes around a text that opens with it",
     .is_at_context = true},
    {"while scanning an anchor", "'&' opens an anchor", "quotes around a text that opens with it",
     .is_at_context = true},
    {"while scanning a tag", "'!' opens a tag", "quotes around a text that opens with it",
     .is_at_context = true},
    {"while parsing a tag", "'!' opens a tag", "quotes around a text that opens with it",
     .is_at_context = true},
    {"found undefined tag handle", "'!' opens a tag", "quotes around a text that opens with it"},
    {"while scanning a block scalar", "this is no header of a block of text",
     "'|' or '>', and the text on the lines below", .is_at_context = true},
    {"while scanning a directive", "'%' opens a directive", "none", .is_at_context = true},
    {"while scanning a %YAML directive", "'%' opens a directive", "none", .is_at_context = true},
    {"while scanning a %TAG directive", "'%' opens a directive", "none", .is_at_context = true},
    {"while scanning a tag directive", "'%' opens a directive", "none", .is_at_context = true},
};

static const struct row *row_of(const char *theirs)
{
    for (size_t i = 0; theirs != NULL && i < sizeof(rows) / sizeof(rows[0]); i++)
        if (strcmp(rows[i].theirs, theirs) == 0)
            return &rows[i];
    return NULL;
}

/* libyaml counts characters where it says index. */
static size_t byte_of(const struct tree *t, size_t index)
{
    size_t at = 0;
    for (; index > 0 && at < t->len; index--) {
        uint32_t c;
        at += utf8_decode(t->text + at, t->len - at, &c);
    }
    return at;
}

/* Whether the byte before at, blanks apart, closed a quoted text: 'it's' and "say "yes"" come out
 * like this. */
static bool is_behind_quote(const struct tree *t, size_t at)
{
    while (at > 0 && t->text[at - 1] == ' ')
        at--;
    return at > 0 && (t->text[at - 1] == '\'' || t->text[at - 1] == '"');
}

enum err syntax_explain(const struct tree *t, const yaml_parser_t *parser, struct error *e)
{
    if (parser->error == YAML_MEMORY_ERROR)
        return error_set(e, ERR_MEMORY, "%s: no memory to read it", t->name);
    size_t at = byte_of(t, parser->problem_mark.index);
    size_t opened = byte_of(t, parser->context_mark.index);
    if (at < t->len && t->text[at] == '\t')
        return tree_fail(t, at, e, "a tab; expected spaces, as tabs do not indent YAML");
    const struct row *row = row_of(parser->problem);
    if (row == NULL)
        row = row_of(parser->context);
    if (row == NULL)
        return tree_fail(t, at, e, "%s; expected YAML", parser->problem);
    if (row->inside != NULL && at < t->len && is_behind_quote(t, at))
        return tree_fail(t, at, e,
                         "the text goes on behind its closing quote; expected the other kind of "
                         "quotes around it, or '' for a ' inside single ones");
    if (row->inside != NULL)
        return tree_fail(t, at, e, "%s in the %s that opens at line %zu; expected %s", row->found,
                         row->inside, tree_place(t, opened).line, row->expected);
    return tree_fail(t, row->is_at_context ? opened : at, e, "%s; expected %s", row->found,
                     row->expected);
}
