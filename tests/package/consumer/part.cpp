// A shared library that keeps Koine to itself.
#include <cstdint>
#include <string>

#include <koine/koine.hpp>

using koine::col;

struct Note {
    std::int64_t id{};
    std::string text{};

    static constexpr auto koine_table() {
        return koine::table("notes", col<&Note::id>(koine::primary_key), col<&Note::text>(koine::length{50}));
    }
};

// Returns the text that came back from the database.
__attribute__((visibility("default"))) std::string write_and_read(const std::string& text) {
    const koine::engine engine = koine::create_engine("sqlite://");
    koine::map<Note>().create_all(engine);
    koine::session session{engine};
    session.add(Note{.text = text});
    session.commit();
    return session.query<Note>().one()->text;
}
