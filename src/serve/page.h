/* Pages: the files that they consist of, as the build put them into the program (meson/pages.py),
 * and the paths that lead to them.
 *
 * A file below /assets/ has the hash of its content in its name, so that what a path answers never
 * changes. Every page is the same file: what is shown at which path is decided in the browser.
 *
 * Ownership: constant tables, for any thread.
 */
#ifndef BADGED_SERVE_PAGE_H
#define BADGED_SERVE_PAGE_H

#include "serve/etag.h"

#include <stdbool.h>
#include <stddef.h>

struct page_body {
    const char *bytes;
    size_t len; /* 0: there is no such body */
    struct etag tag;
};

struct page_file {
    const char *path; /* "/" for the pages, "/assets/…" for all else */
    const char *type;
    struct page_body plain, gzip; /* gzip: the same, where that is shorter (RFC 1952) */
};

/* Written at build time. The first is that of the pages. */
extern const struct page_file page_files[];
extern const size_t page_files_count;

/* page_find(path): the file that a path answers, or NULL. */
const struct page_file *page_find(const char *path);

/* page_is_kept(f): whether what its path answers never changes. */
bool page_is_kept(const struct page_file *f);

#endif
