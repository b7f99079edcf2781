#include "identities/identity_map.hpp"

#include <gtest/gtest.h>

#include <random>
#include <string>
#include <unordered_map>

namespace koine {
namespace {

using detail::integer_identities;
using detail::value_identities;

koine_value text(const std::string& s) {
    koine_value value{static_cast<std::uint32_t>(s.size()), KOINE_TEXT, 0, 0, {0}};
    value.u.p = s.data();
    return value;
}

TEST(identity_map, finds_integer_keys_as_a_plain_map_does_under_random_insertion_and_erasure) {
    integer_identities map;
    std::unordered_map<std::int64_t, void*> model;
    std::mt19937_64 random{7};
    std::vector<char> objects(4096);
    for (int step = 0; step < 200'000; ++step) {
        // Neighbouring keys, far ones and negative ones.
        std::int64_t key = static_cast<std::int64_t>(random() % 3000) - 500;
        if (random() % 4 == 0) key *= 1'000'003;
        if (random() % 3 != 0) {
            auto& entry = map.at(key);
            ASSERT_EQ(entry.object != nullptr, model.count(key) != 0) << key;
            if (entry.object == nullptr) {
                entry.object = &objects[random() % objects.size()];
                map.added();
                model[key] = entry.object;
            }
        } else {
            map.erase(key);
            model.erase(key);
        }
        ASSERT_EQ(map.size(), model.size());
    }
    for (const auto& [key, object] : model) ASSERT_EQ(map.find(key), object);
}

TEST(identity_map, an_entry_that_was_left_alone_is_no_object) {
    integer_identities map;
    EXPECT_EQ(map.find(1), nullptr);
    (void)map.at(1);
    EXPECT_EQ(map.find(1), nullptr);
    EXPECT_EQ(map.size(), 0U);
    map.erase(1);
}

TEST(identity_map, adding_after_reserve_moves_no_entry) {
    integer_identities map;
    char object;
    map.reserve(1000);
    integer_identities::entry* const first = &map.at(0);
    first->object = &object;
    map.added();
    for (std::int64_t key = 1; key < 1000; ++key) {
        map.at(key).object = &object;
        map.added();
    }
    EXPECT_EQ(&map.at(0), first);
}

TEST(identity_map, finds_composite_keys_by_value) {
    value_identities map;
    std::unordered_map<std::string, void*> model;
    std::mt19937_64 random{11};
    std::vector<char> objects(512);
    for (int step = 0; step < 50'000; ++step) {
        const std::string name = "key " + std::to_string(random() % 700);
        const koine_value key[]{text(name),
                                koine_value{0, KOINE_INT64, 0, 0, {static_cast<std::int64_t>(name.size())}}};
        if (random() % 3 != 0) {
            auto& entry = map.at(key);
            ASSERT_EQ(entry.object != nullptr, model.count(name) != 0) << name;
            if (entry.object == nullptr) {
                entry.object = &objects[random() % objects.size()];
                map.added();
                model[name] = entry.object;
            }
        } else {
            map.erase(key);
            model.erase(name);
        }
        ASSERT_EQ(map.size(), model.size());
    }
    for (const auto& [name, object] : model) {
        const koine_value key[]{text(name),
                                koine_value{0, KOINE_INT64, 0, 0, {static_cast<std::int64_t>(name.size())}}};
        ASSERT_EQ(map.find(key), object);
    }
}

}  // namespace
}  // namespace koine
