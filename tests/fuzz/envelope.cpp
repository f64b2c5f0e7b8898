// SPDX-License-Identifier: Apache-2.0
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "export/dsse.hpp"
#include "export/receipt.hpp"

/// A committed envelope is exactly what the encoder writes; its payload is read as a receipt without harm.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace striatum::provenance;
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  if (const auto envelope = parse_committed_envelope(bytes)) {
    if (encode(*envelope) != bytes) __builtin_trap();
    static_cast<void>(parse_receipt(envelope->payload));
    if (!parse_foreign_envelope(bytes)) __builtin_trap();
  } else {
    static_cast<void>(parse_foreign_envelope(bytes));
  }
  static_cast<void>(parse_receipt(bytes));
  return 0;
}
