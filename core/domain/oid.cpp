// SPDX-License-Identifier: Apache-2.0
#include "domain/oid.hpp"

#include <algorithm>

#include "base/text.hpp"

namespace striatum {

std::string Oid::hex() const { return to_hex(raw()); }

bool Oid::zero() const {
  return std::all_of(bytes.begin(), bytes.end(), [](unsigned char byte) { return byte == 0; });
}

std::optional<Oid> Oid::parse(std::string_view hex) {
  if (!is_hex(hex, 40)) return std::nullopt;
  return from_raw(from_hex(hex));
}

std::optional<Oid> Oid::from_raw(std::string_view bytes) {
  Oid id;
  if (bytes.size() != id.bytes.size()) return std::nullopt;
  std::memcpy(id.bytes.data(), bytes.data(), bytes.size());
  return id;
}

std::string Oid::raw() const { return {reinterpret_cast<const char*>(bytes.data()), bytes.size()}; }

Oid empty_tree_oid() { return *Oid::parse("4b825dc642cb6eb9a060e54bf8d69288fbee4904"); }

}  // namespace striatum
