// A program that has nothing of Koine but its installed headers and libraries.
#include <koine/errc.hpp>

int main() { return koine::errc::unknown == koine::errc::connect_failed; }
