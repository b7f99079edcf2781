#include <koine/orm/scoped_session.hpp>

#include <koine/error.hpp>

namespace koine {
inline namespace v1 {

namespace {

// Without a word to the database: whoever ends a scope this way has no time to wait.
void end_session(void* object) noexcept { delete static_cast<session*>(object); }

}  // namespace

void scoped_session::configure(sessionmaker maker, scope_function scope) {
    auto registry = std::make_unique<scope_registry>(&end_session, std::move(scope));
    maker_ = std::move(maker);
    registry_ = std::move(registry);
}

session& scoped_session::make() {
    if (!registry_) throw_usage("the scoped_session is not configured yet: db_session.configure(koine::sessionmaker{engine})");
    auto made = std::make_unique<session>(maker_());
    registry_->put(made.get());
    return *made.release();
}

void scoped_session::remove() {
    if (!registry_) return;
    const std::unique_ptr<session> gone{static_cast<session*>(registry_->take())};
    if (gone) gone->close();
}

}  // namespace v1
}  // namespace koine
