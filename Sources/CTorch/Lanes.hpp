// Vectors of floats. Like the kernels that use it, this file has no include guard: it is included
// once per instruction set, each time inside another namespace.

using Lanes = float __attribute__((vector_size(32)));
using WideLanes = float __attribute__((vector_size(64)));

template <typename Vector = Lanes>
inline Vector load(const float *start) {
  Vector lanes;
  std::memcpy(&lanes, start, sizeof lanes);
  return lanes;
}

template <typename Vector>
inline void store(float *start, Vector lanes) {
  std::memcpy(start, &lanes, sizeof lanes);
}
