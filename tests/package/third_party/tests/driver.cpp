// driver <directory>: what this driver alone does. The file on the disk is encrypted, the driver
// for plain SQLite lives in the same process, and a transaction that SQLite undoes by itself is
// told and taken back.
#include <chrono>
#include <cstdio>
#include <fstream>
#include <iostream>
#include <iterator>
#include <sstream>
#include <string>

#include <koine/koine.hpp>
#include <koine/registry.hpp>

namespace {

int failures = 0;

void check(bool good, const char* what) {
    if (good) return;
    ++failures;
    std::cerr << "failed: " << what << '\n';
}

std::string content(const std::string& file) {
    std::ifstream in{file, std::ios::binary};
    return {std::istreambuf_iterator<char>{in}, {}};
}

// Makes a table with a text in it, closes everything, and answers the bytes that are on the disk.
std::string write(const std::string& url, const std::string& file) {
    for (const char* suffix : {"", "-wal", "-shm"}) std::remove((file + suffix).c_str());
    {
        const koine::engine engine = koine::create_engine(url);
        koine::connection on = engine.connect();
        on.execute(koine::sql("create table notes (id integer primary key, body text)"));
        on.execute(koine::sql("insert into notes (body) values (:body)", {{"body", "attack at dawn"}}));
        on.commit();
    }
    return content(file) + content(file + "-wal");
}

std::string read(const std::string& url) {
    return koine::create_engine(url).connect().execute(koine::sql("select body from notes")).one<std::string>();
}

koine::errc code_of_reading(const std::string& url) {
    try {
        read(url);
    } catch (const koine::error& why) {
        std::cout << why.what() << '\n';
        return why.code();
    }
    return koine::errc{};
}

// A write that is stopped takes its whole transaction with it.
void lose_a_transaction(const koine::engine& engine) {
    koine::connection on = engine.connect();
    const auto notes = [&on] { return on.execute(koine::sql("select count(*) from notes")).one<std::int64_t>(); };
    void* const before = on.native_handle();
    on.execute(koine::sql("insert into notes (body) values ('lost')"));
    bool stopped = false;
    try {
        on.execute(koine::sql("insert into notes (body) with recursive n (i) as (select 1 union all select i + 1 from "
                              "n) select i from n"),
                   {.deadline = koine::deadline::in(std::chrono::milliseconds{100})});
    } catch (const koine::timeout_error& why) {
        stopped = why.poisons_transaction() && !why.poisons_connection();
    }
    check(stopped, "a statement without an end is stopped at its deadline");
    check(on.in_transaction(), "the transaction waits for its rollback");
    on.rollback();
    check(notes() == 1, "nothing of the transaction is left");
    on.execute(koine::sql("insert into notes (body) values ('kept')"));
    on.commit();
    check(notes() == 2 && on.native_handle() == before, "the connection goes on");
}

}  // namespace

int main(int, char** argv) {
    const std::string plain = std::string{argv[1]} + "/plain.db";
    const std::string secret = std::string{argv[1]} + "/secret.db";
    const std::string plain_bytes = write("sqlite:///" + plain, plain);
    const std::string secret_bytes = write("sqlite+sqlcipher:///" + secret + "?passphrase=open%20sesame", secret);

    check(plain_bytes.find("attack at dawn") != std::string::npos && plain_bytes.starts_with("SQLite format 3"),
          "the driver for plain SQLite writes what it is given");
    check(secret_bytes.size() >= 2048, "the encrypted file has its pages");
    for (const char* const word : {"attack", "dawn", "notes", "SQLite", "CREATE", "create"})
        check(secret_bytes.find(word) == std::string::npos, word);

    check(read("sqlite:///" + plain) == "attack at dawn", "the plain file is read");
    check(read("sqlite+sqlcipher:///" + secret + "?passphrase=open%20sesame") == "attack at dawn",
          "the encrypted file is read");
    check(read("sqlcipher:///" + secret + "?passphrase=open%20sesame") == "attack at dawn",
          "the dialect goes with the driver");
    check(code_of_reading("sqlite:///" + secret) == koine::errc::corrupt_database,
          "plain SQLite cannot read the encrypted file");
    check(code_of_reading("sqlcipher:///" + secret + "?passphrase=wrong") == koine::errc::authentication_failed,
          "another passphrase does not fit");
    check(code_of_reading("sqlcipher:///" + secret) == koine::errc::invalid_url, "a passphrase is needed");
    check(code_of_reading("sqlcipher:///" + secret + "?passphase=x") == koine::errc::unknown_name,
          "a key that is misspelt is refused");

    // Two SQLites of different ages, side by side.
    const koine::engine with_plain = koine::create_engine("sqlite:///" + plain);
    const koine::engine with_secret = koine::create_engine("sqlcipher:///" + secret + "?passphrase=open%20sesame");
    koine::connection one = with_plain.connect();
    koine::connection other = with_secret.connect();
    check(one.server_version() != other.server_version(), "each driver has its own library");
    check(one.execute(koine::sql("select sqlite_version()")).one<std::string>() == one.server_version(),
          "SQLite is SQLite");
    check(other.execute(koine::sql("select sqlite_version()")).one<std::string>() == other.server_version(),
          "SQLCipher is SQLCipher");

    lose_a_transaction(with_secret);

    std::ostringstream printed;
    printed << with_secret.url();
    check(printed.str().find("sesame") == std::string::npos, "a printed URL hides the passphrase");
    return failures == 0 ? 0 : 1;
}
