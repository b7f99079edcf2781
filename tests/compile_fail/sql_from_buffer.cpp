// expect: deleted
// max lines: 16
#include <koine/sql/text.hpp>

struct record {
    char name[24];
};

koine::text_statement query(record& from) {
#ifdef KOINE_BAD
    return koine::sql(from.name);
#else
    static_cast<void>(from);
    return koine::sql("select 1");
#endif
}
