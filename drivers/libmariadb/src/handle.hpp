// The client library's objects, owned.
#pragma once

#include <memory>

#include <mysql.h>

namespace koine::libmariadb {

struct close_connection {
    void operator()(MYSQL* connection) const noexcept { mysql_close(connection); }
};
struct free_result {
    void operator()(MYSQL_RES* result) const noexcept { mysql_free_result(result); }
};
using connection_ptr = std::unique_ptr<MYSQL, close_connection>;
// Only for results that are read to their end: freeing others reads from the line.
using result_ptr = std::unique_ptr<MYSQL_RES, free_result>;

}  // namespace koine::libmariadb
