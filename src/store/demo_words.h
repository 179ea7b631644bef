/* Who the demonstration's tenants are, and what happens to them, in words.
 *
 * Ownership: everything here is constant. Lists end with NULL, or with an element whose first
 * member is NULL.
 */
#ifndef BADGED_STORE_DEMO_WORDS_H
#define BADGED_STORE_DEMO_WORDS_H

#include <stddef.h>

enum {
    DEMO_TENANTS_COUNT = 5
};

/* How much of each kind a tenant has to look at on an ordinary day; the demonstration hovers around
 * these. */
enum demo_kind {
    DEMO_CRAWLS,       /* failed crawls that can be retried */
    DEMO_PAGES,        /* pages that could not be read */
    DEMO_DELIVERIES,   /* failed deliveries */
    DEMO_FEEDBACK,     /* pressing feedback */
    DEMO_INTEGRATIONS, /* broken or disabled integrations */
    DEMO_KINDS_COUNT
};

struct demo_site {
    const char *name, *domain;
};

struct demo_integration {
    const char *provider, *name;
};

struct demo_page {
    const char *path, *title;
};

struct demo_complaint {
    const char *type, *title, *description;
};

struct demo_words {
    const char *slug;
    size_t usual[DEMO_KINDS_COUNT];
    struct demo_site sites[4];
    struct demo_integration integrations[6];
    struct demo_page pages[9];
    struct demo_complaint complaints[7];
    const char *questions[6];
};

/* What goes wrong: as in the columns error_type, error_code and error_message, and in two or three
 * words. */
struct demo_fault {
    const char *type, *code, *message, *brief;
};

struct demo_person {
    const char *name, *email;
};

/* demo_words(i): of the tenant of that place in demo_tenants. */
const struct demo_words *demo_words(size_t i);

extern const struct demo_fault demo_crawl_faults[], demo_page_faults[];
extern const char *const demo_delivery_faults[];
extern const struct demo_person demo_people[];

/* DEMO_COUNT(list): elements of a list whose first member ends it. */
#define DEMO_COUNT(list) demo_count((list), sizeof((list)[0]))
size_t demo_count(const void *list, size_t element_bytes);

#endif
