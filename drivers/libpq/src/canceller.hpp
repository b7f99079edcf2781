// Cancel requests. libpq can only send them with a blocking call.
#pragma once

#include <memory>

#include <libpq-fe.h>

#include <koine/spi_canceller.hpp>

namespace koine::libpq {

class canceller : public spi::canceller {
public:
    // Takes the key of the session. Call once, after connecting. PQgetCancel only reads the
    // connection; its parameter lacks the const.
    void take(const PGconn* connection) {
        key_ = std::shared_ptr<PGcancel>{PQgetCancel(const_cast<PGconn*>(connection)), &PQfreeCancel};
    }

    // Any thread.
    void request() {
        spi::canceller::request([this] {
            return [key = key_] {
                char reason[256];
                // A request that cannot be delivered is no error of ours: the operation then ends
                // by itself or by its deadline.
                PQcancel(key.get(), reason, sizeof reason);
            };
        });
    }

private:
    std::shared_ptr<PGcancel> key_{};
};

}  // namespace koine::libpq
