#include <gtest/gtest.h>

#include <koine/driver_spi.hpp>
#include <koine/drivers/template.hpp>

namespace {

using koine::errc;

koine_driver filled() {
    koine_driver driver{};
    driver.struct_size = sizeof driver;
    koine_error error{};
    EXPECT_EQ(koine::template_driver_init(KOINE_ABI_VERSION, &driver, &error), KOINE_DONE);
    return driver;
}

errc taken(koine_error& error) {
    const auto code = static_cast<errc>(error.code);
    EXPECT_GT(error.message.size, 0U);
    EXPECT_EQ(error.outcome, KOINE_NOT_SENT);
    if (error.release != nullptr) error.release(&error);
    error = koine_error{};
    return code;
}

TEST(template_driver, fills_every_entry_but_the_queue) {
    const koine_driver driver = filled();
    EXPECT_EQ(koine::spi::to_view(driver.name), "template");
    EXPECT_NE(driver.create, nullptr);
    EXPECT_NE(driver.finish, nullptr);
    EXPECT_EQ(driver.enqueue, nullptr);
    EXPECT_EQ(driver.flush, nullptr);
    EXPECT_EQ(driver.option_count, 0U);
}

TEST(template_driver, answers_not_implemented_to_all_that_can_fail) {
    const koine_driver driver = filled();
    koine_connection* connection = nullptr;
    koine_error error{};
    koine_wait wait{};
    ASSERT_EQ(driver.create(nullptr, 0, &connection, &error), KOINE_DONE);
    EXPECT_EQ(driver.connect(connection, &wait, &error), KOINE_ERROR);
    EXPECT_EQ(taken(error), errc::not_implemented);
    EXPECT_EQ(driver.reset(connection, &wait, &error), KOINE_ERROR);
    EXPECT_EQ(taken(error), errc::not_implemented);
    EXPECT_EQ(driver.ping(connection, &wait, &error), KOINE_ERROR);
    EXPECT_EQ(taken(error), errc::not_implemented);
    EXPECT_EQ(driver.cancel(connection, &error), KOINE_ERROR);
    EXPECT_EQ(taken(error), errc::not_implemented);
    koine_statement* statement = nullptr;
    EXPECT_EQ(driver.prepare(connection, {"select 1", 8}, 0, &statement, &wait, &error), KOINE_ERROR);
    EXPECT_EQ(taken(error), errc::not_implemented);
    EXPECT_EQ(statement, nullptr);
    EXPECT_EQ(driver.state(connection), 0U);
    driver.close(connection);
}

TEST(template_driver, refuses_another_version_and_a_smaller_table) {
    koine_driver driver{};
    driver.struct_size = sizeof driver;
    koine_error error{};
    EXPECT_EQ(koine::template_driver_init(KOINE_ABI_VERSION + 1, &driver, &error), KOINE_ERROR);
    EXPECT_EQ(taken(error), errc::not_implemented);
    EXPECT_EQ(driver.abi, KOINE_ABI_VERSION) << "the version it knows";
    driver.struct_size = KOINE_DRIVER_SIZE_1_0 - 1;
    EXPECT_EQ(koine::template_driver_init(KOINE_ABI_VERSION, &driver, &error), KOINE_ERROR);
    EXPECT_EQ(taken(error), errc::usage);
    EXPECT_EQ(driver.create, nullptr) << "nothing is written";
}

}  // namespace
