// One flush: what is to be written is collected, sent, and only when all of it is done taken over
// into the objects.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "session_core.hpp"

namespace koine {
inline namespace v1 {
namespace detail {

// collect() and prepare_memory() leave everything as it is when they throw; a failure of send()
// leaves memory as it is; apply() does not fail.
class flush_work {
public:
    explicit flush_work(session_core& session) noexcept : session_{session} {}

    // Forgets the flush before. The memory stays, for the next one.
    void clear() noexcept {
        context_.clear();
        if (!inserts_.empty() || !updates_.empty() || !deletes_.empty()) clear_lists();
    }
    // At the end of a flush, however it ends.
    struct clearing {
        flush_work& work;
        ~clearing() { work.clear(); }
    };
    // Whether there is one new object, and nothing else that has to be looked at.
    bool is_one_insert() const noexcept {
        if (session_.pending_.size() != 1 || !session_.deleting_.empty()) return false;
        for (const object_header* const header : session_.touched_)
            if (header->state == object_state::persistent) return false;
        return true;
    }
    bool insert_one(bool commit);
    // Whether the driver itself tells the key of the row inserted last, which needs no RETURNING.
    static bool tells_key(const driver_connection& link) noexcept;
    // See session_core::insert(); for every class and driver.
    KOINE_COLD void insert_row(class_slot& slot, void* object);
    void collect();
    bool empty() const noexcept { return inserts_.empty() && updates_.empty() && session_.deleting_.empty(); }
    std::size_t size() const noexcept { return inserts_.size() + updates_.size() + deletes_.size(); }
    void prepare_memory();
    // With `commit`, the caller sends COMMIT next.
    void send(driver_connection& link, bool commit);
    void apply();

private:
    friend class session_core;
    struct insert {
        const entity_plan* plan;
        void* object;
        koine_value* values;  // borrowed from the object, or `returned`
        column_set columns;   // those that are sent
        bool generated = false;
        std::int64_t key = 0;  // the generated one
        snapshot returned{};
        // `values` holds what the database made of the columns that were not sent
        bool read_back = false;
    };
    struct update {
        object_header* header = nullptr;
        snapshot values{};
        column_set columns{};
    };

    static std::int64_t send_one(session_core& session, driver_connection& link, const entity_plan& plan,
                                 const koine_value* values, bool generated);
    static void push_insert(syntax::fragment& shape, const entity_plan& plan, const column_set& columns,
                            std::span<const std::uint16_t> back);
    void collect_inserts();
    void collect_insert(const entity_plan& plan, void* object, koine_value* values);
    void collect_updates();
    void collect_update(object_header& header);
    void sort_updates();
    KOINE_COLD void grow_updates();
    void clear_lists() noexcept;
    void send_inserts(driver_connection& link);
    void send_group(driver_connection& link, std::size_t first, std::size_t last);
    void send_each(driver_connection& link, const entity_plan& plan, std::size_t first, std::size_t last);
    void send_rows(driver_connection& link, const entity_plan& plan, std::size_t first, std::size_t last);
    void send_and_read_back(driver_connection& link, const entity_plan& plan, std::size_t first, std::size_t last);
    prepared& insert_statement(driver_connection& link, const entity_plan& plan, const column_set& columns,
                               bool generated);
    void append_values(driver_connection& link, const entity_plan& plan, const insert& one);
    static std::int64_t generated_key(const entity_plan& plan, const koine_value& key);
    void take_returned(const entity_plan& plan, insert& one, const koine_value* cells);
    prepared& prepare_update(driver_connection& link, const entity_plan& plan, const column_set& columns);
    KOINE_COLD void check_taken_over(driver_connection& link) const;
    void send_updates(driver_connection& link);
    void send_deletes(driver_connection& link);
    void check_counts(std::span<const std::int64_t> counts) const;
    static void fill_in(insert& one);
    void apply_insert(insert& one);
    void apply_update(update& one) noexcept;
    const object_header& counted(std::size_t index) const;

    session_core& session_;
    bind_context context_{};  // of the values below, which live as long as the flush
    std::vector<koine_value> values_{};
    std::vector<insert> inserts_{};
    std::vector<update> updates_{};
    std::vector<object_header*> deletes_{};
    std::vector<koine_value> binds_{};
    std::vector<std::uint16_t> sets_{};  // columns that the UPDATE at hand sets
    std::vector<std::uint16_t> back_{};  // columns that the group at hand gets back, the key first
};

}  // namespace detail
}  // namespace v1
}  // namespace koine
