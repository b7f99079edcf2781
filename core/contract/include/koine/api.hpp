// Symbol visibility and the two small compiler shims that public headers need.
#pragma once

// KOINE_STATIC_DEFINE comes with Koine's static libraries: they are hidden in what they are linked
// into, so that an application's shared library does not export them.
#if defined(KOINE_STATIC_DEFINE)
#define KOINE_API
#else
#define KOINE_API __attribute__((visibility("default")))
#endif

#define KOINE_COLD __attribute__((cold, noinline))
