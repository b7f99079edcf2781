// What is true of every COMMIT in doubt.
#pragma once

#include <optional>
#include <string>

#include <koine/orm/session.hpp>

#include "support.hpp"

namespace fault {

inline void expect_in_doubt(const std::optional<koine::in_doubt_error>& why) {
    ASSERT_TRUE(why.has_value()) << "the lost answer was not told as such";
    EXPECT_EQ(why->code(), errc::in_doubt) << why->what();
    EXPECT_EQ(why->outcome(), outcome::unknown);
    EXPECT_EQ(why->advice(), advice::ask_the_database);
    EXPECT_TRUE(why->poisons_connection());
    EXPECT_NE(std::string{why->what()}.find("COMMIT"), std::string::npos) << why->what();
}

// A call on a session in doubt is refused, and says why and what to do.
template <class Call>
void expect_in_doubt_is_said(Call&& call) {
    const auto why = caught<koine::usage_error>(call);
    ASSERT_TRUE(why.has_value()) << "the call was accepted";
    EXPECT_EQ(why->code(), errc::usage);
    EXPECT_EQ(why->outcome(), outcome::not_sent);
    EXPECT_NE(std::string{why->what()}.find("COMMIT was lost"), std::string::npos) << why->what();
    EXPECT_NE(std::string{why->what()}.find("close()"), std::string::npos) << why->what();
}

// `object` is one of the session's.
template <class T>
void expect_only_close_is_accepted(koine::session& in, const koine::ref<T>& object) {
    const auto refused = [](auto&& call) { expect_in_doubt_is_said(call); };
    refused([&] { in.commit(); });
    refused([&] { in.rollback(); });
    refused([&] { in.flush(); });
    refused([&] { in.begin_nested(); });
    refused([&] { in.execute(sql("select 1")); });
    refused([&] { in.query<T>().all(); });
    refused([&] { in.query<T>().values(); });
    refused([&] { in.query<T>().count(); });
    refused([&] { in.get<T>(1); });
    refused([&] { in.refresh(object); });
    refused([&] { in.delete_(object); });
    refused([&] { in.expunge(object); });
    refused([&] { in.expunge_all(); });
    refused([&] { in.begin([](koine::session&) {}); });
    refused([&] { in.run(koine::retry{3}, [](koine::session&) {}); });
    EXPECT_TRUE(in.in_transaction()) << "nobody has ended it";
}

}  // namespace fault
