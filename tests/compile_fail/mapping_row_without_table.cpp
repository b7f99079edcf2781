// expect: koine: this type cannot be stored in a column
// max lines: 26
#include <cstdint>
#include <string>
#include <vector>

#include <koine/rows.hpp>

using koine::col;

struct Sum {
    std::string name{};
    std::int64_t total{};
#ifndef KOINE_BAD
    static constexpr auto koine_table() {
        return koine::table("sums", col<&Sum::name>, col<&Sum::total>);
    }
#endif
};

std::vector<Sum> sums(koine::rows& from) {
    return from.into<Sum>();
}
