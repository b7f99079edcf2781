#include "resolver.hpp"

#include <memory>
#include <utility>

#include <netdb.h>
#include <sys/socket.h>

#include "errors.hpp"

namespace koine::libpq {

void resolver::look_up::run() noexcept {
    try {
        for (const target& one : settings->targets) {
            if (one.needs_resolving()) {
                resolve(one);
            } else {
                found.push_back(one);
            }
        }
    } catch (...) {
        problem = "memory is short";
    }
}

void resolver::look_up::resolve(const target& one) {
    addrinfo hints{};
    hints.ai_family = AF_UNSPEC;
    hints.ai_socktype = SOCK_STREAM;
    addrinfo* list = nullptr;
    if (const int error = ::getaddrinfo(one.host.c_str(), nullptr, &hints, &list); error != 0) {
        if (!problem.empty()) problem += "; ";
        problem += "could not translate host name \"" + one.host + "\" to address: " + ::gai_strerror(error);
        return;
    }
    const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> owner{list, &::freeaddrinfo};
    for (const addrinfo* at = list; at != nullptr; at = at->ai_next) {
        char text[NI_MAXHOST];
        if (::getnameinfo(at->ai_addr, at->ai_addrlen, text, sizeof text, nullptr, 0, NI_NUMERICHOST) != 0) continue;
        found.push_back(target{one.host, text, one.port});
    }
}

void resolver::start(std::shared_ptr<const connect_settings> settings) {
    work_.start(std::move(settings));
}

koine_status resolver::finish(std::vector<target>& out, koine_wait& wait) {
    if (!work_.done()) {
        wait = work_.wait();
        return KOINE_WAIT;
    }
    look_up done = std::move(work_.job());
    work_.forget();
    if (done.found.empty()) {
        auto why = local_failure(errc::host_not_found, done.problem);
        why.poisons_connection = true;
        throw why;
    }
    out = std::move(done.found);
    return KOINE_DONE;
}

}  // namespace koine::libpq
