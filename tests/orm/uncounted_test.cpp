// A driver that does not tell how many rows a statement has changed.
#include "backend.hpp"

#include <memory>

namespace koine_test {
namespace {

class uncounted : public testing::Test {
protected:
    uncounted() {
        names_.add_dialect(std::make_shared<const koine::dialects::sqlite>(), "fake");
        names_.add_driver("fake", &koine::fake_driver_init);
        engine = koine::create_engine(koine::url{"sqlite+fake:///uncounted"}, names_, {});
        script.on_containing("SELECT", {.columns = {{"code"}, {"name"}}, .rows = {{"gr", "Greece"}}});
    }
    void counts(std::int64_t rows) {
        for (const char* const part : {"UPDATE countries", "DELETE FROM countries"})
            script.on_containing(part, {.affected = rows});
    }

    koine::fake::script script{"uncounted"};
    koine::registry names_{};
    koine::engine engine{};
};

TEST_F(uncounted, is_refused_where_an_object_demands_its_one_row) {
    counts(-1);
    for (const bool deletes : {false, true}) {
        koine::session session{engine};
        auto greece = session.get<country>("gr");
        if (deletes)
            session.delete_(greece);
        else
            greece->name = "Hellas";
        try {
            session.commit();
            FAIL();
        } catch (const koine::error& why) {
            EXPECT_EQ(why.code(), koine::errc::not_supported);
            EXPECT_NE(why.info().message.find("\"fake\""), std::string::npos) << why.what();
            EXPECT_EQ(why.info().table, "countries");
        }
        EXPECT_EQ(code_of([&] { session.commit(); }), koine::errc::transaction_failed);
        session.rollback();
    }
    for (const std::string& text : script.executed()) EXPECT_NE(text, "COMMIT");
}

TEST_F(uncounted, is_nothing_that_a_query_minds) {
    counts(-1);
    koine::session session{engine};
    EXPECT_EQ(session.query<country>().update(col<&country::name>.set("x")), -1);
    session.commit();
}

TEST_F(uncounted, is_neither_one_row_nor_none) {
    counts(1);
    koine::session session{engine};
    session.get<country>("gr")->name = "Hellas";
    session.commit();
}

TEST_F(uncounted, is_not_what_no_row_is) {
    counts(0);
    koine::session session{engine};
    session.get<country>("gr")->name = "Hellas";
    EXPECT_EQ(code_of([&] { session.commit(); }), koine::errc::stale_object);
    session.rollback();
}

}  // namespace
}  // namespace koine_test
