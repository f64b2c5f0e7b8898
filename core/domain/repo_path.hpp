// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <compare>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

namespace striatum {

/// Why a text is no path inside a repository.
enum class PathRule {
  empty,
  absolute,
  parent,        ///< a `..` component
  dot,           ///< a `.` or empty component (`a//b`, `a/`), where the strict form is asked for
  nul,           ///< holds a NUL byte
  git_folder,    ///< a component that is, or on some file system means, `.git`
  state_folder,  ///< the same for `.striatum`
  too_long,      ///< more than 4096 bytes, or a component of more than 255
  url,           ///< `file:///x`, `https://x`: whoever writes that means no file of the repository
};

/// A few own words for messages: "is absolute", "leaves the repository", …
[[nodiscard]] std::string_view explain(PathRule rule);

/// A validated relative path, `/`-separated, components neither empty nor `.` nor `..`.
class RepoPath {
 public:
  /// `.` and empty components and a trailing slash are dropped (`./a//b/` is `a/b`).
  [[nodiscard]] static std::variant<RepoPath, PathRule> parse(std::string_view text);
  /// As `parse`, but the text has to be in the normal form already.
  [[nodiscard]] static std::variant<RepoPath, PathRule> parse_normal(std::string_view text);

  [[nodiscard]] const std::string& str() const { return text_; }
  auto operator<=>(const RepoPath&) const = default;

 private:
  explicit RepoPath(std::string text) : text_(std::move(text)) {}
  std::string text_;
};

/// The rule that `text` breaks, or nullopt.
[[nodiscard]] std::optional<PathRule> broken_rule(std::string_view text);

/// True when this component is `.git` or `.striatum` or a disguise of it: any case, Unicode case folding,
/// NTFS short name (`GIT~1`) and stream (`.git::$INDEX_ALLOCATION`), trailing dots and blanks, code points
/// that HFS+ ignores, a backslash as separator.
[[nodiscard]] std::optional<PathRule> forbidden_component(std::string_view component);

/// Component by component: is `path` equal to, or below, `parent`? `.` and empty parts and a trailing slash
/// are ignored; an empty parent contains everything. Paths with `..` are inside nothing.
[[nodiscard]] bool inside(std::string_view path, std::string_view parent);

}  // namespace striatum
