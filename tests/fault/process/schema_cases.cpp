#include <iostream>
#include <string>

#include <koine/mapping.hpp>

#include "case.hpp"

namespace fault_process {

namespace {

using koine::col;

struct shop {
    std::int64_t id{};
    std::string name{};

    static constexpr auto koine_table() {
        return koine::table("shops", col<&shop::id>(koine::primary_key),
                            col<&shop::name>(koine::length{40}, koine::unique));
    }
};

struct sale {
    std::int64_t id{};
    std::int64_t at{};

    static constexpr auto koine_table() {
        return koine::table("sales", col<&sale::id>(koine::primary_key), col<&sale::at>(koine::foreign_key<&shop::id>));
    }
};

// Waits until its input ends, so that several processes begin at once.
int makes_tables_when_its_input_ends() {
    std::cout << "ready" << std::endl;
    while (std::cin.get() != std::istream::traits_type::eof()) {
    }
    const engine on = koine::create_engine(address);
    koine::map<sale, shop>().create_all(on);
    connection c = on.connect();
    check(c.execute(sql("select count(*) from sales")).one<std::int64_t>() == 0, "the tables are there");
    return 0;
}

}  // namespace

const case_list& schema_cases() {
    static const case_list all{{"makes_tables_when_its_input_ends", &makes_tables_when_its_input_ends}};
    return all;
}

}  // namespace fault_process
