#include "database.hpp"

#include "models/user.hpp"

koine::engine engine;
koine::scoped_session db_session;

void init_db(const koine::url& url) {
    engine = koine::create_engine(url);  // no I/O yet
    db_session.configure(koine::sessionmaker{engine});
    koine::map<User>().create_all(engine);  // explicit; never drops, never alters
}
