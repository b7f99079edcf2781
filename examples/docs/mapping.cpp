// The code of docs/mapping.md.
#include "expect.hpp"

#include <chrono>
#include <vector>

#include <koine/uuid.hpp>

using koine::col;

enum class Role { guest, admin };

struct User {
    std::int64_t id{};
    std::string name{};
    std::optional<std::string> email{};
    Role role{};
    std::string password{};
    koine::instant created{};

    static constexpr auto koine_table() {
        return koine::table("users",                                             //
                            col<&User::id>(koine::primary_key),                  // generated
                            col<&User::name>(koine::length{50}, koine::unique),  // at most 50
                            col<&User::email>,                                   // may be NULL
                            col<&User::role>(koine::named{"user_role"}),         // its name
                            col<&User::password>(koine::secret),                 // never printed
                            col<&User::created>(koine::server_default{"CURRENT_TIMESTAMP"}));
    }
};

struct Post {
    std::int64_t id{};
    std::int64_t author{};
    std::optional<std::int64_t> answers{};
    std::string title{};
    std::int32_t revision{};

    static constexpr auto koine_table() {
        return koine::table("posts", col<&Post::id>(koine::primary_key),
                            col<&Post::author>(koine::foreign_key<&User::id>.on_delete(koine::cascade)),
                            col<&Post::answers>(koine::foreign_key<&Post::id>.on_delete(koine::set_null)),
                            col<&Post::title>(koine::length{200}), col<&Post::revision>(koine::version),
                            koine::unique_together(col<&Post::author>, col<&Post::title>));
    }
};

struct Country {
    std::string code{};  // a natural key: the program gives it
    std::string name{};

    static constexpr auto koine_table() {
        return koine::table("countries", col<&Country::code>(koine::primary_key, koine::length{2}),
                            col<&Country::name>);
    }
};

struct Seat {
    std::int32_t row{};
    std::int32_t number{};
    bool taken{};

    static constexpr auto koine_table() {  // a key of two columns: session.get<Seat>(row, number)
        return koine::table("seats", col<&Seat::row>(koine::primary_key), col<&Seat::number>(koine::primary_key),
                            col<&Seat::taken>);
    }
};

struct Stamped {
    koine::instant changed{};
};

struct Note : Stamped {
    koine::uuid id{};
    std::string text{};

    static constexpr auto koine_table() {
        return koine::table("notes", col<&Note::id>(koine::primary_key), col<&Note::text>, col<&Note::changed>);
    }
};

namespace geometry {  // somebody else's
struct Point {
    std::int32_t id{};
    double x{};
    double y{};
};
}  // namespace geometry

template <>
struct koine::mapping<geometry::Point> {
    static constexpr auto table() {
        using geometry::Point;
        return koine::table("points", col<&Point::id>(koine::primary_key), col<&Point::x>, col<&Point::y>);
    }
};

struct Email {
    std::string text{};
};

template <>
struct koine::type_traits<Email> : koine::stored_as<Email, std::string> {
    static const std::string& to_storage(const Email& value) { return value.text; }
    static bool from_storage(std::string&& text, Email& value) {
        value.text = std::move(text);
        // false: a row with another text is an error
        return value.text.find('@') != std::string::npos;
    }
};

struct Contact {
    std::int64_t id{};
    Email address{};

    static constexpr auto koine_table() {
        return koine::table("contacts", col<&Contact::id>(koine::primary_key), col<&Contact::address>(koine::unique));
    }
};

enum class Status : int { gone = 410, teapot = 418 };

template <>
struct koine::enum_range<Status> {
    static constexpr int min = 400;
    static constexpr int max = 499;
};

void tables(const koine::engine& engine) {
    koine::map<User, Post, Country, Seat, Note, geometry::Point, Contact>().create_all(engine);
}

void printing() {
    const User user{.id = 1, .name = "admin", .role = Role::admin, .password = "s3cret"};
    expect(koine::repr(user).starts_with("User(id=1, name='admin', email=NULL, user_role="));
    expect(koine::repr(user).find("s3cret") == std::string::npos);
}

int main() {
    const auto engine = koine::create_engine("sqlite://");
    tables(engine);
    tables(engine);  // nothing is missing: nothing happens
    printing();

    koine::session session{engine};
    const auto admin = session.add(User{.name = "admin", .role = Role::admin});
    session.flush();
    expect(admin->id == 1);
    // left at its default, so that the database made it
    expect(admin->created != koine::instant{});
    const auto first = session.add(Post{.author = admin->id, .title = "one"});
    session.flush();
    session.add(Post{.author = admin->id, .answers = first->id, .title = "two"});
    session.add(Country{.code = "gr", .name = "Greece"});
    session.add(Seat{.row = 1, .number = 2});
    session.add(geometry::Point{.id = 7, .x = 0.5, .y = 1});
    session.commit();
    expect(session.get<Country>("gr")->name == "Greece");
    expect(!session.get<Seat>(1, 2)->taken);
    expect(session.query<geometry::Point>().one()->x == 0.5);

    Note note;
    note.id = koine::uuid::random();
    note.changed = std::chrono::floor<std::chrono::microseconds>(std::chrono::system_clock::now());
    session.add(note);
    session.flush();
    expect(session.query<Note>().filter(col<&Note::changed> <= note.changed).one()->id == note.id);

    session.add(Contact{.address = {"admin@localhost"}});
    session.flush();
    expect(session.query<Contact>().filter(col<&Contact::address> == Email{"admin@localhost"}).exists());
    session.commit();

    // What the document says in words.
    const auto role = session.execute(koine::sql("select user_role from users")).one<std::string>();
    expect(role == "admin");
    session.execute(koine::sql("insert into contacts (address) values ('nonsense')"));
    expect(throws<koine::error>([&] { session.query<Contact>().all(); }));
    session.rollback();
    session.add(User{.name = std::string(51, 'x')});
    expect(throws<koine::constraint_error>([&] { session.flush(); }));
    session.rollback();
    session.add(Post{.author = 99, .title = "nobody's"});
    expect(throws<koine::constraint_error>([&] { session.flush(); }));
    session.rollback();
    session.delete_(session.get<User>(1));
    session.commit();
    expect(session.query<Post>().count() == 0);
    session.commit();
    koine::map<User, Post, Country, Seat, Note, geometry::Point, Contact>().drop_all(engine);
    expect(throws<koine::error>([&] { session.query<User>().count(); }));
}
