#include <koine/orm/sessionmaker.hpp>

namespace koine {
inline namespace v1 {

sessionmaker::sessionmaker(const koine::engine& engine, const here& where)
    : sessionmaker{engine, session_options{}, where} {}
sessionmaker::sessionmaker(const koine::engine& engine, session_options options, const here& where)
    : engine_{engine}, options_{options}, where_{where} {}

session sessionmaker::operator()() const {
    return session{engine_, options_, where_};
}

}  // namespace v1
}  // namespace koine
