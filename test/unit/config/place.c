#include "place.h"

#include <dirent.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

struct place {
    char directory[4096];
    int back;
};

int place_enter(void **state)
{
    static const char *const variables[] = {"DATABASE_URL", "DATABASE_URL_FILE", "PGPASSWORD",
                                            "PGPASSWORD_FILE"};
    struct place *p = calloc(1, sizeof(*p));
    if (p == NULL)
        return -1;
    *state = p;
    for (size_t i = 0; i < sizeof(variables) / sizeof(variables[0]); i++)
        (void)unsetenv(variables[i]);
    const char *top = getenv("TMPDIR");
    (void)snprintf(p->directory, sizeof(p->directory), "%.4000s/badged.XXXXXX",
                   top != NULL ? top : "/tmp");
    p->back = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    return p->back < 0 || mkdtemp(p->directory) == NULL || chdir(p->directory) != 0;
}

int place_leave(void **state)
{
    struct place *p = *state;
    DIR *directory = opendir(".");
    for (struct dirent *d; directory != NULL && (d = readdir(directory)) != NULL;)
        if (strcmp(d->d_name, ".") != 0 && strcmp(d->d_name, "..") != 0)
            (void)(unlink(d->d_name) != 0 && rmdir(d->d_name) != 0);
    if (directory != NULL)
        (void)closedir(directory);
    int rc = fchdir(p->back) != 0 || rmdir(p->directory) != 0;
    (void)close(p->back);
    free(p);
    return rc;
}

void place_write(const char *name, const char *text)
{
    FILE *f = fopen(name, "w");
    assert_non_null(f);
    assert_int_equal(fwrite(text, 1, strlen(text), f), strlen(text));
    assert_int_equal(fclose(f), 0);
}

struct config *place_load(const struct config_flags *flags)
{
    struct config *c = NULL;
    struct error e = {0};
    if (config_load(flags, &c, &e) != ERR_OK)
        fail_msg("%s", e.message);
    return c;
}

void place_refuse(const struct config_flags *flags, enum err code, const char *message)
{
    struct config *c = NULL;
    struct error e = {0};
    assert_int_equal(config_load(flags, &c, &e), code);
    assert_int_equal(e.code, code);
    assert_string_equal(e.message, message);
    assert_null(c);
    assert_int_equal(config_load(flags, &c, NULL), code);
}
