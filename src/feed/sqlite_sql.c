#include "feed/sqlite_sql.h"

#include "base/buffer.h"
#include "base/mem.h"

#include <assert.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static const char *find(const struct sql_variable *variables, size_t n, const char *name,
                        size_t len)
{
    for (size_t i = 0; i < n; i++)
        if (strlen(variables[i].name) == len && memcmp(variables[i].name, name, len) == 0)
            return variables[i].text;
    return NULL;
}

char *sql_fill(const char *template, const struct sql_variable *variables, size_t n)
{
    struct buffer out = {0};
    const char *open;
    while ((open = strchr(template, '{')) != NULL) {
        const char *close = strchr(open, '}');
        assert(close != NULL);
        const char *text = find(variables, n, open + 1, (size_t)(close - open - 1));
        assert(text != NULL);
        buffer_add(&out, template, (size_t)(open - template));
        buffer_puts(&out, text);
        template = close + 1;
    }
    size_t len = strlen(template);
    while (len > 0 && strchr(" \n;", template[len - 1]) != NULL)
        len--;
    buffer_add(&out, template, len);
    return buffer_take(&out);
}

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

/* ---- quoting ---- */

static char *quote(const char *text, char mark)
{
    struct buffer out = {0};
    buffer_add(&out, &mark, 1);
    for (; *text != '\0'; text++)
        buffer_add(&out, (const char[]){*text, *text}, *text == mark ? 2 : 1);
    buffer_add(&out, &mark, 1);
    return buffer_take(&out);
}

char *sql_identifier(const char *name)
{
    return quote(name, '"');
}

char *sql_text(const char *text)
{
    return quote(text, '\'');
}
