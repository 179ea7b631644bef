/* A disk that fails on purpose: SQLite's own VFS (sqlite.org/vfs.html) with one thing going wrong
 * at the nth operation that would change the disk.
 *
 * Ownership: fault_install registers it as the default for good; fault_set says what happens.
 */
#ifndef BADGED_TEST_STORE_FAULT_H
#define BADGED_TEST_STORE_FAULT_H

enum fault {
    FAULT_NONE,
    FAULT_FULL, /* from the nth on, nothing that needs room succeeds, as on a full disk */
    FAULT_IO,   /* the nth fails, as a broken disk does */
    FAULT_KILL, /* the process is killed just before the nth */
};

void fault_install(void);

/* fault_set(fault, nth): starts counting anew. fault_count(): operations since. */
void fault_set(enum fault fault, int nth);
int fault_count(void);

#endif
