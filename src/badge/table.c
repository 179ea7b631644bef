#include "badge/table.h"

#include <stdlib.h>
#include <string.h>

void table_fini(struct table *t)
{
    for (size_t i = 0; i < t->columns_count; i++) {
        struct column *c = &t->columns[i];
        for (size_t k = 0; k < c->labels_count; k++)
            free(c->labels[k]);
        free(c->labels);
        free(c->name);
    }
    free(t->columns);
    free(t->schema);
    free(t->name);
    *t = (struct table){0};
}

size_t table_column(const struct table *t, const char *name)
{
    for (size_t i = 0; i < t->columns_count; i++)
        if (strcmp(t->columns[i].name, name) == 0)
            return i;
    return (size_t)-1;
}
