// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <utility>

namespace striatum::provenance {

/// Why bytes are not what they should be: one line, lower case, never the bytes themselves.
struct Problem {
  std::string text;
};

/// A value read from bytes that anybody may have written, or the reason why there is none.
template <class T>
class Parsed {
 public:
  Parsed(T value) : value_(std::move(value)) {}                   // NOLINT: meant to be implicit
  Parsed(Problem problem) : problem_(std::move(problem.text)) {}  // NOLINT

  explicit operator bool() const { return value_.has_value(); }
  const T& operator*() const { return *value_; }
  const T* operator->() const { return &*value_; }
  [[nodiscard]] T take() { return std::move(*value_); }
  /// Empty when there is a value.
  [[nodiscard]] const std::string& problem() const { return problem_; }

 private:
  std::optional<T> value_;
  std::string problem_;
};

}  // namespace striatum::provenance
