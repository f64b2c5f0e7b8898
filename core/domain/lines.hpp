// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string_view>

namespace striatum::domain {

/// The parts that `split` at line breaks returns, one after the other and without copies: for texts of any size.
class Lines {
 public:
  explicit Lines(std::string_view text) : rest_(text) {}
  /// nullopt behind the last one.
  [[nodiscard]] std::optional<std::string_view> next() {
    if (!rest_) return std::nullopt;
    const auto end = rest_->find('\n');
    const std::string_view line = rest_->substr(0, end);
    rest_ = end == std::string_view::npos ? std::nullopt : std::optional(rest_->substr(end + 1));
    return line;
  }

 private:
  std::optional<std::string_view> rest_;
};

}  // namespace striatum::domain
