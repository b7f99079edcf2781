// Prints where plugins are looked for, and what was left out.
#include <cstdlib>
#include <iostream>

#include <koine/plugin_path.hpp>

int main() {
    const auto where = koine::plugin_path::from_environment();
    for (const auto& directory : where.directories()) std::cout << directory << '\n';
    std::cout << "left out: " << where.left_out() << std::endl;
    // The search for leaks at the end traces its own process, which a program that has changed its
    // user may not.
    std::_Exit(0);
}
