// A program that has nothing of Koine but its installed headers and libraries. Prints a URL without its password.
#include <iostream>

#include <koine/create_engine.hpp>
#include <koine/url.hpp>

int main() {
    std::cout << koine::url::parse("postgresql://app:geheim@localhost/app") << '\n';
    koine::engine engine = koine::create_engine("sqlite://");
}
