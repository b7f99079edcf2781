// What can be wrong with the drivers that are built for these tests.
#pragma once

namespace koine_test {

enum class fault {
    none,
    fails,
    fails_in_silence,
    throws,
    throws_a_number,
    answers_nonsense,
    refuses_as_newer,
    refuses_as_older,
    speaks_older,
    speaks_newer,
    small_table,
    large_table,
    lacks_functions,
    lacks_capabilities,
    lacks_options,
    no_queue,
    nameless
};

}  // namespace koine_test
