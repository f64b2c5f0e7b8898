// SPDX-License-Identifier: Apache-2.0
#include "export/shape.hpp"

#include <algorithm>

#include "base/text.hpp"

namespace striatum::provenance {
namespace {

bool lower_hex(std::string_view text) { return lower(text) == text; }

}  // namespace

std::optional<Oid> read_oid(const Json& value) {
  if (!value.is_string()) return std::nullopt;
  const auto& text = value.get_ref<const std::string&>();
  return lower_hex(text) ? Oid::parse(text) : std::nullopt;
}

std::optional<Sha256> parse_digest(std::string_view text) {
  if (!is_hex(text, 64) || !lower_hex(text)) return std::nullopt;
  const std::string raw = from_hex(text);
  Sha256 out;
  std::transform(raw.begin(), raw.end(), out.bytes.begin(),
                 [](char c) { return static_cast<unsigned char>(c); });
  return out;
}

std::optional<Sha256> read_digest(const Json& value) {
  return value.is_string() ? parse_digest(value.get_ref<const std::string&>()) : std::nullopt;
}

std::optional<std::uint64_t> read_count(const Json& value) {
  if (!value.is_number_integer() || (!value.is_number_unsigned() && value.get<std::int64_t>() < 0))
    return std::nullopt;
  return value.get<std::uint64_t>();
}

std::optional<Instant> read_instant(const Json& value) {
  if (!value.is_string()) return std::nullopt;
  const auto& text = value.get_ref<const std::string&>();
  const std::optional<Instant> when = parse_instant(text);
  return when && to_text(*when) == text ? when : std::nullopt;
}

}  // namespace striatum::provenance
