// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

#include "base/crypto.hpp"

namespace striatum {

/// RFC 2104 with SHA-256.
[[nodiscard]] Sha256 hmac_sha256(std::string_view key, std::string_view message);

}  // namespace striatum
