#include "feed/sql.h"

#include "base/buffer.h"
#include "base/mem.h"

#include <assert.h>
#include <string.h>

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
