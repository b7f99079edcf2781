/*
 * One struct, one field of a struct, or one constant (its value as the offset) of the driver
 * contract.
 */
#ifndef KOINE_TEST_LAYOUT_H
#define KOINE_TEST_LAYOUT_H

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

struct koine_test_item {
    const char* name;
    size_t offset;
    size_t size;
};

extern const struct koine_test_item koine_test_layout_v1[];
extern const size_t koine_test_layout_v1_size;
extern const struct koine_test_item koine_test_layout_now[];
extern const size_t koine_test_layout_now_size;

#ifdef __cplusplus
}
#endif
#endif
