// expect: koine: SQL is a literal within koine::sql(); a text made at run time has to say so
// max lines: 16
#include <koine/connection.hpp>

void run(koine::connection& in) {
#ifdef KOINE_BAD
    in.execute("select 1");
#else
    in.execute(koine::sql("select 1"));
#endif
}
