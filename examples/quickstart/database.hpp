// The database of the application: one engine, and a session for each thread that asks for one.
#pragma once

#include <koine/koine.hpp>

extern koine::engine engine;  // empty until init_db()
extern koine::scoped_session db_session;

// Opens the database and makes the tables that are missing.
void init_db(const koine::url& url);
