// What the tests of the unit of work run on: the same tests over each backend, with tables of their
// own for every test.
#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <koine/create_engine.hpp>
#include <koine/mapping.hpp>
#include <koine/orm/session.hpp>
#include <koine_test/temp_dir.hpp>
#if defined(KOINE_TEST_POSTGRESQL)
#include <koine_test/pg_cluster.hpp>
#endif
#if defined(KOINE_TEST_MARIADB)
#include <koine_test/captured_log.hpp>
#include <koine_test/mariadb_server.hpp>
#endif

#include "strict_relay.hpp"

namespace koine_test {

using koine::col;

struct user {
    std::int64_t id{};
    std::string name{};
    std::optional<std::string> email{};
    double score{};

    static constexpr auto koine_table() {
        return koine::table("users", col<&user::id>(koine::primary_key),
                            col<&user::name>(koine::length{200}, koine::unique), col<&user::email>, col<&user::score>);
    }
};

// A key that the program gives, of text.
struct country {
    std::string code{};
    std::string name{};

    static constexpr auto koine_table() {
        return koine::table("countries", col<&country::code>(koine::primary_key, koine::length{40}),
                            col<&country::name>);
    }
};

// A key of two columns.
struct seat {
    std::int32_t row{};
    std::string number{};
    std::string guest{};

    static constexpr auto koine_table() {
        return koine::table("seats", col<&seat::row>(koine::primary_key),
                            col<&seat::number>(koine::primary_key, koine::length{40}), col<&seat::guest>);
    }
};

// Counted versions, and a column that the database fills in.
struct document {
    std::int64_t id{};
    std::string title{};
    std::int32_t revision{};
    std::string state{};

    static constexpr auto koine_table() {
        return koine::table("documents", col<&document::id>(koine::primary_key), col<&document::title>,
                            col<&document::revision>(koine::version),
                            col<&document::state>(koine::server_default{"'draft'"}));
    }
};

// Rows that refer to rows of their own table, with keys of the program.
struct folder {
    std::int64_t id{};
    std::optional<std::int64_t> parent{};
    std::string name{};

    static constexpr auto koine_table() {
        return koine::table("folders", col<&folder::id>(koine::primary_key, koine::not_generated),
                            col<&folder::parent>(koine::foreign_key<&folder::id>), col<&folder::name>);
    }
};

struct post {
    std::int64_t id{};
    std::int64_t author{};
    std::string text{};

    static constexpr auto koine_table() {
        return koine::table("posts", col<&post::id>(koine::primary_key),
                            col<&post::author>(koine::foreign_key<&user::id>), col<&post::text>);
    }
};

// A backend by an engine on an empty database. `directory` is the test's own.
struct backend {
    const char* name;
    koine::engine (*open)(const std::string& directory);
    bool shared;  // several sessions can be open at once
};

inline koine::engine sqlite_file(const std::string& directory) {
    return koine::create_engine("sqlite:///" + directory + "/test.db");
}
inline koine::engine sqlite_memory(const std::string&) {
    return koine::create_engine("sqlite://");
}

inline koine::engine relay(const std::string& directory) {
    return strict_relay::of_this_test().open(directory);
}

#if defined(KOINE_TEST_POSTGRESQL)
// One database for all tests of the process: the tables are made anew for each.
inline koine::engine postgresql(const std::string&) {
    static const std::string database = pg_cluster::shared().create_database();
    return koine::create_engine(pg_cluster::shared().socket_url(database));
}
#endif

#if defined(KOINE_TEST_MARIADB)
inline koine::engine mariadb(const std::string&) {
    static const std::string database = mariadb_server::shared().create_database();
    return koine::create_engine(mariadb_server::shared().socket_url(database));
}

// The dialect mysql on MariaDB: never RETURNING. What it has to say of that is known here.
inline koine::engine mysql(const std::string&) {
    static const std::string database = mariadb_server::shared().create_database();
    static const captured_log unheard;
    const std::string url = mariadb_server::shared().socket_url(database);
    return koine::create_engine("mysql" + url.substr(url.find(':')));
}
#endif

inline const std::vector<backend>& backends() {
    static const std::vector<backend> all = [] {
        std::vector<backend> found{
            {"sqlite_file", &sqlite_file, true}, {"sqlite_memory", &sqlite_memory, false}, {"relay", &relay, true}};
#if defined(KOINE_TEST_POSTGRESQL)
        if (has_postgres() || servers_required()) found.push_back({"postgresql", &postgresql, true});
#endif
#if defined(KOINE_TEST_MARIADB)
        if (has_mariadb() || servers_required()) {
            found.push_back({"mariadb", &mariadb, true});
            found.push_back({"mysql", &mysql, true});
        }
#endif
        return found;
    }();
    return all;
}

inline std::string name_of(const testing::TestParamInfo<backend>& info) {
    return info.param.name;
}

class orm : public testing::TestWithParam<backend> {
protected:
    orm() : engine{GetParam().open(directory_.path().string())} {
        tables_ = koine::map<user, country, seat, document, folder, post>();
        tables_.drop_all(engine);
        tables_.create_all(engine);
    }

    void TearDown() override { EXPECT_EQ(strict_relay::of_this_test().violations(), std::vector<std::string>{}); }
    koine::session open(koine::session_options options = {}) { return koine::session{engine, options}; }
    // What the database has now, seen by a session of its own. Not for backends that cannot have
    // two, while another one is at work.
    template <class T>
    std::vector<T> stored() {
        koine::session other{engine};
        std::vector<T> rows = other.query<T>().values();
        other.close();
        return rows;
    }
    std::optional<user> stored_user(std::int64_t id) {
        for (const user& one : stored<user>())
            if (one.id == id) return one;
        return std::nullopt;
    }
    std::int64_t insert_user(const std::string& name) {
        koine::session other{engine};
        const auto added = other.add(user{.name = name});
        other.commit();
        return static_cast<const user&>(added).id;
    }

private:
    temp_dir directory_{};
    koine::metadata tables_{};

public:
    koine::engine engine;
};

// For tests with two sessions at once.
class orm_shared : public orm {
protected:
    // Another session changes a row and commits.
    template <class T, class Key, class Change>
    void elsewhere(const Key& key, Change&& change) {
        koine::session other{engine};
        auto found = other.get<T>(key);
        change(*found);
        other.commit();
    }
};

// The code with which something fails.
template <class Call>
koine::errc code_of(Call&& call) {
    try {
        call();
    } catch (const koine::error& why) {
        return why.code();
    }
    return koine::errc{};
}

template <class Call>
std::string message_of(Call&& call) {
    try {
        call();
    } catch (const koine::error& why) {
        return why.info().message;
    }
    return {};
}

inline std::vector<backend> shared_backends() {
    std::vector<backend> some;
    for (const backend& one : backends())
        if (one.shared) some.push_back(one);
    return some;
}

}  // namespace koine_test
