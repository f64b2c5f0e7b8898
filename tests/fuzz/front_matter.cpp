// SPDX-License-Identifier: Apache-2.0
#include "domain/front_matter.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/error.hpp"
#include "domain/states.hpp"

/// The first byte picks the kind. Front matter is refused by code 6 or accepted; what is added is accepted.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace striatum;
  if (size == 0) return 0;
  const std::string kind(kArtifactKinds[data[0] % kArtifactKinds.size()]);
  const std::string_view text(reinterpret_cast<const char*>(data + 1), size - 1);
  try {
    domain::check_front_matter(text, kind);
  } catch (const Error& error) {
    if (error.code() != Code::artifact) __builtin_trap();
  }
  const auto end = domain::front_matter_end(text);
  if (!end && domain::front_matter_is_added(kind)) {
    domain::check_front_matter(domain::with_front_matter(text, kind), kind);
  }
  return 0;
}
