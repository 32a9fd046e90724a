/// Inner loops over doubles, compiled for several widths of vectors.
///
/// Every loop gives the same bits for every set of instructions: sums are taken in one order, eight
/// partial sums of neighboring numbers at a time, and no multiplication is fused with an addition.
///
/// Matrices lie row by row without gaps. Nothing is kept beyond a call, and no two arguments of a
/// call may share memory unless it says so.
#ifndef CVECTORS_H
#define CVECTORS_H

#include <stddef.h>
#include <stdint.h>

/// The best set of instructions of this processor: 0 for what every processor has, 1 for vectors of
/// 256 bits (AVX2), 2 for vectors of 512 (AVX-512). Every smaller number is available as well.
int32_t cv_best_set(void);

/// The inner product of two vectors, which may be the same.
double cv_dot(int32_t set, const double *left, const double *right, ptrdiff_t count);

/// `target += scale * source`.
void cv_add_scaled(
    int32_t set, double scale, const double *source, double *target, ptrdiff_t count);

/// `result = left * right^T`, all inner products of the `rows` rows of `left` and the `columns` rows
/// of `right`, each of `inner` numbers. Both factors may be the same.
void cv_row_products(
    int32_t set, const double *left, ptrdiff_t rows, const double *right, ptrdiff_t columns,
    ptrdiff_t inner, double *result);

/// `target = keep * target + left^T * right` for a target of `rows` by `columns`, where `left` is
/// `depth` by `rows` and `right` `depth` by `columns`; they may be the same.
///
/// `space` is room for `depth * (rows + columns + 7)` numbers.
void cv_add_outer_products(
    int32_t set, double *target, ptrdiff_t rows, ptrdiff_t columns, const double *left,
    const double *right, ptrdiff_t depth, double keep, double *space);

/// One row of the reduction to tridiagonal form: `row -= first * update + second * vector`, then
/// `product += third * row`. Returns the inner product of the row and `next`.
double cv_reduce_row(
    int32_t set, double *row, double first, const double *update, double second,
    const double *vector, const double *next, double third, double *product, ptrdiff_t count);

/// A rotation of the rows `row` and `row + 1` of a matrix.
typedef struct cv_rotation {
  ptrdiff_t row;
  double cosine;
  double sine;
} cv_rotation;

/// Applies rotations in turn to a matrix whose rows have eight numbers.
void cv_rotate(int32_t set, double *rows, const cv_rotation *rotations, ptrdiff_t count);

#endif
