// Sending new rows to databases without RETURNING: one row a statement, whose key the driver tells,
// and a query for what else the database made of it.
#include <algorithm>
#include <string>
#include <utility>

#include <koine/error.hpp>

#include "flushing/flush_sender.hpp"
#include "flushing/insert_row.hpp"
#include "loading/loading.hpp"

namespace koine {
inline namespace v1 {
namespace detail {

void flush_sender::send_and_read_back(driver_connection& link, const entity_plan& plan, std::size_t first,
                                      std::size_t last) {
    const bool generated = lists_.inserts[first].generated;
    const bool more = !back_.empty();
    const auto is_key = [&](std::uint16_t column) {
        return std::find(plan.key.begin(), plan.key.end(), column) != plan.key.end();
    };
    if (std::any_of(back_.begin(), back_.end(), is_key) ||
        (generated && !has_capability(link, KOINE_CAP_LAST_INSERT_ID)))
        throw_usage("the database cannot tell which key it gave to a new " + std::string{plan.entity->class_name} +
                    ": it has no INSERT ... RETURNING");
    if (generated) generated_insert(link, plan);  // asks whether the table makes the key
    // The query first: it stays as long as the connection, the other statement until something else
    // is prepared.
    prepared* const query = more ? &loading::statement_by_key(link, plan) : nullptr;
    auto made = std::exchange(back_, {});
    prepared& statement = insert_statement(link, plan, lists_.inserts[first].columns, generated);
    back_ = std::move(made);
    if (generated) back_.insert(back_.begin(), plan.key[0]);
    std::vector<koine_value> cells(back_.size());
    for (std::size_t i = first; i < last; ++i) {
        new_row& one = lists_.inserts[i];
        binds_.clear();
        append_values(link, plan, one);
        link.execute(statement, binds_);
        const koine_value key{0, KOINE_INT64, 0, 0, {generated ? link.last_insert_id() : 0}};
        if (generated) one.key = generated_key(plan, key);
        if (!more) continue;
        binds_.clear();
        for (const std::uint16_t column : plan.key)
            binds_.push_back(generated ? key : link.context().native_form(one.values[column]));
        if (link.execute(*query, binds_) == 0) {
            error_info info;
            info.code = errc::no_row;
            info.poisons_transaction = true;
            info.table = std::string{plan.table->name};
            info.message = "the row of a new " + std::string{plan.entity->class_name} + " cannot be found by its key";
            throw_error(std::move(info));
        }
        for (std::size_t cell = 0; cell < back_.size(); ++cell) cells[cell] = query->cells[back_[cell]];
        take_returned(plan, one, cells.data());
        link.finish(*query);
    }
}

}  // namespace detail
}  // namespace v1
}  // namespace koine
