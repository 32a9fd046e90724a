// The loops themselves. Like a template, this file has no include guard: it is included once per set
// of instructions, with NAME to name a function, TARGET its attribute, and the tiles that fit the
// registers: DOT_ROWS by DOT_COLUMNS inner products, OUTER_ROWS by OUTER_EIGHTS * 8 sums of products.

// Sums of eight neighboring numbers, whatever the registers hold at once.
TARGET static inline double NAME(total)(const eight *sums) {
  eight v = *sums;
  return ((v[0] + v[4]) + (v[2] + v[6])) + ((v[1] + v[5]) + (v[3] + v[7]));
}

TARGET static double NAME(dot)(const double *left, const double *right, ptrdiff_t count) {
  if (count < 8) return short_dot(left, right, count);
  eight low = {0}, high = {0};
  ptrdiff_t i = 0;
  for (; i + 16 <= count; i += 16) {
    low += LOAD(left + i) * LOAD(right + i);
    high += LOAD(left + i + 8) * LOAD(right + i + 8);
  }
  if (i + 8 <= count) {
    low += LOAD(left + i) * LOAD(right + i);
    i += 8;
  }
  if (i < count) {
    high += LAST(LOAD(left + count - 8) * LOAD(right + count - 8), count - i);
  }
  low += high;
  return NAME(total)(&low);
}

TARGET static void NAME(add_scaled)(
    double scale, const double *restrict source, double *restrict target, ptrdiff_t count) {
  ptrdiff_t i = 0;
  for (; i + 8 <= count; i += 8) STORE(LOAD(target + i) + scale * LOAD(source + i), target + i);
  for (; i < count; ++i) target[i] += scale * source[i];
}

// A tile of inner products over at most BLOCK numbers, added to what the blocks before gave.
TARGET INLINE void NAME(dot_tile)(
    const double *left, const double *right, ptrdiff_t inner, ptrdiff_t count, bool is_first,
    double *result, ptrdiff_t columns, const int height, const int width) {
  eight sums[DOT_ROWS][DOT_COLUMNS] = {0};
  eight b[DOT_COLUMNS];
  ptrdiff_t k = 0;
  for (; k + 8 <= count; k += 8) {
    UNROLL for (int c = 0; c < width; ++c) b[c] = LOAD(right + c * inner + k);
    UNROLL for (int r = 0; r < height; ++r) {
      eight a = LOAD(left + r * inner + k);
      UNROLL for (int c = 0; c < width; ++c) sums[r][c] += a * b[c];
    }
  }
  if (k < count) {
    UNROLL for (int c = 0; c < width; ++c) b[c] = LOAD(right + c * inner + count - 8);
    UNROLL for (int r = 0; r < height; ++r) {
      eight a = LOAD(left + r * inner + count - 8);
      UNROLL for (int c = 0; c < width; ++c) sums[r][c] += LAST(a * b[c], count - k);
    }
  }
  UNROLL for (int r = 0; r < height; ++r) {
    UNROLL for (int c = 0; c < width; ++c) {
      double sum = NAME(total)(&sums[r][c]);
      result[r * columns + c] = is_first ? sum : result[r * columns + c] + sum;
    }
  }
}

// Columns of inner products from one block: full tiles, then one for the rows that are left.
TARGET INLINE void NAME(dot_columns)(
    const double *left, ptrdiff_t rows, const double *right, ptrdiff_t inner, ptrdiff_t count,
    bool is_first, double *result, ptrdiff_t columns, const int width) {
#define TILE(height) \
  NAME(dot_tile)(left, right, inner, count, is_first, result, columns, height, width)
  for (; rows >= DOT_ROWS; rows -= DOT_ROWS) {
    TILE(DOT_ROWS);
    left += DOT_ROWS * inner;
    result += DOT_ROWS * columns;
  }
  switch (SMALLER(rows, DOT_ROWS - 1)) {
    case 5: TILE(SMALLER(5, DOT_ROWS)); break;
    case 4: TILE(SMALLER(4, DOT_ROWS)); break;
    case 3: TILE(SMALLER(3, DOT_ROWS)); break;
    case 2: TILE(SMALLER(2, DOT_ROWS)); break;
    case 1: TILE(1); break;
  }
#undef TILE
}

TARGET static void NAME(row_products)(
    const double *left, ptrdiff_t rows, const double *right, ptrdiff_t columns, ptrdiff_t inner,
    double *result) {
  // A few rows of `right` outside: they stay in the first cache while `left`, the smaller one in
  // every use here, goes by.
  for (ptrdiff_t c = 0; c < columns;) {
    bool is_wide = c + DOT_COLUMNS <= columns;
    for (ptrdiff_t k = 0; k == 0 || k < inner; k += BLOCK) {
      ptrdiff_t count = SMALLER(inner - k, BLOCK);
      const double *a = left + k, *b = right + c * inner + k;
      if (is_wide) {
        NAME(dot_columns)(a, rows, b, inner, count, k == 0, result + c, columns, DOT_COLUMNS);
      } else {
        NAME(dot_columns)(a, rows, b, inner, count, k == 0, result + c, columns, 1);
      }
    }
    c += is_wide ? DOT_COLUMNS : 1;
  }
}

