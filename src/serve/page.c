#include "serve/page.h"

#include <string.h>

/* Beside "/": what the sidebar's built-in items lead to. A badge of the user's own is at
 * /badges/NAME. */
static const char *const paths[] = {
    "/sites",         "/sources",  "/documents",    "/answers",     "/crawl-failures", "/widget",
    "/conversations", "/feedback", "/integrations", "/marketplace", "/rules",          "/outbox",
};
static const char badges[] = "/badges/";

static bool is_page(const char *path)
{
    for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++)
        if (strcmp(paths[i], path) == 0)
            return true;
    return strncmp(path, badges, sizeof(badges) - 1) == 0;
}

const struct page_file *page_find(const char *path)
{
    for (size_t i = 0; i < page_files_count; i++)
        if (strcmp(page_files[i].path, path) == 0)
            return &page_files[i];
    return is_page(path) ? &page_files[0] : NULL;
}

bool page_is_kept(const struct page_file *f)
{
    return f != &page_files[0];
}
