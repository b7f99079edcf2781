#include "resolver.hpp"

#include <string>
#include <thread>
#include <utility>

#include <netdb.h>
#include <sys/socket.h>

#include <koine/spi_event.hpp>

#include "errors.hpp"

namespace koine::libpq {

struct resolver::job {
    explicit job(std::shared_ptr<const connect_settings> with) : settings{std::move(with)} {}

    void run() noexcept {
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
        done.set();
    }

    void resolve(const target& one) {
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
            if (::getnameinfo(at->ai_addr, at->ai_addrlen, text, sizeof text, nullptr, 0, NI_NUMERICHOST) != 0)
                continue;
            found.push_back(target{one.host, text, one.port});
        }
    }

    std::shared_ptr<const connect_settings> settings;
    std::vector<target> found{};
    std::string problem{};
    spi::event done{};
};

void resolver::start(std::shared_ptr<const connect_settings> settings) {
    auto made = std::make_shared<job>(std::move(settings));
    std::thread{[made] { made->run(); }}.detach();
    job_ = std::move(made);
}

koine_status resolver::finish(std::vector<target>& out, koine_wait& wait) {
    if (!job_->done.is_set()) {
        wait = koine_wait{job_->done.descriptor(), KOINE_WAIT_READ, KOINE_NO_DEADLINE};
        return KOINE_WAIT;
    }
    const auto finished = std::exchange(job_, nullptr);
    if (finished->found.empty()) {
        auto why = local_failure(errc::host_not_found, finished->problem);
        why.poisons_connection = true;
        throw why;
    }
    out = finished->found;
    return KOINE_DONE;
}

}  // namespace koine::libpq
