#include "cli/command.h"
int cmd_demo(const struct invocation *in)
{
    (void)in;
    return 70;
}
