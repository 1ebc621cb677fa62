/* Stands between a process and the C library, loaded by LD_PRELOAD, and does two things to what the
 * process writes below one directory:
 *
 * - every operation is appended with its bytes to a log (WRITELOG_TO), from which the directory
 *   can be built as it may look after a power cut (tests/faults/record_power.py);
 * - operations fail as a disk fails (WRITELOG_FAULTS), from a byte on and for as long as the file
 *   that both sides map says (tests/faults/record_disk.py).
 *
 * WRITELOG_UNDER is the directory, without symbolic links. WRITELOG_BOOT names a file that is read
 * in place of the kernel's boot id, so that a record looks like that of an earlier boot.
 *
 * A record of the log is a `struct entry`, then `size` bytes. All but fsync is done and logged
 * under one lock, so that the log has the order in which things happened; fsync is logged at its
 * begin and at its end, as only what was written before its begin is promised.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

enum operation {
    OPENED = 1, WRITTEN, TRUNCATED, SYNC_BEGINS, SYNC_ENDS, RENAMED, UNLINKED, LINKED, MADE_DIRECTORY,
    REMOVED_DIRECTORY, MAPPED, SYNC_ALL
};
enum detail { CREATED = 1, EMPTIED = 2, DIRECTORY = 4 };

struct entry {
    uint32_t operation;
    uint32_t details;
    uint64_t inode;
    uint64_t offset; /* of a write, or the length after a truncation */
    uint64_t size;   /* of what follows: bytes, or paths with a NUL between them */
    double time;     /* s of the monotonic clock */
};

struct faults {
    int32_t number;  /* errno to fail with; 0 is none */
    int32_t growth;  /* 1: only what makes a file longer fails, as on a full disk */
    int64_t room;    /* bytes that may still be written before it fails */
    int64_t failed;  /* operations that failed so far */
    double first;    /* when the first one failed, s of the monotonic clock */
    double delay;    /* for which the disk lets fsync wait, s */
};

static pthread_mutex_t guard = PTHREAD_MUTEX_INITIALIZER;
static int log_file = -2;
static const char *under;
static size_t under_length;
static struct faults *faults;

static double now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + 1e-9 * (double)time.tv_nsec;
}

static void broken(const char *what) {
    dprintf(2, "writelog: %s: %s\n", what, strerror(errno));
    abort();
}

