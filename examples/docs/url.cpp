// The code of docs/url.md.
#include "expect.hpp"

#include <cstdlib>
#include <sstream>

int main() {
    {
        const koine::url url{"postgresql://app:s3cret@db.example:5433/shop?application_name=web"};
        // the dialect's own driver, libpq
        expect(url.dialect() == "postgresql" && url.driver().empty());
        expect(url.username() == "app" && url.host() == "db.example" && url.port() == 5433);
        expect(url.database() == "shop" && url.query_value("application_name") == "web");
        expect(url.password()->reveal() == "s3cret");
    }
    {
        const koine::url url{"postgresql://app:p%40ss%2Fword@db/shop"};
        expect(url.password()->reveal() == "p@ss/word");
        std::ostringstream log;
        log << url;
        expect(log.str() == "postgresql://app:***@db/shop");
        expect(url.to_string(koine::url::show_password) == "postgresql://app:p%40ss%2Fword@db/shop");
    }
    {
        const auto made = koine::url::create(
            {.dialect = "postgresql", .username = "app", .password = "p@ss", .host = "db", .database = "shop"});
        const auto other = made.with_host("::1").with_port(5433).with_query_value("sslmode", "require");
        expect(other.to_string() == "postgresql://app:***@[::1]:5433/shop?sslmode=require");
        expect(other != made);
    }
    {
        ::setenv("DATABASE_URL", "sqlite:///shop.db", 1);
        // DATABASE_URL, or the variable that is named
        const auto url = koine::url::from_environment();
        expect(url.database() == "shop.db");
    }
    {
        for (const auto& server : koine::url{"postgresql://app@/shop?host=a:5433&host=b"}.hosts())
            std::cout << server.name << '\n';  // a, then b
    }
    {
        const auto parsed = koine::url::try_parse("postgresql://app:s3cret@db:port/shop");
        expect(!parsed);
        expect(parsed.error().info().code == koine::errc::invalid_url);
        expect(parsed.error().info().message.find("s3cret") == std::string::npos);
    }
    {
        // What the document says in words.
        expect(koine::url{"sqlite:///dir/shop.db"}.database() == "dir/shop.db");
        expect(koine::url{"sqlite:////var/shop.db"}.database() == "/var/shop.db");
        expect(!koine::url{"sqlite://"}.database());
        expect(koine::url{"postgresql://app:@db/x"}.password().has_value());
        expect(!koine::url{"postgresql://app@db/x"}.password());
        expect(koine::url{"postgresql://app@a,b:5433/x"}.hosts()[0].port == 5433);
        expect(koine::url{"postgresql://app@a:5433,b:5434/x"}.hosts() ==
               koine::url{"postgresql://app@/x?host=a,b&port=5433,5434"}.hosts());
        expect(koine::url{"postgresql://app@%2Frun%2Fpg:5433/x"}.hosts() ==
               koine::url{"postgresql://app@/x?host=/run/pg&port=5433"}.hosts());
        expect(throws<koine::usage_error>([] { (void)koine::url{"postgresql://a/x?host=a"}.hosts(); }));
        expect(throws<koine::usage_error>([] { (void)koine::create_engine("sqlite:///x.db?port=5"); }));
        expect(throws<koine::usage_error>([] { (void)koine::create_engine("sqlite:///x.db?mode=ro&mode=rw"); }));
        expect(koine::url{"sqlite://?mode=a+b"}.query_value("mode") == "a b");
        expect(throws<koine::usage_error>([] { (void)koine::create_engine("sqlite:///x.db?jurnal_mode=wal"); }));
        expect(throws<koine::usage_error>([] { (void)koine::create_engine("sqlite:///x.db?journal_mode=fast"); }));
        expect(throws<koine::usage_error>([] { (void)koine::create_engine("oracle://db/shop"); }));
        expect(throws<koine::usage_error>([] { (void)koine::create_engine("sqlite://shop.db"); }));
        expect(throws<koine::usage_error>([] { (void)koine::create_engine("sqlite:///a?busy_timeout=1&timeout=1"); }));
        try {
            (void)koine::create_engine("sqlite:///x.db?journal_mode=fast");
        } catch (const koine::usage_error& why) {
            expect(why.code() == koine::errc::invalid_url);
        }
        ::setenv("DATABASE_URL", "postgres://db/shop", 1);
        expect(throws<koine::usage_error>([] { (void)koine::url::from_environment(); }));
    }
}
