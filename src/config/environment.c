#include "config/environment.h"

#include "base/mem.h"
#include "config/file.h"

#include <stdlib.h>
#include <string.h>

static const char *value_of(const char *variable)
{
    const char *value = getenv(variable);
    return value != NULL && *value != '\0' ? value : NULL;
}

static enum err refuse_both(const char *one, const char *other, struct error *e)
{
    return error_set(e, ERR_USAGE, "%s and %s are both set; expected one of them", one, other);
}

static enum err check_text(const char *variable, const char *path, char *text, size_t len,
                           struct error *e)
{
    if (memchr(text, '\0', len) != NULL)
        return error_set(e, ERR_USAGE, "%s: %s: a NUL in it; expected text", variable, path);
    if (len > 0 && text[len - 1] == '\n')
        text[--len] = '\0';
    if (len > 0 && text[len - 1] == '\r')
        text[--len] = '\0';
    if (len == 0)
        return error_set(e, ERR_USAGE, "%s: %s: nothing in it; expected text", variable, path);
    return ERR_OK;
}

static enum err read_text(const char *variable, const char *path, char **ret, struct error *e)
{
    char *text;
    size_t len;
    enum err err = file_read(path, ENVIRONMENT_FILE_BYTES_MAX, &text, &len, e);
    if (err != ERR_OK) {
        if (e != NULL) {
            error_wrap(e, "%s", variable);
            e->code = err == ERR_CONFIG ? ERR_USAGE : err;
        }
        return err == ERR_CONFIG ? ERR_USAGE : err;
    }
    err = check_text(variable, path, text, len, e);
    if (err != ERR_OK) {
        free(text);
        return err;
    }
    *ret = text;
    return ERR_OK;
}

enum err environment_database(char **ret, const char **ret_from, struct error *e)
{
    static const char variable[] = "DATABASE_URL", file_variable[] = "DATABASE_URL_FILE";
    const char *url = value_of(variable), *path = value_of(file_variable);
    if (url != NULL && path != NULL)
        return refuse_both(variable, file_variable, e);
    char *text = NULL;
    if (path != NULL) {
        enum err err = read_text(file_variable, path, &text, e);
        if (err != ERR_OK)
            return err;
    } else if (url != NULL) {
        text = mem_text(url, strlen(url));
    }
    *ret = text;
    *ret_from = path != NULL ? file_variable : variable;
    return ERR_OK;
}

enum err environment_password(char **ret, struct error *e)
{
    static const char variable[] = "PGPASSWORD", file_variable[] = "PGPASSWORD_FILE";
    const char *path = value_of(file_variable);
    if (path != NULL && value_of(variable) != NULL)
        return refuse_both(variable, file_variable, e);
    if (path != NULL)
        return read_text(file_variable, path, ret, e);
    *ret = NULL;
    return ERR_OK;
}
