// Dialects in shared libraries.
#include <koine/connection.hpp>
#include <koine/engine.hpp>
#include <koine/sql/text.hpp>
#include <koine/version.hpp>

#include "registry.hpp"

namespace {

using koine::errc;
using koine_test::expect_part;
using koine_test::refusal;
using koine_test::searching_registry;

std::string library(std::string_view name) {
    return std::string{KOINE_TEST_LIBRARIES "/libkoine_dialect_"}.append(name).append(".so");
}

void is_refused(std::string_view name, std::initializer_list<std::string_view> parts) {
    searching_registry names{{KOINE_TEST_LIBRARIES}};
    const auto found = refusal(errc::bad_plugin, [&] { names.find_dialect(name); });
    const auto loaded = refusal(errc::bad_plugin, [&] { names.load_dialect(library(name)); });
    for (const auto& info : {found, loaded}) {
        expect_part(info.message, library(name));
        for (const auto part : parts) expect_part(info.message, part);
    }
    EXPECT_EQ(names.dialect_names(), std::vector<std::string>{"sqlite"});
    EXPECT_EQ(names.find_dialect("sound")->name(), "sound") << "the process goes on";
}

TEST(dialect, is_loaded_with_its_driver_when_a_url_names_it) {
    searching_registry names{{KOINE_TEST_PLUGINS, KOINE_TEST_LIBRARIES}};
    const auto engine = koine::create_engine("sound://", names);
    EXPECT_EQ(engine.dialect().name(), "sound");
    koine::connection on = engine.connect();
    EXPECT_EQ(on.execute(koine::sql("select :a + :b", {{"a", 2}, {"b", 3}})).one<std::int64_t>(), 5);
    EXPECT_EQ(names.dialect_names(), (std::vector<std::string>{"sound", "sqlite"}));
    EXPECT_EQ(names.driver_names(), std::vector<std::string>{"sqlite3"});
}

TEST(dialect, is_loaded_by_an_absolute_path) {
    koine::registry names;
    EXPECT_EQ(names.load_dialect(library("sound")), "sound");
    EXPECT_EQ(names.find_dialect("sound")->name(), "sound");
    refusal(errc::usage, [&] { names.load_dialect(library("sound")); });
    refusal(errc::usage, [&] { names.load_dialect("libkoine_dialect_sound.so"); });
}

TEST(dialect, throws_errors_that_the_program_catches_by_their_class) {
    koine::registry names;
    names.load_dialect(library("sound"));
    const auto info = refusal(errc::usage, [&] { (void)names.find_dialect("sound")->quote("refused"); });
    EXPECT_EQ(info.message, "this dialect cannot write 'refused'");
}

TEST(dialect, of_another_build_is_told_with_both_builds_before_it_is_touched) {
    is_refused("other_version", {"it was built with Koine 99.1.2", "this program with Koine " KOINE_VERSION});
    is_refused("other_library", {"it was built with Koine " KOINE_VERSION " and libc++ ABI 1", "and libstdc++"});
    is_refused("short_plugin", {"its description of 8 bytes is not that of Koine " KOINE_VERSION});
}

TEST(dialect, that_cannot_be_made_is_refused) {
    is_refused("no_plugin", {"it gives no dialect"});
    is_refused("no_dialect", {"it gives no dialect"});
    is_refused("throwing_make", {"its init function threw: no licence for this dialect"});
    is_refused("throwing_init", {"its init function threw: no dialect today"});
}

TEST(dialect, that_is_a_driver_is_refused) {
    koine::registry names;
    const std::string driver = koine_test::library("none");
    const auto info = refusal(errc::bad_plugin, [&] { names.load_dialect(driver); });
    EXPECT_EQ(info.message, driver + ": it is no dialect for Koine: it has no function koine_dialect_init");
}

}  // namespace
