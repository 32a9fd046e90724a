#include "CVectors.h"

#include <stdbool.h>
#include <string.h>

// Fused operations round once where others round twice, and not every processor has them.
#pragma STDC FP_CONTRACT OFF

#define INLINE static inline __attribute__((always_inline))
#define UNROLL _Pragma("clang loop unroll(full)")
#define SMALLER(a, b) ((a) < (b) ? (a) : (b))

// Eight neighboring numbers, aligned like one. The compiler keeps them in as many registers as the
// set of instructions needs.
typedef double eight __attribute__((vector_size(64), aligned(8)));
#define LOAD(pointer) (*(const eight *)(pointer))
#define STORE(value, pointer) (*(eight *)(pointer) = (value))

// The last `count` of eight numbers, and zeros for those before.
typedef int64_t words __attribute__((vector_size(64), aligned(8)));
static const int64_t MASK[16] = {0, 0, 0, 0, 0, 0, 0, 0, -1, -1, -1, -1, -1, -1, -1, -1};
#define LAST(value, count) ((eight)((words)(value) & *(const words *)(MASK + (count))))

// Numbers of an inner product taken at once, so that the rows of a tile fit in the first cache.
enum { BLOCK = 512 };

static double short_dot(const double *left, const double *right, ptrdiff_t count) {
  double sum = 0;
  for (ptrdiff_t i = 0; i < count; ++i) sum += left[i] * right[i];
  return sum;
}

// All inner products of rows that are shorter than a vector.
static void short_row_products(
    const double *left, ptrdiff_t rows, const double *right, ptrdiff_t columns, ptrdiff_t inner,
    double *result) {
  for (ptrdiff_t r = 0; r < rows; ++r) {
    for (ptrdiff_t c = 0; c < columns; ++c) {
      result[r * columns + c] = short_dot(left + r * inner, right + c * inner, inner);
    }
  }
}

// Puts both factors of a sum of outer products in the order in which tiles read them: `left` column
// by column, `right` in panels of eight columns, the last of which is filled up with zeros.
static void pack(
    const double *left, ptrdiff_t depth, ptrdiff_t rows, double *transposed, const double *right,
    ptrdiff_t columns, double *panels) {
  for (ptrdiff_t d = 0; d < depth; ++d) {
    for (ptrdiff_t r = 0; r < rows; ++r) transposed[r * depth + d] = left[d * rows + r];
  }
  for (ptrdiff_t c = 0; c < columns; c += 8) {
    size_t width = (size_t)SMALLER(columns - c, 8);
    for (ptrdiff_t d = 0; d < depth; ++d) {
      double *panel = panels + c * depth + d * 8;
      memcpy(panel, right + d * columns + c, width * sizeof(double));
      memset(panel + width, 0, (8 - width) * sizeof(double));
    }
  }
}

#define NAME(name) name##_plain
#define TARGET
#define DOT_ROWS 1
#define DOT_COLUMNS 2
#define OUTER_ROWS 2
#define OUTER_EIGHTS 1
#include "Kernels.h"

#if defined(__x86_64__)
#define NAME(name) name##_256
#define TARGET __attribute__((target("avx2")))
#define DOT_ROWS 2
#define DOT_COLUMNS 2
#define OUTER_ROWS 6
#define OUTER_EIGHTS 1
#include "Kernels.h"

#define NAME(name) name##_512
#define TARGET __attribute__((target("avx512f,avx512dq,avx512vl")))
#define DOT_ROWS 6
#define DOT_COLUMNS 4
#define OUTER_ROWS 6
#define OUTER_EIGHTS 4
#include "Kernels.h"

int32_t cv_best_set(void) {
  bool has512 = __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq")
      && __builtin_cpu_supports("avx512vl");
  return has512 ? 2 : __builtin_cpu_supports("avx2") ? 1 : 0;
}

#define CALL(name, ...)                  \
  (set == 2 ? name##_512(__VA_ARGS__)    \
   : set == 1 ? name##_256(__VA_ARGS__)  \
              : name##_plain(__VA_ARGS__))
#else
int32_t cv_best_set(void) { return 0; }

#define CALL(name, ...) ((void)set, name##_plain(__VA_ARGS__))
#endif

double cv_dot(int32_t set, const double *left, const double *right, ptrdiff_t count) {
  return CALL(dot, left, right, count);
}

void cv_add_scaled(
    int32_t set, double scale, const double *source, double *target, ptrdiff_t count) {
  CALL(add_scaled, scale, source, target, count);
}

void cv_row_products(
    int32_t set, const double *left, ptrdiff_t rows, const double *right, ptrdiff_t columns,
    ptrdiff_t inner, double *result) {
  if (inner < 8) return short_row_products(left, rows, right, columns, inner, result);
  CALL(row_products, left, rows, right, columns, inner, result);
}

void cv_add_outer_products(
    int32_t set, double *target, ptrdiff_t rows, ptrdiff_t columns, const double *left,
    const double *right, ptrdiff_t depth, double keep, double *space) {
  CALL(add_outer_products, target, rows, columns, left, right, depth, keep, space);
}

double cv_reduce_row(
    int32_t set, double *row, double first, const double *update, double second,
    const double *vector, const double *next, double third, double *product, ptrdiff_t count) {
  return CALL(reduce_row, row, first, update, second, vector, next, third, product, count);
}

void cv_rotate(int32_t set, double *rows, const cv_rotation *rotations, ptrdiff_t count) {
  CALL(rotate, rows, rotations, count);
}
