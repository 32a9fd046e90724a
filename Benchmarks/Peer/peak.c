// How many float32 operations per second one core can do at most, by vector width.
//
//   clang -O2 -o /tmp/peak Benchmarks/Peer/peak.c && /tmp/peak
//
// Twelve independent chains of fused multiply-adds in registers; the best of sixty runs, in processor
// time. A product of matrices cannot be quicker than this.
#include <immintrin.h>
#include <stdio.h>
#include <time.h>

static double seconds(void) {
  struct timespec now;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return now.tv_sec + 1e-9 * now.tv_nsec;
}

enum { chains = 12, rounds = 200000 };

float kept[16 * chains];  // visible from outside, so that nothing is left out

#define PEAK(name, features, vector, lanes, set, multiply_add, store)                      \
  __attribute__((target(features))) static double name(void) {                             \
    vector sums[chains];                                                                   \
    for (int i = 0; i < chains; ++i) sums[i] = set((float)i);                              \
    const vector factor = set(1.0001f), step = set(1e-6f);                                 \
    double best = 0;                                                                       \
    for (int run = 0; run < 60; ++run) {                                                   \
      const double start = seconds();                                                      \
      for (int round = 0; round < rounds; ++round) {                                       \
        for (int i = 0; i < chains; ++i) sums[i] = multiply_add(sums[i], factor, step);    \
      }                                                                                    \
      const double rate = 2e-9 * lanes * chains * rounds / (seconds() - start);            \
      if (rate > best) best = rate;                                                        \
    }                                                                                      \
    for (int i = 0; i < chains; ++i) store(kept + lanes * i, sums[i]);                     \
    return best;                                                                           \
  }

PEAK(peak_256, "avx2,fma", __m256, 8, _mm256_set1_ps, _mm256_fmadd_ps, _mm256_storeu_ps)
PEAK(peak_512, "avx512f", __m512, 16, _mm512_set1_ps, _mm512_fmadd_ps, _mm512_storeu_ps)

int main(void) {
  if (__builtin_cpu_supports("fma")) printf("256 bits: %.0f GFLOP/s\n", peak_256());
  if (__builtin_cpu_supports("avx512f")) printf("512 bits: %.0f GFLOP/s\n", peak_512());
}
