// plugin <directory>: the code of docs/plugins.md, with the driver of greeter.cpp in a shared
// library in that directory.
#include <iostream>
#include <memory>
#include <string>

#include <koine/dialects/sqlite.hpp>
#include <koine/koine.hpp>
#include <koine/registry.hpp>

namespace {

void expect(bool so, koine::here where = koine::here::now()) {
    if (so) return;
    std::cerr << "line " << where.line << ": not as documented\n";
    std::exit(1);
}

std::string greet(const koine::engine& engine) {
    return engine.connect().execute(koine::sql("greet :name", {{"name", "reader"}})).one<std::string>();
}

}  // namespace

int main(int, char** argv) {
    const std::string directory = argv[1];
    {
        koine::registry& names = koine::default_registry();
        names.load_driver(directory + "/libkoine_driver_greeter.so");
        const auto engine = koine::create_engine("sqlite+greeter://?word=good%20day");
        expect(greet(engine) == "good day, reader");
    }
    {
        koine::registry names;
        names.add_dialect(std::make_shared<const koine::dialects::sqlite>(), "greeter");
        names.search_plugins(koine::plugin_path{{directory}});
        expect(greet(koine::create_engine("sqlite://", names)) == "hello, reader");
    }
    {
        try {
            koine::create_engine("sqlite+greter://");
        } catch (const koine::usage_error& why) {
            expect(why.code() == koine::errc::unknown_name);
            std::cerr << why.what() << '\n';  // what is known, the nearest, and where was looked
        }
    }
}
