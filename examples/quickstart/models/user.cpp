#include "models/user.hpp"

std::string greeting(const User& user) {
    return "Hello, " + user.name + (user.email ? " <" + *user.email + ">!" : "!");
}
