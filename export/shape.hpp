// SPDX-License-Identifier: Apache-2.0
// Small readers of hostile JSON values: a value of the right shape, or nullopt.
#pragma once

#include <cstdint>
#include <optional>

#include "base/crypto.hpp"
#include "base/json.hpp"
#include "base/time.hpp"
#include "domain/oid.hpp"

namespace striatum::provenance {

/// 40 lower-case hex digits.
[[nodiscard]] std::optional<Oid> read_oid(const Json& value);
/// 64 lower-case hex digits.
[[nodiscard]] std::optional<Sha256> read_digest(const Json& value);
/// 64 lower-case hex digits as text.
[[nodiscard]] std::optional<Sha256> parse_digest(std::string_view text);
[[nodiscard]] std::optional<std::uint64_t> read_count(const Json& value);
/// `YYYY-MM-DDTHH:MM:SSZ`.
[[nodiscard]] std::optional<Instant> read_instant(const Json& value);

}  // namespace striatum::provenance
