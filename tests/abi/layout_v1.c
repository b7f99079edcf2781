#include "driver_abi_v1.h"

#define KOINE_LAYOUT koine_test_layout_v1
#define KOINE_LAYOUT_SIZE koine_test_layout_v1_size
#include "layout_items.h"
