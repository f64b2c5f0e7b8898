// SPDX-License-Identifier: Apache-2.0
// base: words every layer shares. It knows no domain noun, no file format, no library but json and OpenSSL.
#pragma once

#include <string>
#include <string_view>

#include "base/time.hpp"

namespace striatum {

/// Wall clock. Tests give a small working model.
class Clock {
 public:
  virtual ~Clock() = default;
  [[nodiscard]] virtual Instant now() = 0;
};

/// Source of unpredictable bytes; ids, salts and nonces come from here and nowhere else.
class Random {
 public:
  virtual ~Random() = default;
  [[nodiscard]] virtual std::string bytes(std::size_t count) = 0;
};

class SystemClock final : public Clock {
 public:
  [[nodiscard]] Instant now() override;
};

/// The kernel's generator.
class SystemRandom final : public Random {
 public:
  [[nodiscard]] std::string bytes(std::size_t count) override;
};

/// `prefix_` and 32 lower-case hex digits, the form of every random id of the contract.
[[nodiscard]] std::string new_id(Random& random, std::string_view prefix);

}  // namespace striatum
