// Moves a process's wall clock: preloaded, it adds to CLOCK_REALTIME what a shared file says.
//
// QUORATE_FAULTS_CLOCK names a file that holds one int64, nanoseconds in the host's byte order. The
// test writes it while the process runs: that is the jump. Other clocks stay as they are.

#define _GNU_SOURCE
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static const volatile int64_t *offset_ns;

__attribute__((constructor)) static void map_offset(void) {
  const char *path = getenv("QUORATE_FAULTS_CLOCK");
  const int file = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;
  if (file < 0) {
    return;
  }
  void *mapped = mmap(NULL, sizeof(int64_t), PROT_READ, MAP_SHARED, file, 0);
  close(file);
  if (mapped != MAP_FAILED) {
    offset_ns = mapped;
  }
}

static int real_time(clockid_t clock, struct timespec *now) {
  const long failed = syscall(SYS_clock_gettime, clock, now);
  const int is_wall = clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE;
  if (failed || !is_wall || !offset_ns) {
    return (int)failed;
  }
  const int64_t all = (int64_t)now->tv_sec * 1000000000 + now->tv_nsec + *offset_ns;
  now->tv_sec = all / 1000000000;
  now->tv_nsec = all % 1000000000;
  return 0;
}

int clock_gettime(clockid_t clock, struct timespec *now) { return real_time(clock, now); }

int gettimeofday(struct timeval *now, void *zone) {
  (void)zone;
  struct timespec exact;
  if (real_time(CLOCK_REALTIME, &exact)) {
    return -1;
  }
  now->tv_sec = exact.tv_sec;
  now->tv_usec = exact.tv_nsec / 1000;
  return 0;
}

time_t time(time_t *out) {
  struct timespec exact;
  real_time(CLOCK_REALTIME, &exact);
  if (out) {
    *out = exact.tv_sec;
  }
  return exact.tv_sec;
}
