/// The whole boundary between Swift and libtorch: plain C, private to this package.
///
/// Ownership: every `ct_tensor *` and `char *` handed out is the caller's; release each once with
/// `ct_tensor_release` or `ct_message_free`. Arguments are only borrowed for the call.
/// Failure: functions that can fail return NULL on success and otherwise a message.
#ifndef CTORCH_H
#define CTORCH_H

#include <stdbool.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct ct_tensor ct_tensor;
typedef struct ct_operator ct_operator;

/// What a `ct_value` holds.
typedef enum ct_kind : int32_t {
  CT_NONE = 0,
  CT_TENSOR,
  CT_INTEGER,
  CT_REAL,
  CT_BOOLEAN,
  CT_INTEGERS,          // pointer to int64_t
  CT_REALS,             // pointer to double
  CT_BOOLEANS,          // pointer to int64_t, 0 or 1
  CT_TENSORS,           // pointer to ct_tensor *
  CT_OPTIONAL_TENSORS,  // the same, NULL entries allowed
  CT_STRING,            // pointer to count bytes of UTF-8
  CT_DEVICE,            // integer: kind * 256 + index
  CT_GENERATOR,         // integer: the seed; count: the device, as above
  CT_DEFAULT,           // the schema's default for this argument
  CT_SCALAR_OPTIONALS   // an empty list of optional scalars
} ct_kind;

/// One argument or result of an operator. `count` is the length of lists.
typedef struct ct_value {
  ct_kind kind;
  int64_t count;
  union {
    int64_t integer;
    double real;
    ct_tensor *tensor;
    const void *list;
  };
} ct_value;

/// What a tensor is; `shape` stays valid while the tensor lives.
typedef struct ct_description {
  int32_t element_type;  // c10::ScalarType
  int32_t device_kind;   // c10::DeviceType
  int32_t device_index;
  int32_t rank;
  const int64_t *shape;
  const int64_t *strides;
  int64_t element_count;
  bool requires_gradient;
  bool is_contiguous;
  bool is_conjugated;
  void *data;            // first element, or NULL
} ct_description;

// Operators. Looked up once by schema name ("aten::add") and overload ("Tensor"); kept forever.
char *ct_operator_find(const char *name, const char *overload, const ct_operator **found);
/// Calls an operator. Missing trailing arguments take the schema's defaults. `capacity` results fit
/// into `results`; `result_count` tells how many there are. A list of tensors comes back as one
/// CT_TENSORS value whose array must be released with `ct_list_free` after its tensors were taken.
char *ct_operator_call(
  const ct_operator *op, const ct_value *arguments, int32_t argument_count,
  ct_value *results, int32_t capacity, int32_t *result_count);
void ct_list_free(const void *list);
void ct_message_free(char *message);

// Tensors.
void ct_tensor_release(ct_tensor *tensor);
void ct_tensor_describe(const ct_tensor *tensor, ct_description *description);
/// True when no other handle, view or gradient graph shares the tensor's memory and no two elements
/// share a place.
bool ct_tensor_is_unique(const ct_tensor *tensor);
/// The same memory outside any gradient graph, or as a fresh leaf of one.
char *ct_tensor_leaf(const ct_tensor *tensor, bool requires_gradient, ct_tensor **result);

// Differentiation.
/// Gradients of the sum of `outputs`, weighted by `weights` (NULL for a scalar's weight of 1), at
/// `inputs`; an input that the outputs do not depend on yields NULL.
char *ct_gradient(
  ct_tensor *const *outputs, ct_tensor *const *weights, int32_t output_count,
  ct_tensor *const *inputs, int32_t input_count,
  bool retain_graph, bool create_graph, ct_tensor **gradients);
/// Counts the gradient scopes of this thread up (1) or down (-1); returns how many there were.
int32_t ct_enter_gradient_scope(int32_t change);
/// Switches gradient recording for this thread; returns what it was.
bool ct_set_gradient_recording(bool enabled);

/// Switches for this thread whether operators that gain from it compute in a shorter element type on
/// that kind of device; returns what was.
bool ct_set_autocast(int32_t device_kind, int32_t element_type, bool enabled);

// The machine.
int32_t ct_device_count(int32_t device_kind);
char *ct_synchronize(int32_t device_kind, int32_t device_index);
int32_t ct_thread_count(void);
void ct_set_thread_count(int32_t count);
void ct_set_deterministic(bool enabled);
/// Keeps so many bytes of freed memory instead of handing them back to the system (glibc only).
void ct_keep_freed_memory(int64_t bytes);
const char *ct_version(void);

// Kernel choice: products with at least this many multiply-adds go to oneDNN; negative is never.
/// Where libtorch was built without oneDNN's products the setting stays at never.
void ct_set_onednn_threshold(int64_t multiply_adds);
int64_t ct_onednn_threshold(void);

#ifdef __cplusplus
}
#endif
#endif
