/* What the store's tests share: a directory of their own, and files compared byte by byte.
 *
 * Ownership: scratch_setup and scratch_teardown are cmocka's, for each test: the working directory
 * is a new one in between. What file_read returns is freed by the caller.
 */
#ifndef BADGED_TEST_STORE_SCRATCH_H
#define BADGED_TEST_STORE_SCRATCH_H

#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>

#include <sqlite3.h>
#include <sys/types.h>

struct bytes {
    char *at;
    size_t len;
};

int scratch_setup(void **state);
int scratch_teardown(void **state);

struct bytes file_read(const char *path);
void file_write(const char *path, const void *bytes, size_t len);
bool file_is(const char *path, const struct bytes *was);
bool file_exists(const char *path);

/* sql(path, text): run statements on a file as any other program would. sql_int: the number that
 * one gives. raw_open: a connection that knows nothing of badged. */
sqlite3 *raw_open(const char *path);
void sql(const char *path, const char *text);
void exec(sqlite3 *db, const char *text);
sqlite3_int64 sql_int(const char *path, const char *text);

/* make_store(path): a database of badged's with a tenant and some rows in it. */
void make_store(const char *path);

/* is_whole(path), is_blank(path): whether a file has all tables and passes its own integrity check;
 * whether there is nothing in it. */
bool is_whole(const char *path);
bool is_blank(const char *path);

/* assert_refused(path, code, words): the store refuses the file with that code and those words in
 * its message, and it is byte for byte as before. */
void assert_refused(const char *path, enum err code, const char *words);

/* A process that runs act(context) and reports by its exit code; child_wait gives the code, or
 * minus the signal that ended it. */
pid_t child_start(int (*act)(void *context), void *context);
int child_wait(pid_t pid);

/* random_next(state): the next of a row of numbers that a seed determines (splitmix64). */
unsigned long long random_next(unsigned long long *state);

#endif
