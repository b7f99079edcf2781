// Keys and values of URLs that no driver can take, found before anything is opened.
#include <string>

#include <gtest/gtest.h>

#include <koine/koine.hpp>

namespace {

// How the engine of the URL is refused.
koine::error_info refusal(const std::string& url) {
    try {
        koine::create_engine(koine::url{url});
    } catch (const koine::usage_error& why) {
        return why.info();
    }
    ADD_FAILURE() << "nothing was refused: " << url;
    return {};
}

TEST(url_options, with_values_that_a_key_cannot_have_make_no_engine) {
    for (const char* url :
         {"sqlite://?journal_mode=none", "sqlite://?foreign_keys=maybe", "sqlite://?attach=11", "sqlite://?attach=x",
          "postgresql://a@b/c?sslmode=maybe", "postgresql://a@b/c?connect_timeout=soon",
          "postgresql://a@b/c?hostaddr=1.2.3.4,1.2.3.5", "mariadb://a@b/c?compress=perhaps",
          "mariadb://a@b/c?max_allowed_packet=1g", "mariadb://a@b/c?host=d&host=e", "mariadb://a@b/c?host=d;port=1"}) {
        const auto why = refusal(url);
        EXPECT_EQ(why.code, koine::errc::invalid_url) << url << ": " << why.message;
        EXPECT_EQ(why.outcome, koine::outcome::not_sent);
    }
    EXPECT_EQ(refusal("sqlite://?attach=11").message, "the option attach must be a whole number from 0 to 10");
}

TEST(url_options, that_the_driver_does_not_know_are_told_with_the_nearest) {
    const auto why = refusal("postgresql://a@b/c?sslmod=require");
    EXPECT_EQ(why.code, koine::errc::unknown_name);
    EXPECT_NE(why.message.find("sslmode"), std::string::npos) << why.message;
}

TEST(url_options, have_truths_in_every_spelling_with_every_driver) {
    for (const char* word : {"true", "on", "yes", "1", "false", "off", "no", "0"}) {
        EXPECT_NO_THROW(koine::create_engine(koine::url{std::string{"sqlite://?foreign_keys="} + word})) << word;
        EXPECT_NO_THROW(koine::create_engine(koine::url{std::string{"mariadb://a@b/c?compress="} + word})) << word;
    }
}

}  // namespace
