// Connecting, statements, streaming, state and reset.
#include <memory>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "client.hpp"

namespace koine_test {
namespace {

std::string text(koine_string s) { return std::string{s.data, s.size}; }

class libmariadb_session : public ::testing::Test {
protected:
    void SetUp() override {
        KOINE_NEEDS_MARIADB();
        link_ = std::make_unique<client>(over_socket(server()));
        const auto how = link_->connect();
        ASSERT_TRUE(how.ok()) << how;
    }
    static mariadb_server& server() { return mariadb_server::shared(); }

    std::unique_ptr<client> link_;
};

TEST_F(libmariadb_session, connects_over_tls_with_a_verified_certificate) {
    client link{over_tls(server())};
    EXPECT_EQ(link.state(), 0U);
    const auto how = link.connect();
    ASSERT_TRUE(how.ok()) << how;
    EXPECT_EQ(text(driver().server_product(link.handle())), "mariadb");
    EXPECT_EQ(text(driver().server_version(link.handle())).substr(0, 3), "10.");
    EXPECT_NE(link.value("select variable_value from information_schema.session_status where variable_name = 'ssl_cipher'").text, "");
    EXPECT_EQ(link.value("select 1 + ?", {integer(41)}).i, 42);
}

TEST_F(libmariadb_session, brings_the_session_into_a_known_state) {
    EXPECT_EQ(link_->value("select @@time_zone").text, "+00:00");
    EXPECT_EQ(link_->value("select @@collation_connection").text, "utf8mb4_nopad_bin");
    EXPECT_EQ(link_->value("select @@tx_isolation").text, "READ-COMMITTED");
}

TEST_F(libmariadb_session, runs_statements_and_counts_rows) {
    ASSERT_TRUE(link_->run("create or replace table first (id bigint primary key auto_increment, name varchar(20))").ok());
    auto how = link_->run("insert into first (name) values (?), (?)", {bytes("a"), bytes("b")});
    ASSERT_TRUE(how.ok()) << how;
    EXPECT_EQ(link_->affected(), 2);
    EXPECT_EQ(link_->last_insert_id(), 1);
    how = link_->run("select id, name from first order by id");
    ASSERT_TRUE(how.ok()) << how;
    ASSERT_EQ(link_->rows().size(), 4U);
    EXPECT_EQ(link_->rows()[3], kept{bytes("b")});
    how = link_->run("select id, name from first order by id", {}, KOINE_PREPARE_STREAM);
    ASSERT_TRUE(how.ok()) << how;
    ASSERT_EQ(link_->rows().size(), 4U);
    EXPECT_EQ(link_->rows()[1], kept{bytes("a")});
    ASSERT_TRUE(link_->run("begin").ok());
    EXPECT_EQ(link_->state(), KOINE_STATE_IN_TRANSACTION);
    ASSERT_TRUE(link_->run("delete from first").ok());
    EXPECT_EQ(link_->affected(), 2);
    ASSERT_TRUE(link_->reset().ok());
    EXPECT_EQ(link_->state(), 0U);
    EXPECT_EQ(link_->number("select count(*) from first"), 2);
    ASSERT_TRUE(link_->run("set @x = 1").ok());
    EXPECT_EQ(link_->state(), KOINE_STATE_DIRTY);
    how = link_->reset();
    ASSERT_TRUE(how.ok()) << how;
    EXPECT_EQ(link_->state(), 0U);
    EXPECT_EQ(link_->value("select @x").tag, KOINE_NULL);
    EXPECT_EQ(link_->value("select @@time_zone").text, "+00:00");
}

}  // namespace
}  // namespace koine_test
