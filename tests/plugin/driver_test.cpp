// Drivers in shared libraries: what is loaded, and what is refused with which words.
#include <atomic>
#include <filesystem>
#include <fstream>
#include <thread>
#include <vector>

#include <sys/stat.h>

#include <koine/connection.hpp>
#include <koine/engine.hpp>
#include <koine/sql/text.hpp>

#include <koine_test/temp_dir.hpp>

#include "registry.hpp"

namespace {

using koine::errc;
using koine_test::expect_part;
using koine_test::library;
using koine_test::refusal;
using koine_test::searching_registry;

// The process and the registry are as good as before.
void works_afterwards(koine::registry& names) {
    EXPECT_EQ(names.find_driver("none", "sqlite")->name(), "none");
    EXPECT_EQ(names.find_dialect("sqlite")->name(), "sqlite");
}

// The file is refused when its name is looked up and when it is loaded by its path; both name it
// and say `part`.
void is_refused(std::string_view name, std::initializer_list<std::string_view> parts) {
    searching_registry names{{KOINE_TEST_LIBRARIES}};
    for (int twice = 0; twice < 2; ++twice) {
        const auto found = refusal(errc::bad_plugin, [&] { names.find_driver(name, "sqlite"); });
        const auto loaded = refusal(errc::bad_plugin, [&] { names.load_driver(library(name)); });
        for (const auto& info : {found, loaded}) {
            expect_part(info.message, library(name));
            for (const auto part : parts) expect_part(info.message, part);
        }
    }
    EXPECT_TRUE(names.driver_names().empty());
    works_afterwards(names);
}

TEST(driver, is_loaded_when_a_url_names_it) {
    const koine_test::temp_dir folder;
    searching_registry names{{KOINE_TEST_PLUGINS}};
    EXPECT_TRUE(names.driver_names().empty());
    const auto engine = koine::create_engine("sqlite:///" + (folder.path() / "test.db").string(), names);
    koine::connection on = engine.connect();
    on.execute(koine::sql("create table t (id integer primary key, name text)"));
    on.execute(koine::sql("insert into t (name) values (:name)", {{"name", "plugged in"}}));
    on.commit();
    EXPECT_EQ(on.execute(koine::sql("select name from t")).one<std::string>(), "plugged in");
    EXPECT_EQ(names.driver_names(), std::vector<std::string>{"sqlite3"});
    EXPECT_NO_THROW(koine::create_engine("sqlite+sqlite3://", names));
}

TEST(driver, is_loaded_by_an_absolute_path_under_its_own_name) {
    koine::registry names;
    EXPECT_EQ(names.load_driver(library("none")), "none");
    EXPECT_EQ(names.find_driver("none", "")->name(), "none");
    const auto again = refusal(errc::usage, [&] { names.load_driver(library("none")); });
    expect_part(again.message, "the driver none is registered already");
}

TEST(driver, is_not_loaded_by_a_relative_path) {
    koine::registry names;
    for (const std::string path : {"libkoine_driver_none.so", "./libkoine_driver_none.so", ""}) {
        const auto info = refusal(errc::usage, [&] { names.load_driver(path); });
        expect_part(info.message, "absolute path, not by '" + path + "'");
    }
    refusal(errc::usage, [&] { names.load_driver(library("none") + std::string("\0.so", 4)); });
}

TEST(driver, is_loaded_once_by_threads_that_ask_at_the_same_time) {
    const searching_registry names{{KOINE_TEST_LIBRARIES}};
    std::atomic<int> waiting{0};
    constexpr std::size_t count = 8;
    std::vector<std::shared_ptr<const koine::registered_driver>> found(count);
    std::vector<std::thread> threads;
    for (std::size_t i = 0; i < count; ++i)
        threads.emplace_back([&, i] {
            ++waiting;
            while (waiting < static_cast<int>(count)) std::this_thread::yield();
            found[i] = names.find_driver("none", "sqlite");
        });
    for (auto& thread : threads) thread.join();
    for (const auto& driver : found) EXPECT_EQ(driver, found.front());
}

TEST(driver, is_looked_for_in_no_directory_unless_the_registry_was_told_to) {
    const koine::registry names;
    const auto info = refusal(errc::unknown_name, [&] { names.find_driver("none", ""); });
    EXPECT_EQ(info.message, "unknown driver `none`; known: none");
}

TEST(driver, that_is_missing_is_told_with_the_directories) {
    searching_registry names{{"/no/such/directory", KOINE_TEST_LIBRARIES}};
    names.load_driver(library("none"));
    const auto info = refusal(errc::unknown_name, [&] { names.find_driver("nine", "sqlite"); });
    EXPECT_EQ(info.message,
              "unknown driver `nine`; known: none; did you mean `none`?; there is no libkoine_driver_nine.so in "
              "/no/such/directory, " KOINE_TEST_LIBRARIES);
    const auto loaded = refusal(errc::bad_plugin, [&] { names.load_driver(library("nine")); });
    expect_part(loaded.message, library("nine") + ": No such file or directory");
}

TEST(driver, of_another_version_is_told_with_both_versions) {
    is_refused("speaks_older", {"it speaks version 0.0 of the driver contract, and was asked for 1.0"});
    is_refused("speaks_newer", {"it speaks version 1.3 of the driver contract, and was asked for 1.0"});
    is_refused("refuses_as_newer", {"it speaks version 2.7 of the driver contract, this Koine 1.0", "other words"});
    is_refused("refuses_as_older", {"it speaks another version of the driver contract, this Koine 1.0", "other words"});
}

TEST(driver, without_an_entry_point_is_refused) {
    is_refused("no_entry", {"no driver for Koine: it has no function koine_driver_init"});
}

TEST(driver, whose_init_fails_is_refused_with_its_words) {
    is_refused("fails", {"its init function failed: the licence has run out"});
    is_refused("fails_in_silence", {"its init function failed: unknown"});
    is_refused("answers_nonsense", {"its init function answered 1, which is neither"});
}

TEST(driver, whose_init_throws_is_refused) {
    is_refused("throws", {"its init function threw: the licence server is on fire"});
    is_refused("throws_a_number", {"its init function threw something"});
}

TEST(driver, with_a_table_of_another_size_is_refused) {
    const std::string bytes = std::to_string(sizeof(koine_driver));
    is_refused("small_table", {"its table has 64 bytes; version 1.0 of the driver contract has " + bytes});
    is_refused("large_table", {"its table has " + std::to_string(sizeof(koine_driver) + 8) + " bytes", bytes});
}

TEST(driver, with_an_incomplete_table_is_refused) {
    is_refused("lacks_functions", {"it lacks functions of version 1.0 of the driver contract: prepare, fetch"});
    is_refused("no_queue", {"it lacks functions of version 1.0 of the driver contract: enqueue, flush"});
    is_refused("lacks_capabilities", {"it has no capabilities"});
    is_refused("lacks_options", {"it has no list of options"});
    is_refused("nameless", {"its name '' is not [a-z][a-z0-9_]{0,31}"});
}

class files : public ::testing::Test {
protected:
    std::string place(std::string_view name) const {
        return (folder_.path() / ("libkoine_driver_" + std::string{name} + ".so")).string();
    }
    // What is said of the file when its name is looked up.
    std::string told(std::string_view name) {
        searching_registry names{{folder_.path().string(), KOINE_TEST_LIBRARIES}};
        const auto info = refusal(errc::bad_plugin, [&] { names.find_driver(name, "sqlite"); });
        works_afterwards(names);
        return info.message;
    }

