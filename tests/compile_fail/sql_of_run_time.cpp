// expect: koine: SQL is a literal within koine::sql(); a text made at run time has to say so
// max lines: 16
#include <string>

#include <koine/sql/text.hpp>

koine::text_statement query(const std::string& text) {
#ifdef KOINE_BAD
    return koine::sql(text);
#else
    return koine::sql(koine::unsafe_sql(text));
#endif
}
