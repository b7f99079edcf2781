// What the ways of a process to end have in common.
#pragma once

#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <iostream>
#include <map>
#include <string>

#include <koine/connection.hpp>
#include <koine/create_engine.hpp>
#include <koine/error.hpp>

namespace fault_process {

using koine::connection;
using koine::engine;
using koine::errc;
using koine::sql;

// The database.
inline std::string address{};
// Whether this is a child of the process that was started.
inline bool forked_here = false;

inline void check(bool holds, const char* what) {
    if (holds) return;
    std::cerr << (forked_here ? "child: " : "parent: ") << what << std::endl;
    std::_Exit(1);
}

// An engine on the database, with a new table `marks (id)`.
inline engine make_engine() {
    koine::engine_options options;
    options.pool.size = 3;
    options.cancel_grace = std::chrono::seconds{60};
    engine made = koine::create_engine(address, options);
    made.begin([](connection& c) {
        c.execute(sql("drop table if exists marks"));
        c.execute(sql("create table marks (id bigint primary key)"));
    });
    return made;
}

using case_list = std::map<std::string, int (*)()>;
// Sessions, scoped sessions and their objects at the end. Each case commits the marks 1 and leaves
// others uncommitted.
const case_list& session_cases();
// Several processes that make the same tables.
const case_list& schema_cases();

}  // namespace fault_process
