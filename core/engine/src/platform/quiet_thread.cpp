#include "platform/quiet_thread.hpp"

#include <pthread.h>

#include <csignal>

namespace koine::platform {

std::thread start_quiet_thread(void (*body)(void*), void* context) {
    // The new thread inherits the mask of the thread that makes it.
    struct masked {
        sigset_t before{};
        masked() {
            sigset_t all;
            sigfillset(&all);
            pthread_sigmask(SIG_SETMASK, &all, &before);
        }
        ~masked() { pthread_sigmask(SIG_SETMASK, &before, nullptr); }
    } guard;
    return std::thread{body, context};
}

}  // namespace koine::platform
