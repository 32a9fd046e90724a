#define _GNU_SOURCE
#include "MachinePeak.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

static double seconds(void) {
  struct timespec now;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return now.tv_sec + 1e-9 * now.tv_nsec;
}

typedef float wide __attribute__((vector_size(64)));
typedef float narrow __attribute__((vector_size(32)));

// Twelve independent sums hide the latency of a fused multiply-add.
#define MEASURE(NAME, TYPE, TARGET)                                              \
  __attribute__((target(TARGET))) static double NAME(void) {                     \
    const long rounds = 4000000;                                                 \
    double best = 0;                                                             \
    for (int repetition = 0; repetition < 8; ++repetition) {                     \
      TYPE sum[12] = {};                                                         \
      TYPE factor = {}, summand = {};                                            \
      factor += 0.999f;                                                          \
      summand += 0.1f;                                                           \
      const double start = seconds();                                            \
      for (long i = 0; i < rounds; ++i) {                                        \
        for (int k = 0; k < 12; ++k) {                                           \
          sum[k] = sum[k] * factor + summand;                                    \
          __asm__ volatile("" : "+v"(sum[k]));                                   \
        }                                                                        \
      }                                                                          \
      const double flops =                                                       \
        rounds * 12.0 * 2.0 * (sizeof(TYPE) / sizeof(float)) / (seconds() - start); \
      if (flops > best) best = flops;                                            \
    }                                                                            \
    return best;                                                                 \
  }

#if defined(__x86_64__)
MEASURE(wide_peak, wide, "avx512f,fma")
MEASURE(narrow_peak, narrow, "avx2,fma")

double peak_flops(void) {
  if (__builtin_cpu_supports("avx512f")) return wide_peak();
  return __builtin_cpu_supports("fma") ? narrow_peak() : 0;
}
#else
double peak_flops(void) { return 0; }
#endif

double peak_read_bandwidth(long bytes) {
  unsigned long *block = aligned_alloc(64, bytes);
  memset(block, 1, bytes);
  const long count = bytes / sizeof *block, rounds = (256L << 20) / bytes + 1;
  double best = 0;
  for (int repetition = 0; repetition < 5; ++repetition) {
    unsigned long sums[8] = {};
    const double start = seconds();
    for (long round = 0; round < rounds; ++round) {
      for (long i = 0; i + 8 <= count; i += 8) {
        for (int k = 0; k < 8; ++k) sums[k] += block[i + k];
      }
      __asm__ volatile("" : : "r"(block) : "memory");
    }
    const double rate = (double)rounds * bytes / (seconds() - start);
    for (int k = 0; k < 8; ++k) __asm__ volatile("" : : "r"(sums[k]));
    if (rate > best) best = rate;
  }
  free(block);
  return best;
}
