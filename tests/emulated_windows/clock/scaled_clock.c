/* A clock that runs faster or slower than the machine's: preloaded into Wine, it lets every program of
 * an emulated host measure its own speed by a factor lower or higher. The program itself, and its
 * output, stay as they are.
 *
 * VTTBENCH_CLOCK_FACTOR: seconds that programs see for each real one.
 * VTTBENCH_CLOCK_ORIGIN: moment (seconds since 1970) at which both clocks of the day agree.
 */
#define _GNU_SOURCE
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static double factor, origin;

static void __attribute__((constructor)) read_settings(void) {
  const char *f = getenv("VTTBENCH_CLOCK_FACTOR"), *o = getenv("VTTBENCH_CLOCK_ORIGIN");
  factor = f ? atof(f) : 1.0;
  origin = o ? atof(o) : 0.0;
}

static void scale(struct timespec *t, double from) {
  /* Whole seconds and the rest apart: a double has no room for 1.7e9 s in nanoseconds. */
  double s = ((double)t->tv_sec - from) * factor, n = (double)t->tv_nsec * factor;
  long long whole = (long long)s;
  long long ns = (long long)((s - (double)whole) * 1e9 + n);
  whole += (long long)from;
  t->tv_sec = whole + ns / 1000000000LL;
  t->tv_nsec = ns % 1000000000LL;
  if (t->tv_nsec < 0) {
    t->tv_nsec += 1000000000L;
    t->tv_sec -= 1;
  }
}

int clock_gettime(clockid_t id, struct timespec *t) {
  int status = (int)syscall(SYS_clock_gettime, id, t);
  if (status == 0 && factor > 0.0 && factor != 1.0) {
    switch (id) {
      case CLOCK_REALTIME:
      case CLOCK_REALTIME_COARSE:
        scale(t, origin);
        break;
      case CLOCK_MONOTONIC:
      case CLOCK_MONOTONIC_RAW:
      case CLOCK_MONOTONIC_COARSE:
      case CLOCK_BOOTTIME:
        scale(t, 0.0);
        break;
      default: /* CPU time is counted, not measured by a clock of the day */
        break;
    }
  }
  return status;
}

int gettimeofday(struct timeval *restrict tv, void *restrict zone) {
  struct timespec t;
  (void)zone;
  if (clock_gettime(CLOCK_REALTIME, &t) != 0) return -1;
  tv->tv_sec = t.tv_sec;
  tv->tv_usec = t.tv_nsec / 1000;
  return 0;
}

time_t time(time_t *out) {
  struct timespec t;
  clock_gettime(CLOCK_REALTIME, &t);
  if (out) *out = t.tv_sec;
  return t.tv_sec;
}
