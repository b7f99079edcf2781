#include "engine/echo.hpp"

#include <cstdio>
#include <string>

#include <koine/log.hpp>

namespace koine {
inline namespace v1 {
namespace detail {

void echo::on_statement(const statement_event& what) {
    char time[40];
    std::snprintf(time, sizeof time, " [%.3f ms", static_cast<double>(what.duration.count()) / 1e6);
    std::string line{what.text};
    line += time;
    if (what.rows >= 0) line.append(", ").append(std::to_string(what.rows)).append(what.rows == 1 ? " row" : " rows");
    line += "]";
    if (what.values.size() > 2) line.append(" ").append(what.values);
    if (what.place.line != 0)
        line.append(" at ").append(what.place.file).append(":").append(std::to_string(what.place.line));
    // The message may quote values.
    if (what.error != nullptr) {
        line.append(" failed: ").append(to_string(what.error->code));
        if (mode_ == echo_mode::with_values) line.append(": ").append(what.error->message);
    }
    for (char& c : line)
        if (c == '\n' || c == '\r') c = ' ';
    log(log_level::info, line);
}

}  // namespace detail
}  // namespace v1
}  // namespace koine
