// Symbol visibility and the two small compiler shims that public headers need.
#pragma once

#if defined(KOINE_STATIC_DEFINE)
#define KOINE_API
#else
#define KOINE_API __attribute__((visibility("default")))
#endif

#define KOINE_COLD __attribute__((cold, noinline))
