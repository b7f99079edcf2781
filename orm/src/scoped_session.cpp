#include <koine/orm/scoped_session.hpp>

#include <memory>

#include <koine/error.hpp>

namespace koine {
inline namespace v1 {

namespace {

// Without a word to the database: whoever ends a scope this way has no time to wait.
void end_session(void* object) noexcept {
    delete static_cast<session*>(object);
}

}  // namespace

scoped_session::scoped_session(sessionmaker maker) {
    configure(std::move(maker));
}
scoped_session::scoped_session(sessionmaker maker, scope_function scope) {
    configure(std::move(maker), std::move(scope));
}
scoped_session::~scoped_session() {
    delete registry_;
}

void scoped_session::configure(sessionmaker maker) {
    configure(std::move(maker), {});
}

void scoped_session::configure(sessionmaker maker, scope_function scope) {
    auto registry = std::make_unique<scope_registry>(&end_session, std::move(scope));
    maker_ = std::move(maker);
    delete std::exchange(registry_, registry.release());
}

session& scoped_session::make() {
    if (registry_ == nullptr)
        throw_usage("the scoped_session is not configured yet: db_session.configure(koine::sessionmaker{engine})");
    auto made = std::make_unique<session>(maker_());
    auto* const kept = static_cast<session*>(registry_->put(made.get()));
    if (kept == made.get()) made.release();
    return *kept;
}

void scoped_session::remove() {
    if (registry_ == nullptr) return;
    const std::unique_ptr<session> gone{static_cast<session*>(registry_->take())};
    if (gone) gone->close();
}

}  // namespace v1
}  // namespace koine
