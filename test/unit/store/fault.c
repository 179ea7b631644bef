#include "fault.h"

#include <assert.h>
#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>

#include <sqlite3.h>
#include <unistd.h>

static struct {
    sqlite3_vfs vfs, *real;
    enum fault fault;
    int nth, count;
} disk;

struct file {
    sqlite3_file base;
    sqlite3_file *real;
};

static sqlite3_file *real_file(sqlite3_file *f)
{
    return ((struct file *)(void *)f)->real;
}

/* Whether the operation that is about to change the disk fails. */
static bool fails(bool needs_room)
{
    disk.count++;
    switch (disk.fault) {
    case FAULT_KILL:
        if (disk.count == disk.nth)
            (void)kill(getpid(), SIGKILL);
        return false;
    case FAULT_FULL:
        errno = ENOSPC;
        return needs_room && disk.count >= disk.nth;
    case FAULT_IO:
        errno = EIO;
        return disk.count == disk.nth;
    case FAULT_NONE:
        break;
    }
    return false;
}

static int on_close(sqlite3_file *f)
{
    sqlite3_file *real = real_file(f);
    return real->pMethods != NULL ? real->pMethods->xClose(real) : SQLITE_OK;
}

static int on_read(sqlite3_file *f, void *bytes, int len, sqlite3_int64 offset)
{
    return real_file(f)->pMethods->xRead(real_file(f), bytes, len, offset);
}

static int on_write(sqlite3_file *f, const void *bytes, int len, sqlite3_int64 offset)
{
    if (fails(true))
        return disk.fault == FAULT_FULL ? SQLITE_FULL : SQLITE_IOERR_WRITE;
    return real_file(f)->pMethods->xWrite(real_file(f), bytes, len, offset);
}

static int on_truncate(sqlite3_file *f, sqlite3_int64 size)
{
    if (fails(false))
        return SQLITE_IOERR_TRUNCATE;
    return real_file(f)->pMethods->xTruncate(real_file(f), size);
}

static int on_sync(sqlite3_file *f, int flags)
{
    if (fails(false))
        return SQLITE_IOERR_FSYNC;
    return real_file(f)->pMethods->xSync(real_file(f), flags);
}

static int on_file_size(sqlite3_file *f, sqlite3_int64 *size)
{
    return real_file(f)->pMethods->xFileSize(real_file(f), size);
}

static int on_lock(sqlite3_file *f, int level)
{
    return real_file(f)->pMethods->xLock(real_file(f), level);
}

static int on_unlock(sqlite3_file *f, int level)
{
    return real_file(f)->pMethods->xUnlock(real_file(f), level);
}

static int on_check_reserved(sqlite3_file *f, int *ret)
{
    return real_file(f)->pMethods->xCheckReservedLock(real_file(f), ret);
}

static int on_control(sqlite3_file *f, int operation, void *argument)
{
    return real_file(f)->pMethods->xFileControl(real_file(f), operation, argument);
}

static int on_sector_size(sqlite3_file *f)
{
    return real_file(f)->pMethods->xSectorSize(real_file(f));
}

static int on_characteristics(sqlite3_file *f)
{
    return real_file(f)->pMethods->xDeviceCharacteristics(real_file(f));
}

static const sqlite3_io_methods methods = {
    .iVersion = 1,
    .xClose = on_close,
    .xRead = on_read,
    .xWrite = on_write,
    .xTruncate = on_truncate,
    .xSync = on_sync,
    .xFileSize = on_file_size,
    .xLock = on_lock,
    .xUnlock = on_unlock,
    .xCheckReservedLock = on_check_reserved,
    .xFileControl = on_control,
    .xSectorSize = on_sector_size,
    .xDeviceCharacteristics = on_characteristics,
};

static int on_open(sqlite3_vfs *vfs, const char *name, sqlite3_file *f, int flags, int *ret_flags)
{
    (void)vfs;
    struct file *file = (struct file *)(void *)f;
    file->base.pMethods = NULL;
    file->real = (sqlite3_file *)(void *)(file + 1);
    file->real->pMethods = NULL;
    if ((flags & SQLITE_OPEN_MAIN_JOURNAL) && fails(true))
        return SQLITE_CANTOPEN;
    int rc = disk.real->xOpen(disk.real, name, file->real, flags, ret_flags);
    if (file->real->pMethods != NULL)
        file->base.pMethods = &methods;
    return rc;
}

static int on_delete(sqlite3_vfs *vfs, const char *name, int sync_directory)
{
    (void)vfs;
    if (fails(false))
        return SQLITE_IOERR_DELETE;
    return disk.real->xDelete(disk.real, name, sync_directory);
}

void fault_install(void)
{
    disk.real = sqlite3_vfs_find(NULL);
    assert(disk.real != &disk.vfs);
    disk.vfs = *disk.real;
    disk.vfs.zName = "fault";
    disk.vfs.szOsFile = (int)sizeof(struct file) + disk.real->szOsFile;
    disk.vfs.xOpen = on_open;
    disk.vfs.xDelete = on_delete;
    int rc = sqlite3_vfs_register(&disk.vfs, 1);
    assert(rc == SQLITE_OK);
}

void fault_set(enum fault fault, int nth)
{
    disk.fault = fault;
    disk.nth = nth;
    disk.count = 0;
}

int fault_count(void)
{
    return disk.count;
}
