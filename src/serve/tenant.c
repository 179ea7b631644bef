#include "serve/tenant.h"

enum err tenant_parse(const char *value, size_t len, struct uuid *ret, struct error *e)
{
    if (uuid_parse(value, len, ret))
        return ERR_OK;
    if (len != UUID_TEXT_LEN)
        return error_set(e, ERR_REQUEST,
                         TENANT_FIELD " must be a UUID of %d characters, such as "
                                      "00000000-0000-4000-8000-000000000001; this one has %zu",
                         UUID_TEXT_LEN, len);
    return error_set(e, ERR_REQUEST,
                     TENANT_FIELD " must be a UUID: hexadecimal digits in groups of 8, 4, 4, 4 and "
                                  "12 with dashes between, such as "
                                  "00000000-0000-4000-8000-000000000001");
}
