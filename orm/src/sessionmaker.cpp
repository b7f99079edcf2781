#include <koine/orm/sessionmaker.hpp>

namespace koine {
inline namespace v1 {

sessionmaker::sessionmaker(const koine::engine& engine) : sessionmaker{engine, session_options{}} {}
sessionmaker::sessionmaker(const koine::engine& engine, session_options options) : engine_{engine}, options_{options} {}

session sessionmaker::operator()() const {
    return session{engine_, options_};
}

}  // namespace v1
}  // namespace koine
