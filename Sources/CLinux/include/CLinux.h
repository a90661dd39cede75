// What Linux offers and Swift's Glibc module does not import: a list of headers, and the calls without a C function.
#ifndef CLINUX_H
#define CLINUX_H
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <malloc.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <sys/eventfd.h>
#include <sys/file.h>
#include <sys/inotify.h>
#include <sys/signalfd.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <unistd.h>

// openat2(2) has no function in glibc 2.36, and syscall(2) is variadic: both are out of Swift's reach.
static inline int clinux_openat2(int directory, const char *name, unsigned long long flags, unsigned long long resolve) {
  struct open_how how = {.flags = flags, .mode = 0, .resolve = resolve};
  return (int)syscall(SYS_openat2, directory, name, &how, sizeof how);
}

// <sys/random.h> brings <sys/select.h>, of which there may be one definition in all modules: with this file's features or
// another's.
static inline long clinux_getrandom(void *buffer, size_t size) { return syscall(SYS_getrandom, buffer, size, 0); }

// fcntl(2) is variadic.
static inline int clinux_set_lease(int descriptor, int kind) { return fcntl(descriptor, F_SETLEASE, kind); }
#endif
