#include "serve/handover.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

enum err handover_open(struct handover *h, struct error *e)
{
    h->nothing = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    return h->nothing >= 0 ? ERR_OK : error_set_errno(e, errno, "making a socket");
}

void handover_close(struct handover *h)
{
    if (h->nothing >= 0)
        (void)close(h->nothing);
    h->nothing = -1;
}

int handover_take(const struct handover *h, struct MHD_Connection *mhd, int fd)
{
    int taken = fcntl(fd, F_DUPFD_CLOEXEC, 0);
    if (taken < 0)
        return -1;
    MHD_suspend_connection(mhd);
    int rc;
    while ((rc = dup3(h->nothing, fd, O_CLOEXEC)) < 0 && errno == EINTR)
        ;
    assert(rc == fd);
    MHD_resume_connection(mhd);
    return taken;
}
