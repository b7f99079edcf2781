// Starting a background thread that never runs the application's signal handlers.
#pragma once

#include <thread>

namespace koine::platform {

// Runs body(context) on a new thread with every signal blocked. Throws std::system_error.
std::thread start_quiet_thread(void (*body)(void*), void* context);

}  // namespace koine::platform
