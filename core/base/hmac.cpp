// SPDX-License-Identifier: Apache-2.0
#include "base/hmac.hpp"

#include <string>

namespace striatum {
namespace {

constexpr std::size_t kBlock = 64;

std::string masked(std::string key, unsigned char mask) {
  for (char& c : key) c = static_cast<char>(static_cast<unsigned char>(c) ^ mask);
  return key;
}

}  // namespace

Sha256 hmac_sha256(std::string_view key, std::string_view message) {
  std::string block = key.size() > kBlock ? sha256(key).raw() : std::string(key);
  block.resize(kBlock, '\0');
  const std::string inner = sha256(masked(block, 0x36) + std::string(message)).raw();
  return sha256(masked(std::move(block), 0x5c) + inner);
}

}  // namespace striatum
