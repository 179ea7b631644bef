#include "config/caret.h"

#include "base/utf8.h"

#include <assert.h>
#include <string.h>

enum {
    COLUMNS_MAX = 96,
    INDENT = 2
};

/* One character, or one escape, of a text as it was written: bytes in the file, bytes in the value.
 */
struct piece {
    size_t written, value;
};

static struct piece plain_piece(const char *s, size_t left)
{
    uint32_t c;
    size_t len = utf8_decode(s, left, &c);
    return (struct piece){len, len};
}

/* YAML 1.1, section 5.6. */
static struct piece escape_piece(const char *s, size_t left)
{
    static const char one_byte[] = "0abt\tnvfre \"/\\";
    size_t digits = 0;
    if (left < 2)
        return (struct piece){0};
    if (strchr(one_byte, s[1]) != NULL)
        return (struct piece){2, 1};
    if (s[1] == 'N' || s[1] == '_')
        return (struct piece){2, 2};
    if (s[1] == 'L' || s[1] == 'P')
        return (struct piece){2, 3};
    if (s[1] == 'x')
        digits = 2;
    else if (s[1] == 'u')
        digits = 4;
    else if (s[1] == 'U')
        digits = 8;
    if (digits == 0 || left < 2 + digits)
        return (struct piece){0};
    uint32_t c = 0;
    for (size_t i = 2; i < 2 + digits; i++) {
        uint32_t digit = (unsigned char)s[i] & 0x0F;
        c = c << 4 | (s[i] > '9' ? digit + 9 : digit);
    }
    return (struct piece){2 + digits, c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4};
}

static struct piece next_piece(enum tree_style style, const char *s, size_t left)
{
    if (style == TREE_SINGLE_QUOTED && left >= 2 && s[0] == '\'' && s[1] == '\'')
        return (struct piece){2, 1};
    if (style == TREE_DOUBLE_QUOTED && s[0] == '\\')
        return escape_piece(s, left);
    return plain_piece(s, left);
}

bool caret_find(const struct tree *t, const struct tree_node *text, size_t offset, size_t *ret_at)
{
    assert(text->kind == TREE_TEXT && offset <= text->len);
    bool is_quoted = text->style == TREE_SINGLE_QUOTED || text->style == TREE_DOUBLE_QUOTED;
    size_t from = text->start + is_quoted, to = text->end - is_quoted;
    if (text->style == TREE_BLOCK || from > to)
        return false;
    size_t value = 0, at = from, found = to;
    bool is_found = false;
    while (at < to) {
        struct piece piece = next_piece(text->style, t->text + at, to - at);
        if (piece.written == 0 || t->text[at] == '\n' || t->text[at] == '\r')
            return false;
        if (!is_found && offset < value + piece.value) {
            is_found = true;
            found = at;
        }
        at += piece.written;
        value += piece.value;
    }
    if (value != text->len)
        return false;
    *ret_at = found;
    return true;
}

static size_t line_start(const struct tree *t, size_t at)
{
    while (at > 0 && t->text[at - 1] != '\n' && t->text[at - 1] != '\r')
        at--;
    return at;
}

static size_t line_end(const struct tree *t, size_t at)
{
    while (at < t->len && t->text[at] != '\n' && t->text[at] != '\r')
        at++;
    return at;
}

bool caret_is_secret_line(const struct tree *t, size_t at)
{
    size_t start = line_start(t, at);
    return memmem(t->text + start, line_end(t, at) - start, "://", 3) != NULL;
}

/* The byte where character n of the text starts. */
static size_t byte_of(const char *text, size_t len, size_t n)
{
    size_t at = 0;
    for (uint32_t c; n > 0 && at < len; n--)
        at += utf8_decode(text + at, len - at, &c);
    return at;
}

static void add_shown(struct buffer *out, const char *text, size_t len)
{
    for (size_t i = 0, n; i < len; i += n) {
        uint32_t c;
        n = utf8_decode(text + i, len - i, &c);
        bool is_shown = !utf8_is_control(c) && c != 0x2028 && c != 0x2029;
        buffer_add(out, is_shown ? text + i : " ", is_shown ? n : 1);
    }
}

void caret_draw(const char *text, size_t len, size_t at, struct buffer *out)
{
    while (len > at && (text[len - 1] == '\n' || text[len - 1] == ' '))
        len--;
    while (at > 0 && ((unsigned char)text[at] & 0xC0) == 0x80)
        at--;
    size_t columns = utf8_count(text, len), column = utf8_count(text, at), first = 0;
    if (columns > COLUMNS_MAX && column > COLUMNS_MAX / 2)
        first = column - COLUMNS_MAX / 2;
    if (first + COLUMNS_MAX > columns)
        first = columns > COLUMNS_MAX ? columns - COLUMNS_MAX : 0;
    size_t from = byte_of(text, len, first);
    size_t to = from + byte_of(text + from, len - from, COLUMNS_MAX);
    buffer_printf(out, "\n%*s%s", INDENT, "", from > 0 ? "…" : "");
    add_shown(out, text + from, to - from);
    size_t indent = column - first + (from > 0 ? INDENT + 1 : INDENT);
    buffer_printf(out, "%s\n%*s^", to < len ? "…" : "", (int)indent, "");
}

void caret_draw_line(const struct tree *t, size_t at, struct buffer *out)
{
    size_t start = line_start(t, at);
    caret_draw(t->text + start, line_end(t, at) - start, at - start, out);
}
