// The assertions of the programs in this folder.
#pragma once

#include <cstdlib>
#include <iostream>

#include <koine/koine.hpp>

// Ends the program with exit code 1 if what a document says is not so.
inline void expect(bool so, koine::here where = koine::here::now()) {
    if (so) return;
    std::cerr << "line " << where.line << ": not as documented\n";
    std::exit(1);
}

// Whether work() throws this class.
template <class Error, class Work>
bool throws(Work&& work) {
    try {
        work();
    } catch (const Error&) {
        return true;
    }
    return false;
}
