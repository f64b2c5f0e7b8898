// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <exception>
#include <initializer_list>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace striatum {

/// Exit status of the program and `error.code` of the envelope. Numbers are never reused.
enum class Code : int {
  ok = 0,
  general = 1,
  usage = 2,
  not_found = 3,
  transition = 4,
  lease = 5,
  artifact = 6,
  branch = 7,
  workflow = 8,
  schema = 9,
  daemon_unreachable = 10,
  daemon_auth = 11,
  daemon_capability = 12,
  daemon_registry = 13,
  verification = 14,
  interrupted = 130,
};

/// The one exception of the project: a refusal of a rule or a failure of the world (disk, SQLite, git).
/// Thrown inside a unit of work it rolls the unit back; it is caught only where a surface answers.
class Error : public std::exception {
 public:
  Error(Code code, std::string message, std::vector<std::string> hints = {});

  [[nodiscard]] Code code() const { return code_; }
  /// One line, lower case, no trailing dot; names the thing and its id.
  [[nodiscard]] const std::string& message() const { return message_; }
  /// What to type next, most useful first.
  [[nodiscard]] const std::vector<std::string>& hints() const { return hints_; }
  /// Stable snake_case word for scripts (`error.kind`); by default derived from the code.
  [[nodiscard]] std::string_view kind() const;
  /// Additional members of the error object, or null.
  [[nodiscard]] const nlohmann::json* details() const { return details_.get(); }
  [[nodiscard]] const char* what() const noexcept override { return message_.c_str(); }

  Error&& with_kind(std::string kind) &&;
  Error&& with_details(nlohmann::json details) &&;

 private:
  Code code_;
  std::string message_;
  std::vector<std::string> hints_;
  std::string kind_;
  std::shared_ptr<const nlohmann::json> details_;
};

/// Throws `Error`: the command is refused and nothing of it happens.
[[noreturn]] void refuse(Code code, std::string message, std::vector<std::string> hints = {});

/// Throws `Error` with a kind: the world is broken (`db_corrupt`, `disk_full`, …).
[[noreturn]] void fail(Code code, std::string kind, std::string message, std::vector<std::string> hints = {});

/// 'value' in single quotes, in double quotes when it holds a single one; control bytes shown as \xNN.
[[nodiscard]] std::string quote(std::string_view value);

}  // namespace striatum
