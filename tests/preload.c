/* Stands before the C library in a process that it is preloaded into, and makes calls that write do what the
   environment says; tests/preload.py tells how to use it. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <unistd.h>

enum { PASS = -1, HALF = -2, TORN = -3 }; /* else: 0, say that it worked; positive, fail with this error's number */

static pthread_mutex_t one_at_a_time = PTHREAD_MUTEX_INITIALIZER;
static int calls;
static char last_at[16];

static int is_listed(const char *names, const char *name) {
    char padded[256], word[32];
    snprintf(padded, sizeof padded, " %s ", names);
    snprintf(word, sizeof word, " %s ", name);
    return strstr(padded, word) != NULL;
}

static void full_path(const char *path, char *full) {
    char folder[PATH_MAX];
    if (path[0] == '/' || !getcwd(folder, sizeof folder)) snprintf(full, PATH_MAX, "%s", path);
    else snprintf(full, PATH_MAX, "%s/%s", folder, path);
}

static void path_of(int descriptor, char *path) {
    char link[64];
    snprintf(link, sizeof link, "/proc/self/fd/%d", descriptor);
    ssize_t length = readlink(link, path, PATH_MAX - 1);
    path[length < 0 ? 0 : length] = 0;
}

static void append(int log, const void *data, size_t size) {
    while (size) {
        ssize_t written = syscall(SYS_write, log, data, size);
        if (written <= 0) return;
        data = (const char *)data + written;
        size -= written;
    }
}

/* A line "call, path, other path, number of the file (0: none), offset, bytes" of the log, and the bytes. */
static void tell(const char *name, const char *path, const char *other, unsigned long file, off_t offset,
                 const void *data, size_t size) {
    const char *place = getenv("FAIL_LOG");
    if (!place) return;
    int log = syscall(SYS_openat, AT_FDCWD, place, O_WRONLY | O_CREAT | O_APPEND, 0666);
    if (log < 0) return;
    char line[3 * PATH_MAX];
    int length = snprintf(line, sizeof line, "%s\t%s\t%s\t%lu\t%ld\t%zu\n", name, path, other, file, (long)offset, size);
    append(log, line, length);
    if (data) append(log, data, size);
    syscall(SYS_close, log);
}

static int chosen(const char *name, const char *path, const char *other, unsigned long file, off_t offset,
                  const void *data, size_t size) {
    const char *names = getenv("FAIL_CALLS"), *in = getenv("FAIL_IN");
    const char *at = getenv("FAIL_AT"), *with = getenv("FAIL_WITH");
    if (!in || !at || !with || !strstr(path, in) || !is_listed(names ? names : "pwrite", name)) return PASS;
    pthread_mutex_lock(&one_at_a_time);
    if (strcmp(last_at, at)) { calls = 0; strncpy(last_at, at, sizeof last_at - 1); }
    calls++;
    tell(name, path, other, file, offset, data, size);
    int on = strchr(at, '+') ? calls >= atoi(at) : !strcmp(at, "every") || calls == atoi(at);
    pthread_mutex_unlock(&one_at_a_time);
    if (!on || !strcmp(with, "pass")) return PASS;
    if (!strcmp(with, "kill")) kill(getpid(), SIGKILL);
    if (!strcmp(with, "stop")) { kill(getpid(), SIGSTOP); return PASS; }
    if (!strcmp(with, "half")) return HALF;
    if (!strcmp(with, "torn")) return TORN;
    return atoi(with);
}

static int chosen_open(const char *name, int descriptor, off_t offset, const void *data, size_t size) {
    char path[PATH_MAX];
    struct stat state = {0};
    if (!getenv("FAIL_IN")) return PASS;
    int error = errno;
    path_of(descriptor, path);
    unsigned long file = fstat(descriptor, &state) ? 0 : state.st_ino;
    if (offset < 0) offset = fcntl(descriptor, F_GETFL) & O_APPEND ? state.st_size : lseek(descriptor, 0, SEEK_CUR);
    errno = error;
    return chosen(name, path, "", file, offset, data, size);
}

static int chosen_named(const char *name, const char *path, const char *other) {
    char full[PATH_MAX], full_other[PATH_MAX];
    struct stat state;
    if (!getenv("FAIL_IN")) return PASS;
    int error = errno;
    full_path(path, full);
    full_path(other, full_other);
    unsigned long file = lstat(full, &state) ? 0 : state.st_ino;
    errno = error;
    return chosen(name, full, full_other, file, 0, NULL, 0);
}

