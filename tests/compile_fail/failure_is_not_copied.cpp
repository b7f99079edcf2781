// expect: deleted
// max lines: 20
#include <utility>

#include <koine/result.hpp>

koine::failure pass_on(koine::failure& error) {
#ifdef KOINE_BAD
    koine::failure copy = error;
    return copy;
#else
    return std::move(error);
#endif
}
