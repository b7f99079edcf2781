// Statements: what the server makes of them is what was meant.
#include <optional>
#include <span>

#include <koine/lease/connection_access.hpp>
#include <koine/mapping.hpp>
#include <koine/orm/session.hpp>

#include "../unit/sql/expression_tree.hpp"
#include "family.hpp"

namespace koine::test {
namespace {

using words = family;
INSTANTIATE_TEST_SUITE_P(on_mariadb, words, testing::Values("mariadb", "mysql"),
                         [](const auto& instance) { return std::string{instance.param}; });

bool truth_of(detail::driver_connection& on, const syntax::fragment& statement, const std::vector<bound>& binds) {
    std::vector<koine_value> values;
    for (const bound& one : binds) {
        koine_value value{};
        value.tag = one.tag;
        if (one.tag == KOINE_TEXT) {
            value.len = static_cast<std::uint32_t>(one.s.size());
            value.u.p = one.s.data();
        } else {
            value.u.i = one.i;
        }
        values.push_back(value);
    }
    detail::prepared& prepared = on.prepare(statement);
    if (on.execute(prepared, values) != 1) throw std::logic_error{"no row"};
    const bool out = prepared.cells[0].u.i != 0;
    on.finish(prepared);
    return out;
}

TEST_P(words, are_understood_as_they_were_meant_in_random_expressions) {
    create(cells);
    run("insert into cells values (7, null, '12', null, 1, null)");
    connection c = on.connect();
    detail::driver_connection& link = *detail::connection_access::lease_of(c);
    int unknown = 0;
    for (std::uint32_t seed = 0; seed < 1'500; ++seed) {
        expression_tree tree{seed, false};
        const truth expected = tree.make_truth(4);
        syntax::fragment negated = tree.postfix;
        tree.postfix.push(syntax::op::where);
        negated.push(syntax::op::not_);
        negated.push(syntax::op::where);
        ASSERT_EQ(truth_of(link, tree.postfix, tree.binds), expected && *expected)
            << "seed " << seed << ": " << on.dialect().compile(tree.postfix).text;
        ASSERT_EQ(truth_of(link, negated, tree.binds), expected && !*expected)
            << "seed " << seed << ": " << on.dialect().compile(negated).text;
        if (!expected) ++unknown;
    }
    EXPECT_GT(unknown, 75);
    EXPECT_LT(unknown, 1'350);
}

struct word {
    std::int64_t id{};
    std::optional<std::string> text{};

    static constexpr auto koine_table() {
        return table("words", col<&word::id>(primary_key), col<&word::text>(length{100}));
    }
};

std::vector<std::string> found(session& in, const predicate<word>& condition) {
    std::vector<std::string> out;
    for (const word& one : in.query<word>().filter(condition).order_by(col<&word::id>).values())
        out.push_back(*one.text);
    return out;
}

using texts = std::vector<std::string>;

TEST_P(words, match_patterns_whatever_the_session_makes_of_a_backslash) {
    map<word>().create_all(on);
    session work{on};
    for (const char* const one : {"Abc", "abc", "a%c", "a_c", "a\\c", "abc "}) work.add(word{.text = one});
    work.flush();
    for (const char* const mode : {"NO_BACKSLASH_ESCAPES", ""}) {
        work.execute(sql(unsafe_sql("set session sql_mode = replace(@@sql_mode, 'NO_BACKSLASH_ESCAPES', '" +
                                    std::string{mode} + "')")));
        constexpr auto text = col<&word::text>;
        EXPECT_EQ(found(work, text.like("abc")), texts{"abc"}) << mode;
        EXPECT_EQ(found(work, text.like("a_c")), (texts{"abc", "a%c", "a_c", "a\\c"})) << mode;
        EXPECT_EQ(found(work, text.like("a\\%c")), texts{"a%c"}) << mode;
        EXPECT_EQ(found(work, text.like("a\\_c")), texts{"a_c"}) << mode;
        EXPECT_EQ(found(work, text.like("a\\\\c")), texts{"a\\c"}) << mode;
        EXPECT_EQ(found(work, text.ilike("ABC%")), (texts{"Abc", "abc", "abc "})) << mode;
        EXPECT_EQ(found(work, text.not_like("a%")), texts{"Abc"}) << mode;
        EXPECT_EQ(found(work, text.starts_with("a%")), texts{"a%c"}) << mode;
        EXPECT_EQ(found(work, text.ends_with("\\c")), texts{"a\\c"}) << mode;
        EXPECT_EQ(found(work, text.contains("_")), texts{"a_c"}) << mode;
        EXPECT_EQ(found(work, text == "abc"), texts{"abc"}) << "not with a space: " << mode;
    }
    work.rollback();
}

TEST_P(words, are_compared_by_case_in_columns_of_others_too_where_like_is_asked) {
    run("create table words (id bigint auto_increment primary key, text varchar(100)) default charset = utf8mb4 "
        "collate = utf8mb4_general_ci");
    session work{on};
    for (const char* const one : {"Abc", "abc"}) work.add(word{.text = one});
    work.flush();
    EXPECT_EQ(found(work, col<&word::text>.like("a%")), texts{"abc"});
    EXPECT_EQ(found(work, col<&word::text>.ilike("A%")), (texts{"Abc", "abc"}));
    EXPECT_EQ(found(work, col<&word::text> == "abc"), (texts{"Abc", "abc"})) << "such a column keeps its own collation";
    work.rollback();
}

TEST_P(words, are_found_by_an_index_where_a_pattern_begins_with_text) {
    run("create table words (id bigint auto_increment primary key, text varchar(101) not null, unique (text)) default "
        "charset = utf8mb4 collate = "
        "utf8mb4_nopad_bin");
    run("insert into words (text) select concat('w', seq) from seq_1_to_3000");
    run("analyze table words");
    const syntax::fragment like = [] {
        syntax::fragment out;
        const table_info& table = *detail::entity_of<word>().table;
        out.push_table(syntax::op::select_entity, &table);
        out.push_table(syntax::op::column, &table, 1);
        out.push_parameter(KOINE_TEXT);
        out.push(syntax::op::like);
        out.push(syntax::op::where);
        return out;
    }();
    const std::string statement = on.dialect().compile(like).text;
    std::string with_value = statement;
    with_value.replace(with_value.find('?'), 1, "'w12%'");
    on.begin([&](connection& c) {
        auto plan = c.execute(sql(unsafe_sql("explain " + with_value)));
        ASSERT_TRUE(plan.next());
        EXPECT_EQ(plan.current()["type"].as<std::string>(), "range") << with_value;
    });
}

TEST_P(words, are_ordered_by_columns_and_never_by_the_number_that_a_value_is) {
    map<word>().create_all(on);
    session work{on};
    for (const char* const one : {"b", "a"}) work.add(word{.text = one});
    work.flush();
    const table_info& table = *detail::entity_of<word>().table;
    syntax::fragment statement;
    statement.push_table(syntax::op::select_entity, &table);
    statement.push(syntax::op::integer, 0, 0, 2);
    statement.push(syntax::op::order_asc);
    statement.push_table(syntax::op::column, &table, 0);
    statement.push(syntax::op::order_asc);
    work.commit();
    on.begin([&](connection& c) {
        const auto rows = c.execute(statement).into<word>();
        ASSERT_EQ(rows.size(), 2U);
        EXPECT_EQ(rows[0].text, "b") << "the second column is not what was asked for";
    });
    EXPECT_EQ(work.query<word>().order_by(col<&word::id>).offset(1).values().size(), 1U) << "an offset without a limit";
    EXPECT_EQ(work.query<word>().order_by(col<&word::text>).limit(1).offset(1).values()[0].text, "b");
}

TEST_P(words, are_told_apart_by_distinct_and_found_among_many) {
    map<word>().create_all(on);
    session work{on};
    std::vector<std::string> wanted;
    for (int i = 0; i < 3'000; ++i) wanted.emplace_back("w" + std::to_string(i));
    for (int i = 0; i < 50; ++i) work.add(word{.text = "w" + std::to_string(i * 100)});
    work.add(word{.text = std::nullopt});
    work.flush();
    EXPECT_EQ(work.query<word>().filter(col<&word::text>.in(wanted)).count(), 30);
    EXPECT_EQ(work.query<word>().filter(col<&word::text>.is_null()).count(), 1);
    EXPECT_EQ(work.query<word>().distinct().count(), 51);
    EXPECT_TRUE(work.query<word>().filter(col<&word::text> == "w100").exists());
    EXPECT_FALSE(work.query<word>().filter(col<&word::text> == "w100 ").exists());
    work.rollback();
}

TEST_P(words, of_an_update_count_as_changed_where_they_are_found) {
    map<word>().create_all(on);
    session work{on};
    work.add(word{.text = "same"});
    work.flush();
    EXPECT_EQ(work.query<word>().filter(col<&word::text> == "same").update(col<&word::text>.set("same")), 1);
    work.rollback();
}

TEST_P(words, in_texts_by_hand_may_have_backslashes_beside_names_of_values) {
    map<word>().create_all(on);
    connection c = on.connect();
    EXPECT_EQ(c.execute(sql("select concat('a\\', :one, '\\')", {{"one", "b"}})).one<std::string>(), "a\\b\\");
    c.execute(sql("insert into words (text) values ('C:\\')"));
    EXPECT_EQ(c.execute(sql("select text from words where text = :text and text <> '\\'", {{"text", "C:\\"}}))
                  .one<std::string>(),
              "C:\\");
    c.rollback();
}

using transactions = family;
INSTANTIATE_TEST_SUITE_P(on_mariadb, transactions, testing::Values("mariadb", "mysql"),
                         [](const auto& instance) { return std::string{instance.param}; });

TEST_P(transactions, are_over_with_ddl_which_is_noticed) {
    map<word>().create_all(on);
    connection c = on.connect();
    c.execute(sql("insert into words (text) values ('kept')"));
    c.execute(sql("create table others (id bigint)"));
    EXPECT_FALSE(c.in_transaction());
    c.execute(sql("insert into words (text) values ('lost')"));
    EXPECT_TRUE(c.in_transaction());
    c.rollback();
    EXPECT_EQ(c.execute(sql("select text from words")).into<std::string>(), texts{"kept"});
}

TEST_P(transactions, of_a_session_keep_what_ddl_has_committed) {
    map<word>().create_all(on);
    session work{on};
    const auto kept = work.add(word{.text = "kept"});
    work.flush();
    work.execute(sql("create table others (id bigint)"));
    const auto lost = work.add(word{.text = "lost"});
    work.rollback();
    EXPECT_TRUE(work.contains(kept));
    EXPECT_FALSE(work.contains(lost));
    EXPECT_EQ(work.query<word>().count(), 1);
}

TEST_P(transactions, are_over_with_ddl_that_fails_too_which_is_told) {
    map<word>().create_all(on);
    session work{on};
    const auto kept = work.add(word{.text = "kept"});
    work.flush();
    try {
        work.execute(sql("create table words (id bigint)"));
        ADD_FAILURE() << "the table is there";
    } catch (const error& why) {
        EXPECT_EQ(why.code(), errc::duplicate_object);
        EXPECT_EQ(why.outcome(), outcome::unknown);
        EXPECT_NE(std::string{why.what()}.find("has been committed"), std::string::npos) << why.what();
    }
    work.rollback();
    EXPECT_TRUE(work.contains(kept));
    EXPECT_EQ(work.query<word>().count(), 1);
    work.rollback();
    // Text that the server does not even understand has done nothing.
    connection c = on.connect();
    c.execute(sql("insert into words (text) values ('lost')"));
    try {
        c.execute(sql("create nonsense"));
        ADD_FAILURE() << "it is no statement";
    } catch (const error& why) {
        EXPECT_EQ(why.outcome(), outcome::rejected) << why.what();
    }
    c.rollback();
    EXPECT_EQ(number("select count(*) from words"), 1);
}

TEST_P(transactions, that_are_over_with_ddl_that_fails_have_no_savepoints_any_more) {
    map<word>().create_all(on);
    session work{on};
    std::optional<ref<word>> inside;
    try {
        const savepoint inner = work.begin_nested();
        inside = work.add(word{.text = "inside"});
        work.flush();
        work.execute(sql("create table words (id bigint)"));
        ADD_FAILURE() << "the table is there";
    } catch (const error& why) {
        EXPECT_EQ(why.outcome(), outcome::unknown);
    }
    EXPECT_TRUE(work.contains(*inside)) << "its row is in the database";
    EXPECT_THROW(work.query<word>().count(), error) << "as after any failure";
    work.rollback();
    EXPECT_TRUE(work.contains(*inside));
    EXPECT_EQ(work.query<word>().count(), 1);
    work.rollback();
    connection c = on.connect();
    const auto at = c.execute(sql("select connection_id()")).one<std::int64_t>();
    {
        const transaction inner = c.begin_nested();
        EXPECT_THROW(c.execute(sql("create table words (id bigint)")), error);
    }
    c.rollback();
    EXPECT_EQ(c.execute(sql("select connection_id()")).one<std::int64_t>(), at)
        << "the connection is as good as before";
}

TEST_P(transactions, run_at_the_level_that_was_asked_for_and_the_next_one_at_its_own) {
    map<word>().create_all(on);
    run("insert into words (text) values ('one')");
    connection reader = on.connect();
    connection writer = on.connect();
    writer.execute(sql("set session innodb_lock_wait_timeout = 1"));
    const auto write = [&] {
        try {
            writer.execute(sql("update words set text = 'two'"));
            writer.rollback();
            return errc{};
        } catch (const error& why) {
            writer.rollback();
            return why.code();
        }
    };
    // What a serializable transaction has read is locked.
    transaction strict = reader.begin({.isolation = isolation::serializable});
    reader.execute(sql("select count(*) from words")).one<std::int64_t>();
    EXPECT_EQ(write(), errc::lock_timeout);
    strict.commit();
    reader.execute(sql("select count(*) from words")).one<std::int64_t>();
    EXPECT_EQ(write(), errc{});
}

}  // namespace
}  // namespace koine::test
