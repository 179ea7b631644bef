#include "feed/sqlite_sql.h"

#include "base/buffer.h"
#include "base/mem.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* ---- reading SQL, as far as its tokens (sqlite.org/lang_createindex.html, lang_comment.html) ----
 */

/* The bytes behind a quoted token; a doubled mark within is two tokens in a row, which does no harm
 * here. */
static size_t until(const char *s, size_t from, const char *mark)
{
    const char *end = strstr(s + from, mark);
    return end != NULL ? (size_t)(end - s) + strlen(mark) : strlen(s);
}

/* How long the token is that text begins with: a comment, a quoted text or name, or one byte. */
static size_t token_len(const char *s)
{
    switch (*s) {
    case '\'':
        return until(s, 1, "'");
    case '"':
        return until(s, 1, "\"");
    case '`':
        return until(s, 1, "`");
    case '[':
        return until(s, 1, "]");
    case '-':
        return s[1] == '-' ? until(s, 2, "\n") : 1;
    case '/':
        return s[1] == '*' ? until(s, 2, "*/") : 1;
    default:
        return 1;
    }
}

static bool is_comment(const char *s)
{
    return (s[0] == '-' && s[1] == '-') || (s[0] == '/' && s[1] == '*');
}

char *sql_plain(const char *text)
{
    struct buffer out = {0};
    for (size_t len; *text != '\0'; text += len) {
        len = token_len(text);
        if (is_comment(text))
            buffer_puts(&out, " ");
        else
            buffer_add(&out, text, len);
    }
    return buffer_take(&out);
}

char *sql_index_where(const char *sql)
{
    char *plain = sql_plain(sql);
    const char *s = plain;
    int depth = 0;
    for (bool had_list = false; *s != '\0' && !(had_list && depth == 0); s += token_len(s)) {
        depth += *s == '(' ? 1 : *s == ')' ? -1 : 0;
        had_list = had_list || depth > 0;
    }
    s += strspn(s, " \t\n\f\r");
    char *where = NULL;
    if (strncasecmp(s, "WHERE", 5) == 0)
        where = mem_text(s + 5, strlen(s + 5));
    free(plain);
    return where;
}
