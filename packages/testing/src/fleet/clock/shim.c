/*
 * Preloaded into a server, this shows it a wall clock that is set from outside, by a mapped file:
 * byte 0 selects the active one of two slots, so that a change is never seen halfway.
 * A server reads the time with every command, so the real function, which needs no system call, is looked up once.
 * Until then, early in the start of some servers, raw system calls are used.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

struct slot { int64_t real; int64_t shown; double rate; };
struct setting { volatile uint8_t current; uint8_t pad[7]; struct slot slots[2]; };
static struct setting *setting;
static int (*real_clock_gettime)(clockid_t, struct timespec *);

static int machine_clock(clockid_t which, struct timespec *tp) {
  return real_clock_gettime ? real_clock_gettime(which, tp) : (int)syscall(SYS_clock_gettime, which, tp);
}

__attribute__((constructor)) static void load(void) {
  *(void **)&real_clock_gettime = dlsym(RTLD_NEXT, "clock_gettime");
  const char *path = getenv("QUORUMLOCK_CLOCK");
  int file = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;
  if (file < 0) return;
  void *mapped = mmap(0, sizeof *setting, PROT_READ, MAP_SHARED, file, 0);
  close(file);
  if (mapped != MAP_FAILED) setting = mapped;
}

static int64_t shown(void) {
  struct timespec now;
  machine_clock(CLOCK_REALTIME, &now);
  int64_t real = now.tv_sec * 1000000000LL + now.tv_nsec;
  if (!setting) return real;
  struct slot slot = setting->slots[setting->current & 1];
  return slot.shown + (int64_t)((real - slot.real) * slot.rate);
}

int gettimeofday(struct timeval *tv, void *zone) {
  (void)zone;
  int64_t t = shown();
  tv->tv_sec = t / 1000000000LL;
  tv->tv_usec = t % 1000000000LL / 1000;
  return 0;
}

time_t time(time_t *out) {
  time_t t = shown() / 1000000000LL;
  if (out) *out = t;
  return t;
}

int clock_gettime(clockid_t which, struct timespec *tp) {
  if (which != CLOCK_REALTIME && which != CLOCK_REALTIME_COARSE) return machine_clock(which, tp);
  int64_t t = shown();
  tp->tv_sec = t / 1000000000LL;
  tp->tv_nsec = t % 1000000000LL;
  return 0;
}
