// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

// Instantiated once, in json.cpp: every unit would compile the whole class again otherwise.
extern template class nlohmann::basic_json<>;

namespace striatum {

using Json = nlohmann::json;

/// The contract's canonical form: keys sorted, no blanks, non-ASCII as \uXXXX; no final newline.
/// Bytes that are not UTF-8 become U+FFFD.
[[nodiscard]] std::string to_canonical_ascii(const Json& value);
/// Canonical form of the provenance format (RFC 8785 restricted to ASCII keys and integers): UTF-8 stays.
[[nodiscard]] std::string to_canonical_utf8(const Json& value);
/// The form some old columns use: as canonical ASCII, but `", "` and `": "` between items, keys in given order.
[[nodiscard]] std::string to_spaced_ascii(const nlohmann::ordered_json& value);

/// Parses one JSON text of depth ≤ 512, whole numbers within 64 bits; the last of duplicate keys wins. nullopt when
/// it is not JSON.
[[nodiscard]] std::optional<Json> parse_json(std::string_view text);

/// Whether a member is wanted, asked in the order of the text. `depth`: of the object that holds it, 1 the outermost;
/// arrays count too.
using Wanted = std::function<bool(std::size_t depth, std::string_view key)>;
/// The same without the members that are not wanted: a large text where little is needed costs its reading alone.
[[nodiscard]] std::optional<Json> parse_json(std::string_view text, const Wanted& wanted);

/// The same, keys in the order of the text.
[[nodiscard]] std::optional<nlohmann::ordered_json> parse_ordered_json(std::string_view text);

/// Parses hostile JSON strictly: no duplicate keys, no floats, integers within ±(2^53−1), ASCII keys,
/// depth ≤ 32, valid UTF-8. nullopt otherwise.
[[nodiscard]] std::optional<Json> parse_restricted_json(std::string_view text);

/// The member, or null when `object` is no object or has none.
[[nodiscard]] const Json& member(const Json& object, std::string_view key);
/// The member's text, or `fallback` when it is absent or no string.
[[nodiscard]] std::string text_member(const Json& object, std::string_view key, std::string_view fallback = "");
[[nodiscard]] std::optional<std::string> optional_text(const Json& object, std::string_view key);
/// The strings of an array; other elements are left out.
[[nodiscard]] std::vector<std::string> string_list(const Json& array);
/// A JSON string or null.
[[nodiscard]] Json nullable(const std::optional<std::string>& text);

}  // namespace striatum
