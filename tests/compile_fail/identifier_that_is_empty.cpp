// expect: koine: an SQL name is not empty
// max lines: 16
#include <koine/identifier.hpp>

#ifdef KOINE_BAD
const koine::identifier name = "";
#else
const koine::identifier name = "users";
#endif