// `left` holds `depth` numbers per row of the target, `right` panels of `depth` by eight.
TARGET INLINE void NAME(outer_tile)(
    const double *left, const double *right, ptrdiff_t depth, double keep, double *target,
    ptrdiff_t columns, const int height, const int width) {
  eight sums[OUTER_ROWS][OUTER_EIGHTS];
  UNROLL for (int r = 0; r < height; ++r) {
    UNROLL for (int c = 0; c < width; ++c) {
      sums[r][c] = keep * LOAD(target + r * columns + c * 8);
    }
  }
  for (ptrdiff_t d = 0; d < depth; ++d) {
    eight b[OUTER_EIGHTS];
    UNROLL for (int c = 0; c < width; ++c) b[c] = LOAD(right + (c * depth + d) * 8);
    UNROLL for (int r = 0; r < height; ++r) {
      double a = left[r * depth + d];
      UNROLL for (int c = 0; c < width; ++c) sums[r][c] += a * b[c];
    }
  }
  UNROLL for (int r = 0; r < height; ++r) {
    UNROLL for (int c = 0; c < width; ++c) STORE(sums[r][c], target + r * columns + c * 8);
  }
}

// A part of a row that is narrower than eight.
TARGET INLINE void NAME(outer_rest)(
    const double *left, const double *right, ptrdiff_t depth, double keep, double *target,
    ptrdiff_t width) {
  eight part = {0};
  memcpy(&part, target, (size_t)width * sizeof(double));
  NAME(outer_tile)(left, right, depth, keep, (double *)&part, 8, 1, 1);
  memcpy(target, &part, (size_t)width * sizeof(double));
}

TARGET INLINE void NAME(outer_rows)(
    const double *left, const double *right, ptrdiff_t depth, double keep, double *target,
    ptrdiff_t columns, const int height) {
  ptrdiff_t c = 0;
  for (; c + 8 * OUTER_EIGHTS <= columns; c += 8 * OUTER_EIGHTS) {
    NAME(outer_tile)(
        left, right + c * depth, depth, keep, target + c, columns, height, OUTER_EIGHTS);
  }
  for (; c + 8 <= columns; c += 8) {
    NAME(outer_tile)(left, right + c * depth, depth, keep, target + c, columns, height, 1);
  }
  for (int r = 0; c < columns && r < height; ++r) {
    NAME(outer_rest)(left + r * depth, right + c * depth, depth, keep,
        target + r * columns + c, columns - c);
  }
}

TARGET static void NAME(add_outer_products)(
    double *target, ptrdiff_t rows, ptrdiff_t columns, const double *left, const double *right,
    ptrdiff_t depth, double keep, double *space) {
  double *panels = space + depth * rows;
  pack(left, depth, rows, space, right, columns, panels);
  ptrdiff_t r = 0;
  for (; r + OUTER_ROWS <= rows; r += OUTER_ROWS) {
    NAME(outer_rows)(
        space + r * depth, panels, depth, keep, target + r * columns, columns, OUTER_ROWS);
  }
  for (; r < rows; ++r) {
    NAME(outer_rows)(space + r * depth, panels, depth, keep, target + r * columns, columns, 1);
  }
}

TARGET static double NAME(reduce_row)(
    double *restrict row, double first, const double *restrict update, double second,
    const double *restrict vector, const double *restrict next, double third,
    double *restrict product, ptrdiff_t count) {
  eight sums = {0};
  ptrdiff_t i = 0;
  for (; i + 8 <= count; i += 8) {
    eight value = LOAD(row + i) - (first * LOAD(update + i) + second * LOAD(vector + i));
    STORE(value, row + i);
    sums += value * LOAD(next + i);
    STORE(LOAD(product + i) + third * value, product + i);
  }
  double sum = NAME(total)(&sums);
  for (; i < count; ++i) {
    row[i] -= first * update[i] + second * vector[i];
    sum += row[i] * next[i];
    product[i] += third * row[i];
  }
  return sum;
}

// The upper row of a rotation is mostly the lower row of the next, and then stays in registers.
TARGET static void NAME(rotate)(double *rows, const cv_rotation *rotations, ptrdiff_t count) {
  if (count <= 0) return;
  double *lower = rows + (rotations[0].row + 1) * 8;
  eight b = LOAD(lower);
  for (ptrdiff_t i = 0; i < count; ++i) {
    double *upper = rows + rotations[i].row * 8;
    if (lower != upper + 8) {
      STORE(b, lower);
      lower = upper + 8;
      b = LOAD(lower);
    }
    double cosine = rotations[i].cosine, sine = rotations[i].sine;
    eight a = LOAD(upper);
    STORE(sine * a + cosine * b, lower);
    b = cosine * a - sine * b;
    lower = upper;
  }
  STORE(b, lower);
}

#undef NAME
#undef TARGET
#undef DOT_ROWS
#undef DOT_COLUMNS
#undef OUTER_ROWS
#undef OUTER_EIGHTS