static void set_up(void) {
    if (log_file != -2)
        return;
    log_file = -1;
    under = getenv("WRITELOG_UNDER");
    under_length = under ? strlen(under) : 0;
    const char *to = getenv("WRITELOG_TO"), *control = getenv("WRITELOG_FAULTS");
    if (to) {
        log_file = (int)syscall(SYS_openat, AT_FDCWD, to, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
        if (log_file < 0)
            broken(to);
    }
    if (control) {
        int file = (int)syscall(SYS_openat, AT_FDCWD, control, O_RDWR | O_CLOEXEC, 0);
        if (file < 0)
            broken(control);
        faults = (struct faults *)syscall(SYS_mmap, NULL, sizeof *faults, PROT_READ | PROT_WRITE,
                                          MAP_SHARED, file, 0);
        if (faults == MAP_FAILED)
            broken(control);
        syscall(SYS_close, file);
    }
}


static int inside(const char *path) {
    return under && strncmp(path, under, under_length) == 0 &&
           (path[under_length] == '/' || path[under_length] == '\0');
}

/* The path of a descriptor; tells whether it is one of ours. */
static int ours(int descriptor, char *path) {
    char link[32];
    set_up();
    if (!under)
        return 0;
    snprintf(link, sizeof link, "/proc/self/fd/%d", descriptor);
    ssize_t length = readlink(link, path, PATH_MAX - 1);
    if (length < 0)
        return 0;
    path[length] = '\0';
    return inside(path);
}

/* The absolute path of a name; tells whether it is one of ours. */
static int named(int directory, const char *name, char *path) {
    set_up();
    if (!under)
        return 0;
    if (name[0] == '/') {
        snprintf(path, PATH_MAX, "%s", name);
        return inside(path);
    }
    char start[PATH_MAX];
    if (directory == AT_FDCWD) {
        if (!getcwd(start, sizeof start))
            return 0;
    } else {
        char link[32];
        snprintf(link, sizeof link, "/proc/self/fd/%d", directory);
        ssize_t length = readlink(link, start, sizeof start - 1);
        if (length < 0)
            return 0;
        start[length] = '\0';
    }
    if (snprintf(path, PATH_MAX, "%s/%s", start, name) >= PATH_MAX)
        return 0;
    return inside(path);
}

static void tell(uint32_t operation, uint32_t details, uint64_t inode, uint64_t offset,
                 const void *bytes, uint64_t size) {
    if (log_file < 0)
        return;
    int kept = errno;
    struct entry entry = {operation, details, inode, offset, size, now()};
    struct iovec parts[2] = {{&entry, sizeof entry}, {(void *)bytes, size}};
    ssize_t done = syscall(SYS_writev, log_file, parts, size ? 2 : 1);
    if (done != (ssize_t)(sizeof entry + size))
        broken("its log");
    errno = kept;
}

static void tell_paths(uint32_t operation, uint32_t details, uint64_t inode, const char *one,
                       const char *two) {
    char both[2 * PATH_MAX];
    size_t length = strlen(one) + 1;
    memcpy(both, one, length);
    if (two) {
        memcpy(both + length, two, strlen(two) + 1);
        length += strlen(two) + 1;
    }
    tell(operation, details, inode, 0, both, length);
}

static uint64_t inode_of(int descriptor) {
    struct stat found;
    return fstat(descriptor, &found) ? 0 : found.st_ino;
}

/* Whether an operation on ours is to fail; sets errno. `grows` tells that it needs new room. */
static int fails(int grows) {
    if (!faults || !faults->number || faults->room > 0 || (faults->growth && !grows))
        return 0;
    if (!faults->failed++)
        faults->first = now();
    errno = faults->number;
    return 1;
}

/* How many of `size` bytes at `offset` may be written; -1 with errno set where none. */
static ssize_t allowed(int descriptor, size_t size, off_t offset) {
    if (!faults || !faults->number || size == 0)
        return (ssize_t)size;
    struct stat found;
    if (fstat(descriptor, &found))
        return (ssize_t)size;
    size_t counted = size;
    if (faults->growth)
        counted = offset + (off_t)size <= found.st_size ? 0
                  : offset >= found.st_size             ? size
                                                        : (size_t)(offset + (off_t)size - found.st_size);
    if (counted == 0)
        return (ssize_t)size;
    if (fails(1))
        return -1;
    if ((int64_t)counted > faults->room) {
        size -= counted - (size_t)faults->room;
        counted = (size_t)faults->room;
    }
    faults->room -= (int64_t)counted;
    return (ssize_t)size;
}

static int synchronous(int descriptor) {
    int flags = fcntl(descriptor, F_GETFL);
    return flags >= 0 && (flags & (O_DSYNC | O_SYNC));
}

/* ------------------------------------------------------------------------------- opening */

static int open_real(int directory, const char *name, int flags, mode_t mode) {
    const char *boot = getenv("WRITELOG_BOOT");
    if (boot && strcmp(name, "/proc/sys/kernel/random/boot_id") == 0)
        name = boot;
    return (int)syscall(SYS_openat, directory, name, flags, mode);
}

static int open_any(int directory, const char *name, int flags, mode_t mode) {
    char path[PATH_MAX];
    if (!named(directory, name, path) || !(flags & (O_CREAT | O_TRUNC)))
        return open_real(directory, name, flags, mode);
    pthread_mutex_lock(&guard);
    struct stat before;
    int was = fstatat(directory, name, &before, 0) == 0;
    int descriptor = !was && fails(1) ? -1 : open_real(directory, name, flags, mode);
    if (descriptor >= 0 && !(flags & O_DIRECTORY)) {
        uint32_t details = (was ? 0 : CREATED) | ((flags & O_TRUNC) ? EMPTIED : 0);
        if (details)
            tell_paths(OPENED, details, inode_of(descriptor), path, NULL);
    }
    pthread_mutex_unlock(&guard);
    return descriptor;
}

#define MODE(flags, last)                                                                          \
    mode_t mode = 0;                                                                               \
    if ((flags) & (O_CREAT | O_TMPFILE)) {                                                         \
        va_list rest;                                                                              \
        va_start(rest, last);                                                                      \
        mode = va_arg(rest, mode_t);                                                               \
        va_end(rest);                                                                              \
    }

int open(const char *name, int flags, ...) { MODE(flags, flags) return open_any(AT_FDCWD, name, flags, mode); }
int open64(const char *name, int flags, ...) { MODE(flags, flags) return open_any(AT_FDCWD, name, flags, mode); }
int openat(int at, const char *name, int flags, ...) { MODE(flags, flags) return open_any(at, name, flags, mode); }
int openat64(int at, const char *name, int flags, ...) { MODE(flags, flags) return open_any(at, name, flags, mode); }
int creat(const char *name, mode_t mode) { return open_any(AT_FDCWD, name, O_CREAT | O_WRONLY | O_TRUNC, mode); }
int creat64(const char *name, mode_t mode) { return open_any(AT_FDCWD, name, O_CREAT | O_WRONLY | O_TRUNC, mode); }

/* ------------------------------------------------------------------------------- writing */

/* `offset` < 0: where the descriptor stands. */
static ssize_t write_any(int descriptor, const void *bytes, size_t size, off_t offset) {
    char path[PATH_MAX];
    if (!ours(descriptor, path))
        return offset < 0 ? syscall(SYS_write, descriptor, bytes, size)
                          : syscall(SYS_pwrite64, descriptor, bytes, size, offset);
    pthread_mutex_lock(&guard);
    struct stat found;
    off_t place = offset;
    if (offset < 0 || (fcntl(descriptor, F_GETFL) & O_APPEND))
        place = (fcntl(descriptor, F_GETFL) & O_APPEND) && fstat(descriptor, &found) == 0
                    ? found.st_size
                    : lseek(descriptor, 0, SEEK_CUR);
    ssize_t done = allowed(descriptor, size, place);
    if (done >= 0)
        done = offset < 0 ? syscall(SYS_write, descriptor, bytes, (size_t)done)
                          : syscall(SYS_pwrite64, descriptor, bytes, (size_t)done, offset);
    if (done > 0) {
        uint64_t inode = inode_of(descriptor);
        tell(WRITTEN, 0, inode, (uint64_t)place, bytes, (uint64_t)done);
        if (synchronous(descriptor)) {
            tell(SYNC_BEGINS, 0, inode, 0, NULL, 0);
            tell(SYNC_ENDS, 0, inode, 0, NULL, 0);
        }
    }
    pthread_mutex_unlock(&guard);
    return done;
}

ssize_t write(int to, const void *bytes, size_t size) { return write_any(to, bytes, size, -1); }
ssize_t pwrite(int to, const void *bytes, size_t size, off_t at) { return write_any(to, bytes, size, at); }
ssize_t pwrite64(int to, const void *bytes, size_t size, off_t at) { return write_any(to, bytes, size, at); }

static ssize_t write_parts(int to, const struct iovec *parts, int count, off_t offset) {
    size_t size = 0, place = 0;
    for (int part = 0; part < count; part++)
        size += parts[part].iov_len;
    char *bytes = malloc(size ? size : 1);
    if (!bytes)
        broken("memory");
    for (int part = 0; part < count; place += parts[part++].iov_len)
        memcpy(bytes + place, parts[part].iov_base, parts[part].iov_len);
    ssize_t done = write_any(to, bytes, size, offset);
    int kept = errno;
    free(bytes);
    errno = kept;
    return done;
}

ssize_t writev(int to, const struct iovec *parts, int count) { return write_parts(to, parts, count, -1); }
ssize_t pwritev(int to, const struct iovec *parts, int count, off_t at) { return write_parts(to, parts, count, at); }
ssize_t pwritev2(int to, const struct iovec *parts, int count, off_t at, int flags) {
    (void)flags;
    return write_parts(to, parts, count, at);
}
ssize_t pwritev64v2(int to, const struct iovec *parts, int count, off_t at, int flags) {
    return pwritev2(to, parts, count, at, flags);
}
ssize_t pwritev64(int to, const struct iovec *parts, int count, off_t at) { return write_parts(to, parts, count, at); }

/* Copies inside the kernel are done with a buffer, so that their bytes are known. */
static ssize_t copy(int from, off_t *read_at, int to, off_t *write_at, size_t size) {
    enum { PIECE = 1 << 20 };
    if (size > PIECE)
        size = PIECE;
    char *bytes = malloc(size ? size : 1);
    if (!bytes)
        broken("memory");
    ssize_t done = read_at ? pread(from, bytes, size, *read_at) : read(from, bytes, size);
    if (done > 0) {
        ssize_t written = write_any(to, bytes, (size_t)done, write_at ? *write_at : -1);
        if (written >= 0 && written < done && !read_at)
            lseek(from, written - done, SEEK_CUR);
        done = written;
        if (done > 0 && read_at)
            *read_at += done;
        if (done > 0 && write_at)
            *write_at += done;
    }
    int kept = errno;
    free(bytes);
    errno = kept;
    return done;
}

ssize_t sendfile(int to, int from, off_t *at, size_t size) {
    char path[PATH_MAX];
    return ours(to, path) ? copy(from, at, to, NULL, size) : syscall(SYS_sendfile, to, from, at, size);
}
ssize_t sendfile64(int to, int from, off_t *at, size_t size) { return sendfile(to, from, at, size); }
ssize_t copy_file_range(int from, off_t *read_at, int to, off_t *write_at, size_t size, unsigned flags) {
    char path[PATH_MAX];
    return ours(to, path) ? copy(from, read_at, to, write_at, size)
                          : syscall(SYS_copy_file_range, from, read_at, to, write_at, size, flags);
}

/* ------------------------------------------------------------------------ lengths and room */

static int truncate_any(int descriptor, off_t length) {
    char path[PATH_MAX];
    if (!ours(descriptor, path))
        return (int)syscall(SYS_ftruncate, descriptor, length);
    pthread_mutex_lock(&guard);
    /* A file made longer takes no room before its pages are written. */
    int done = fails(0) ? -1 : (int)syscall(SYS_ftruncate, descriptor, length);
    if (done == 0)
        tell(TRUNCATED, 0, inode_of(descriptor), (uint64_t)length, NULL, 0);
    pthread_mutex_unlock(&guard);
    return done;
}

int ftruncate(int descriptor, off_t length) { return truncate_any(descriptor, length); }
int ftruncate64(int descriptor, off_t length) { return truncate_any(descriptor, length); }

int truncate(const char *name, off_t length) {
    int descriptor = open_real(AT_FDCWD, name, O_WRONLY | O_CLOEXEC, 0);
    if (descriptor < 0)
        return -1;
    int done = truncate_any(descriptor, length), kept = errno;
    close(descriptor);
    errno = kept;
    return done;
}
int truncate64(const char *name, off_t length) { return truncate(name, length); }

static int allocate(int descriptor, int mode, off_t offset, off_t length) {
    char path[PATH_MAX];
    if (!ours(descriptor, path))
        return (int)syscall(SYS_fallocate, descriptor, mode, offset, length);
    pthread_mutex_lock(&guard);
    int done = -1;
    if (allowed(descriptor, (size_t)length, offset) == (ssize_t)length) {
        done = (int)syscall(SYS_fallocate, descriptor, mode, offset, length);
        struct stat found;
        if (done == 0 && fstat(descriptor, &found) == 0)
            tell(TRUNCATED, 0, found.st_ino, (uint64_t)found.st_size, NULL, 0);
    } else if (faults && faults->number) {
        errno = faults->number;
    }
    pthread_mutex_unlock(&guard);
    return done;
}

int fallocate(int to, int mode, off_t at, off_t length) { return allocate(to, mode, at, length); }
int fallocate64(int to, int mode, off_t at, off_t length) { return allocate(to, mode, at, length); }
int posix_fallocate(int to, off_t at, off_t length) { return allocate(to, 0, at, length) ? errno : 0; }
int posix_fallocate64(int to, off_t at, off_t length) { return allocate(to, 0, at, length) ? errno : 0; }

/* ------------------------------------------------------------------------------- barriers */

static int sync_any(int descriptor, long call) {
    char path[PATH_MAX];
    if (!ours(descriptor, path))
        return (int)syscall(call, descriptor);
    struct stat found;
    uint32_t details = fstat(descriptor, &found) == 0 && S_ISDIR(found.st_mode) ? DIRECTORY : 0;
    pthread_mutex_lock(&guard);
    int refused = fails(0);
    if (!refused)
        tell_paths(SYNC_BEGINS, details, found.st_ino, path, NULL);
    pthread_mutex_unlock(&guard);
    if (refused)
        return -1;
    if (faults && faults->delay > 0) {
        struct timespec wait = {(time_t)faults->delay, (long)(1e9 * (faults->delay - (time_t)faults->delay))};
        nanosleep(&wait, NULL);
    }
    int done = (int)syscall(call, descriptor);
    if (done == 0)
        tell_paths(SYNC_ENDS, details, found.st_ino, path, NULL);
    return done;
}

int fsync(int descriptor) { return sync_any(descriptor, SYS_fsync); }
int fdatasync(int descriptor) { return sync_any(descriptor, SYS_fdatasync); }
int syncfs(int descriptor) {
    int done = (int)syscall(SYS_syncfs, descriptor);
    tell(SYNC_ALL, 0, 0, 0, NULL, 0);
    return done;
}
void sync(void) {
    syscall(SYS_sync);
    tell(SYNC_ALL, 0, 0, 0, NULL, 0);
}

/* ---------------------------------------------------------------------------- directories */

static int rename_any(int from_at, const char *from, int to_at, const char *to, unsigned flags) {
    char one[PATH_MAX], two[PATH_MAX];
    int known = named(from_at, from, one), also = named(to_at, to, two);
    if (!known && !also)
        return (int)syscall(SYS_renameat2, from_at, from, to_at, to, flags);
    pthread_mutex_lock(&guard);
    int done = fails(0) ? -1 : (int)syscall(SYS_renameat2, from_at, from, to_at, to, flags);
    if (done == 0)
        tell_paths(RENAMED, 0, 0, one, two);
    pthread_mutex_unlock(&guard);
    return done;
}

int rename(const char *from, const char *to) { return rename_any(AT_FDCWD, from, AT_FDCWD, to, 0); }
int renameat(int from_at, const char *from, int to_at, const char *to) { return rename_any(from_at, from, to_at, to, 0); }
int renameat2(int from_at, const char *from, int to_at, const char *to, unsigned flags) {
    return rename_any(from_at, from, to_at, to, flags);
}

static int unlink_any(int at, const char *name, int flags) {
    char path[PATH_MAX];
    if (!named(at, name, path))
        return (int)syscall(SYS_unlinkat, at, name, flags);
    pthread_mutex_lock(&guard);
    int done = fails(0) ? -1 : (int)syscall(SYS_unlinkat, at, name, flags);
    if (done == 0)
        tell_paths((flags & AT_REMOVEDIR) ? REMOVED_DIRECTORY : UNLINKED, 0, 0, path, NULL);
    pthread_mutex_unlock(&guard);
    return done;
}

int unlink(const char *name) { return unlink_any(AT_FDCWD, name, 0); }
int unlinkat(int at, const char *name, int flags) { return unlink_any(at, name, flags); }
int remove(const char *name) {
    int done = unlink_any(AT_FDCWD, name, 0);
    return done && errno == EISDIR ? unlink_any(AT_FDCWD, name, AT_REMOVEDIR) : done;
}
int rmdir(const char *name) { return unlink_any(AT_FDCWD, name, AT_REMOVEDIR); }

static int link_any(int from_at, const char *from, int to_at, const char *to, int flags) {
    char one[PATH_MAX], two[PATH_MAX];
    int known = named(from_at, from, one), also = named(to_at, to, two);
    if (!known && !also)
        return (int)syscall(SYS_linkat, from_at, from, to_at, to, flags);
    pthread_mutex_lock(&guard);
    int done = fails(1) ? -1 : (int)syscall(SYS_linkat, from_at, from, to_at, to, flags);
    if (done == 0)
        tell_paths(LINKED, 0, 0, one, two);
    pthread_mutex_unlock(&guard);
    return done;
}

int link(const char *from, const char *to) { return link_any(AT_FDCWD, from, AT_FDCWD, to, 0); }
int linkat(int from_at, const char *from, int to_at, const char *to, int flags) {
    return link_any(from_at, from, to_at, to, flags);
}

int mkdirat(int at, const char *name, mode_t mode) {
    char path[PATH_MAX];
    if (!named(at, name, path))
        return (int)syscall(SYS_mkdirat, at, name, mode);
    pthread_mutex_lock(&guard);
    int done = fails(1) ? -1 : (int)syscall(SYS_mkdirat, at, name, mode);
    if (done == 0)
        tell_paths(MADE_DIRECTORY, 0, 0, path, NULL);
    pthread_mutex_unlock(&guard);
    return done;
}
int mkdir(const char *name, mode_t mode) { return mkdirat(AT_FDCWD, name, mode); }

/* What is written through a mapping would pass the log by; the replay refuses such a log. */
static void *map_any(void *place, size_t length, int access, int flags, int descriptor, off_t offset) {
    char path[PATH_MAX];
    if (descriptor >= 0 && (flags & MAP_SHARED) && (access & PROT_WRITE) && ours(descriptor, path))
        tell_paths(MAPPED, 0, inode_of(descriptor), path, NULL);
    return (void *)syscall(SYS_mmap, place, length, access, flags, descriptor, offset);
}

void *mmap(void *place, size_t length, int access, int flags, int descriptor, off_t offset) {
    return map_any(place, length, access, flags, descriptor, offset);
}
void *mmap64(void *place, size_t length, int access, int flags, int descriptor, off_t offset) {
    return map_any(place, length, access, flags, descriptor, offset);
}
