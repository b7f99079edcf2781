// Prints where plugins are looked for, and what was left out.
#include <iostream>

#include <koine/plugin_path.hpp>

int main() {
    const auto where = koine::plugin_path::from_environment();
    for (const auto& directory : where.directories()) std::cout << directory << '\n';
    std::cout << "left out: " << where.left_out() << '\n';
}
