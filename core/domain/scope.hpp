// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

#include "domain/workflow_spec.hpp"

namespace striatum::domain {

/// Inside some allowed path and outside every forbidden one; nothing allowed means nothing is inside.
[[nodiscard]] bool in_scope(const WriteScope& scope, std::string_view path);

/// True when two jobs could write the same file: an allowed path of one lies inside one of the other.
[[nodiscard]] bool overlap(const WriteScope& a, const WriteScope& b);

}  // namespace striatum::domain
