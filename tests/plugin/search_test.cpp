// Where plugins are looked for.
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <memory>

#include <sys/stat.h>
#include <unistd.h>

#include <koine/plugin_path.hpp>

#include <koine_test/temp_dir.hpp>

#include "registry.hpp"

namespace {

using directories = std::vector<std::string>;

// The environment variable for the time of a test.
class variable {
public:
    explicit variable(const char* value) { ::setenv("KOINE_DRIVER_PATH", value, 1); }
    ~variable() { restore(); }
    variable(const variable&) = delete;
    variable& operator=(const variable&) = delete;

private:
    void restore() const {
        if (before_)
            ::setenv("KOINE_DRIVER_PATH", before_->c_str(), 1);
        else
            ::unsetenv("KOINE_DRIVER_PATH");
    }
    static std::unique_ptr<std::string> read() {
        const char* const value = std::getenv("KOINE_DRIVER_PATH");
        return value == nullptr ? nullptr : std::make_unique<std::string>(value);
    }
    std::unique_ptr<std::string> before_ = read();
};

const std::string installed{koine::plugin_path::installed_directory()};

std::string output_of(const std::string& command) {
    std::string out;
    const std::unique_ptr<FILE, int (*)(FILE*)> pipe{::popen(command.c_str(), "r"), &::pclose};
    for (int c = 0; pipe && (c = std::fgetc(pipe.get())) != EOF;) out += static_cast<char>(c);
    return out;
}

TEST(search, goes_to_the_installed_directory_last) {
    EXPECT_TRUE(installed.starts_with('/'));
    EXPECT_TRUE(installed.ends_with("/koine"));
    const variable path{"/opt/one:/opt/two"};
    const auto where = koine::plugin_path::from_environment();
    EXPECT_EQ(where.directories(), (directories{"/opt/one", "/opt/two", installed}));
    EXPECT_EQ(where.left_out(), "");
}

TEST(search, leaves_out_what_is_not_absolute_and_says_so) {
    const variable path{":plugins:/opt/one::../up:"};
    const auto where = koine::plugin_path::from_environment();
    EXPECT_EQ(where.directories(), (directories{"/opt/one", installed}));
    EXPECT_EQ(where.left_out(), "of KOINE_DRIVER_PATH, what is not absolute is left out: plugins, ../up");
    koine::registry names;
    names.search_plugins(where);
    const auto info = koine_test::refusal(koine::errc::unknown_name, [&] { names.find_driver("absent", ""); });
    koine_test::expect_part(info.message, where.left_out());
}

TEST(search, refuses_relative_directories_in_code) {
    for (const std::string bad : {"plugins", "", "./here"}) {
        const auto info = koine_test::refusal(koine::errc::usage, [&] { koine::plugin_path{{"/opt", bad}}; });
        koine_test::expect_part(info.message, "not in '" + bad + "'");
    }
}

TEST(search, heeds_the_environment_of_an_ordinary_program) {
    EXPECT_EQ(output_of("KOINE_DRIVER_PATH=/opt/one " KOINE_PRINT_PLUGIN_PATH),
              "/opt/one\n" + installed + "\nleft out: \n");
}

TEST(search, ignores_the_environment_of_a_program_with_raised_privileges) {
    if (::geteuid() != 0) GTEST_SKIP() << "only root can make a program that changes its user";
    const koine_test::temp_dir folder;
    const auto program = folder.path() / "print_path";
    std::filesystem::copy(KOINE_PRINT_PLUGIN_PATH, program);
    ASSERT_EQ(::chmod(folder.path().c_str(), 0755), 0);
    ASSERT_EQ(::chown(program.c_str(), 65534, 65534), 0);
    ASSERT_EQ(::chmod(program.c_str(), 04755), 0);
    EXPECT_EQ(output_of("KOINE_DRIVER_PATH=/opt/one " + program.string()),
              installed + "\nleft out: KOINE_DRIVER_PATH is not heeded by a program with raised privileges\n");
}

}  // namespace
