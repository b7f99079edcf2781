// Tests of the dialects mariadb and mysql on MariaDB: the same for both, so that MariaDB proves as
// much of mysql as it can.
#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <string>
#include <vector>

#include <koine/connection.hpp>
#include <koine/create_engine.hpp>
#include <koine/dialect.hpp>
#include <koine/engine.hpp>
#include <koine/error.hpp>
#include <koine/mapping/metadata.hpp>
#include <koine/schema/table_info.hpp>

#include <koine_test/captured_log.hpp>
#include <koine_test/mariadb_server.hpp>

namespace koine::test {

using koine_test::mariadb_server;

class family : public testing::TestWithParam<const char*> {
protected:
    void SetUp() override {
        KOINE_NEEDS_MARIADB();
        const std::string url = mariadb_server::shared().socket_url(mariadb_server::shared().create_database());
        on = create_engine(GetParam() + url.substr(url.find(':')));
    }
    void create(const table_info& table) const { metadata{}.add(&table).create_all(on); }
    void run(const std::string& text) const {
        on.begin([&](connection& c) { c.execute(sql(unsafe_sql(text))); });
    }
    std::string text(const std::string& query) const {
        return on.begin([&](connection& c) { return c.execute(sql(unsafe_sql(query))).one<std::string>(); });
    }
    std::int64_t number(const std::string& query) const {
        return on.begin([&](connection& c) { return c.execute(sql(unsafe_sql(query))).one<std::int64_t>(); });
    }
    // The code with which a text fails; errc{} if it does not.
    errc failure_of(const std::string& text) const {
        try {
            run(text);
        } catch (const error& why) {
            return why.code();
        }
        return errc{};
    }

    engine on{};

private:
    koine_test::captured_log unheard_{};  // a mysql:// URL that reaches MariaDB is meant here
};

}  // namespace koine::test
