#include "badge/as_of.h"

#include <inttypes.h>
#include <stdio.h>

int as_of_compare(struct as_of a, struct as_of b)
{
    if (a.timeline != b.timeline)
        return a.timeline < b.timeline ? -1 : 1;
    return (a.position > b.position) - (a.position < b.position);
}

void as_of_format(struct as_of a, char out[AS_OF_TEXT_BYTES])
{
    (void)snprintf(out, AS_OF_TEXT_BYTES, "%" PRIu32 "-%" PRIX32 "/%" PRIX32, a.timeline,
                   (uint32_t)(a.position >> 32), (uint32_t)a.position);
}