#define REAL(type, name, parameters) \
    static type (*real) parameters; \
    if (!real) real = (type (*) parameters)dlsym(RTLD_NEXT, #name)
#define INSTEAD(number, worked) \
    do { \
        if ((number) == TORN) kill(getpid(), SIGKILL); \
        if ((number) == 0) return worked; \
        if ((number) > 0) { errno = (number); return -1; } \
    } while (0)

/* A write: it may do half of its work, and be killed after that. */
#define WRITE(name, as, parameters, whole, half, descriptor, offset, data) \
    ssize_t name parameters { \
        REAL(ssize_t, name, parameters); \
        int number = chosen_open(as, descriptor, offset, data, size); \
        if (number == PASS) return real whole; \
        if (number == HALF) return size > 1 ? real half : real whole; \
        if (number == TORN) real half; \
        INSTEAD(number, (ssize_t)size); \
        return -1; \
    }
WRITE(pwrite, "pwrite", (int descriptor, const void *data, size_t size, off_t offset),
      (descriptor, data, size, offset), (descriptor, data, size / 2, offset), descriptor, offset, data)
WRITE(pwrite64, "pwrite", (int descriptor, const void *data, size_t size, off_t offset),
      (descriptor, data, size, offset), (descriptor, data, size / 2, offset), descriptor, offset, data)
WRITE(write, "write", (int descriptor, const void *data, size_t size),
      (descriptor, data, size), (descriptor, data, size / 2), descriptor, -1, data)

/* A write of what another file holds. */
ssize_t copy_file_range(int source, off64_t *from, int target, off64_t *to, size_t size, unsigned int flags) {
    REAL(ssize_t, copy_file_range, (int, off64_t *, int, off64_t *, size_t, unsigned int));
    char *data = getenv("FAIL_IN") && from && to ? malloc(size) : NULL;
    if (!data) return real(source, from, target, to, size, flags);
    ssize_t length = pread(source, data, size, *from);
    int number = chosen_open("pwrite", target, *to, data, length < 0 ? 0 : length);
    free(data);
    if ((number == HALF || number == TORN) && length > 1) length = real(source, from, target, to, length / 2, flags);
    if (number == HALF && length > 0) return length;
    INSTEAD(number, length);
    return real(source, from, target, to, size, flags);
}

/* Python's libraries write arrays through C's streams, whose own writes can't be seen. */
size_t fwrite(const void *data, size_t size, size_t count, FILE *stream) {
    static size_t (*real)(const void *, size_t, size_t, FILE *);
    if (!real) real = (size_t (*)(const void *, size_t, size_t, FILE *))dlsym(RTLD_NEXT, "fwrite");
    if (!getenv("FAIL_IN")) return real(data, size, count, stream);
    fflush(stream);
    int number = chosen_open("write", fileno(stream), -1, data, size * count);
    if (number == TORN) { real(data, 1, size * count / 2, stream); fflush(stream); kill(getpid(), SIGKILL); }
    if (number == 0) return count;
    if (number > 0) { errno = number; return 0; }
    size_t done = real(data, size, count, stream);
    fflush(stream);
    return done;
}

#define CALL(type, name, parameters, arguments, what) \
    type name parameters { \
        REAL(type, name, parameters); \
        int number = what; \
        INSTEAD(number, 0); \
        return real arguments; \
    }
#define SYNC(name, as) \
    int name(int descriptor) { \
        REAL(int, name, (int)); \
        int number = chosen_open(as, descriptor, 0, NULL, 0); \
        INSTEAD(number, 0); \
        return getenv("FAIL_NO_SYNC") ? 0 : real(descriptor); \
    }
SYNC(fsync, "fsync")
SYNC(fdatasync, "fsync")
SYNC(syncfs, "syncfs")
CALL(int, flock, (int descriptor, int how), (descriptor, how), chosen_open("flock", descriptor, 0, NULL, 0))
CALL(int, ftruncate, (int descriptor, off_t size), (descriptor, size),
     chosen_open("ftruncate", descriptor, 0, NULL, size))
CALL(int, ftruncate64, (int descriptor, off_t size), (descriptor, size),
     chosen_open("ftruncate", descriptor, 0, NULL, size))
CALL(int, fallocate, (int descriptor, int mode, off_t start, off_t size), (descriptor, mode, start, size),
     chosen_open("fallocate", descriptor, start, NULL, size))
CALL(int, link, (const char *from, const char *to), (from, to), chosen_named("link", from, to))
CALL(int, rename, (const char *from, const char *to), (from, to), chosen_named("rename", from, to))
CALL(int, unlink, (const char *path), (path), chosen_named("unlink", path, ""))
CALL(int, mkdir, (const char *path, mode_t mode), (path, mode), chosen_named("mkdir", path, ""))

/* Opening a file in order to write it. */
#define OPEN(name, parameters, before) \
    int name parameters { \
        static int (*real)(const char *, int, ...); \
        if (!real) real = (int (*)(const char *, int, ...))dlsym(RTLD_NEXT, before); \
        va_list rest; \
        va_start(rest, flags); \
        mode_t mode = flags & O_CREAT ? va_arg(rest, mode_t) : 0; \
        va_end(rest); \
        int number = flags & (O_CREAT | O_TRUNC | O_WRONLY) \
            ? chosen_named("open", path, flags & O_TRUNC ? "empty" : "") : PASS; \
        INSTEAD(number, -1); \
        return real(path, flags, mode); \
    }
OPEN(open, (const char *path, int flags, ...), "open")
OPEN(open64, (const char *path, int flags, ...), "open64")
