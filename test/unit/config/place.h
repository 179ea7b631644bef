/* An empty directory for each test that reads files, and an environment that says nothing. */
#ifndef BADGED_TEST_CONFIG_PLACE_H
#define BADGED_TEST_CONFIG_PLACE_H

#include "config/config.h"

/* place_enter, place_leave: setup and teardown. The directory goes with all that is in it; it may
 * hold empty directories and no others. */
int place_enter(void **state);
int place_leave(void **state);

/* place_write(name, text): make the file. */
void place_write(const char *name, const char *text);

/* place_load(flags): what config_load makes; it must. */
struct config *place_load(const struct config_flags *flags);

/* place_refuse(flags, code, message): config_load must refuse, with exactly that. */
void place_refuse(const struct config_flags *flags, enum err code, const char *message);

#endif