    koine_test::temp_dir folder_{};
};

TEST_F(files, that_are_no_libraries_are_refused) {
    std::ofstream{place("text")} << "Dear reader, this is no shared library.\n" << std::string(4096, ' ');
    expect_part(told("text"), place("text") + ": invalid ELF header");
    std::ofstream{place("nothing")};
    expect_part(told("nothing"), place("nothing") + ": file too short");
    std::filesystem::create_directory(place("folder"));
    EXPECT_EQ(told("folder"), place("folder") + ": it is a directory");
    ASSERT_EQ(::mkfifo(place("pipe").c_str(), 0600), 0);
    EXPECT_EQ(told("pipe"), place("pipe") + ": it is not a regular file");
}

TEST_F(files, that_everyone_may_change_are_refused) {
    std::filesystem::copy(library("no_queue"), place("open"));
    ASSERT_EQ(::chmod(place("open").c_str(), 0757), 0);
    EXPECT_EQ(told("open"), place("open") + ": everyone may write to it");
    ASSERT_EQ(::chmod(place("open").c_str(), 0755), 0);
    expect_part(told("open"), "enqueue");
    ASSERT_EQ(::chmod(folder_.path().c_str(), 01777), 0);
    EXPECT_EQ(told("open"), place("open") + ": everyone may write to its directory");
}

TEST_F(files, are_found_by_the_name_that_is_in_them) {
    std::filesystem::copy(library("none"), place("some"));
    EXPECT_EQ(told("some"), place("some") + ": the driver in it is called none");
}

TEST_F(files, in_front_hide_those_behind_them) {
    std::filesystem::copy(library("throws"), place("none"));
    searching_registry names{{KOINE_TEST_LIBRARIES, folder_.path().string()}};
    EXPECT_NO_THROW(names.find_driver("none", "sqlite"));
    names.search_plugins(koine::plugin_path{{folder_.path().string(), KOINE_TEST_LIBRARIES}});
    EXPECT_NO_THROW(names.find_driver("none", "sqlite")) << "what is registered is not looked for";
    searching_registry other{{folder_.path().string(), KOINE_TEST_LIBRARIES}};
    expect_part(refusal(errc::bad_plugin, [&] { other.find_driver("none", "sqlite"); }).message, "on fire");
}

TEST_F(files, are_not_looked_for_by_hostile_names) {
    // A sound driver stands wherever such a name could lead.
    const auto plant = [&](const std::filesystem::path& at) {
        std::filesystem::create_directories(at.parent_path());
        std::filesystem::copy(library("none"), at);
    };
    plant(folder_.path() / "libkoine_driver_a" / "b.so");
    plant(folder_.path() / "libkoine_driver_.." / "x.so");
    plant(folder_.path() / "libkoine_driver_cut");
    for (const std::string name : {"", "UPPER", "1st", "_x", "with-dash", "with.dot", "with space", "caf\xC3\xA9"})
        plant(place(name));
    const std::string longest(32, 'n');
    plant(place(longest));
    plant(place(longest + "n"));

    searching_registry names{{folder_.path().string()}};
    for (const std::string& name :
         {std::string{"../x"}, std::string{"a/b"}, std::string{"cut\0", 4}, std::string{"UPPER"}, std::string{"1st"},
          std::string{"_x"}, std::string{"with-dash"}, std::string{"with.dot"}, std::string{"with space"},
          std::string{"caf\xC3\xA9"}, longest + "n", std::string(100000, 'x'), std::string{"/etc/passwd"},
          std::string{"%2e%2e"}, std::string{"x;y"}, std::string{"x\ny"}}) {
        const auto driver = refusal(errc::unknown_name, [&] { names.find_driver(name, "sqlite"); });
        expect_part(driver.message, "no file was looked for: the name of a plugin is [a-z][a-z0-9_]{0,31}");
        const auto dialect = refusal(errc::unknown_name, [&] { names.find_dialect(name); });
        expect_part(dialect.message, "no file was looked for: the name of a plugin is [a-z][a-z0-9_]{0,31}");
        EXPECT_LT(dialect.message.size(), 400U);
    }
    refusal(errc::unknown_name, [&] { names.find_dialect(""); });
    refusal(errc::unknown_name, [&] { names.find_driver("", "no such dialect"); });
    EXPECT_TRUE(names.driver_names().empty());
    expect_part(refusal(errc::bad_plugin, [&] { names.find_driver(longest, "sqlite"); }).message,
                "the driver in it is called none");
}

}  // namespace
