// Whether tests may do without the servers that they need.
#pragma once

namespace koine_test {

// Where KOINE_REQUIRE_SERVERS=1 is in the environment, tests may not skip for the lack of a server.
bool servers_required();

}  // namespace koine_test
