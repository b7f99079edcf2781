#include <koine/driver_abi.h>

#define KOINE_LAYOUT koine_test_layout_now
#define KOINE_LAYOUT_SIZE koine_test_layout_now_size
#include "layout_items.h"
