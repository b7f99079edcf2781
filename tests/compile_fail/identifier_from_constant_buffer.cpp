// expect: constant expression
// max lines: 16
#include <string_view>

#include <koine/identifier.hpp>

struct record {
    char name[24];
};

koine::identifier name_of(const record& from) {
#ifdef KOINE_BAD
    return from.name;
#else
    return koine::identifier{std::string_view{from.name}};
#endif
}
