#include "cli/command.h"

#include <cyaml/cyaml.h>
#include <microhttpd.h>
#include <sodium/version.h>
#include <sqlite3.h>

int cmd_version(const struct invocation *in)
{
    if (in->options[OPTION_JSON] != NULL)
        (void)printf("{\"badged\":\"%s\",\"sqlite\":\"%s\",\"libmicrohttpd\":\"%s\",\"libsodium\":"
                     "\"%s\",\"libcyaml\":\"%s\"}\n",
                     BADGED_VERSION, sqlite3_libversion(), MHD_get_version(),
                     sodium_version_string(), cyaml_version_str);
    else
        (void)printf("badged %s\nSQLite %s\nlibmicrohttpd %s\nlibsodium %s\nlibcyaml %s\n",
                     BADGED_VERSION, sqlite3_libversion(), MHD_get_version(),
                     sodium_version_string(), cyaml_version_str);
    return 0;
}
