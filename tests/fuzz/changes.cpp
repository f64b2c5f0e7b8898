// SPDX-License-Identifier: Apache-2.0
#include "export/changes.hpp"

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "export/policy.hpp"

/// A changes file is exactly what the encoder writes. A policy is read without harm.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace striatum::provenance;
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const auto changes = parse_changes(bytes);
  if (changes && encode(*changes) != bytes) __builtin_trap();
  static_cast<void>(parse_policy(bytes));
  return 0;
}
