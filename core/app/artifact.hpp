// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>

#include "app/flow.hpp"
#include "app/verbs.hpp"

namespace striatum::app {

/// A file as it lies in a work tree now, read before any lock is taken.
class ArtifactFile {
 public:
  /// Reads below `folder`, the top of a work tree; what is wrong with the path is kept for `bytes()`.
  ArtifactFile(std::string folder, std::string path);
  /// Refuses (6) a path that is no regular file inside the repository.
  [[nodiscard]] const std::string& bytes() const;
  [[nodiscard]] const std::string& path() const { return path_; }
  [[nodiscard]] bool is_markdown() const;
  /// Puts `bytes` in the file's place: the one rewrite that publishing does (synthesis front matter).
  void rewrite(std::string bytes);

 private:
  std::string root_;
  std::string path_;
  std::string bytes_;
  unsigned mode_ = 0644;
  std::optional<Error> problem_;
};

/// The plain form (`./a//b` is `a/b`) of a path of an artifact, export or decision, for the disk; rows and replies keep
/// it as given. Refuses (6) what is absolute, escaping, in a state or git folder.
[[nodiscard]] std::string plain_path(const std::string& path);

/// The checks and rows of `publish-artifact`, inside a unit that `submit-review` shares.
[[nodiscard]] Json publish(store::WriteUnit& unit, const Held& held, const Publish& command,
                           ArtifactFile& file);

/// Refuses a job whose workflow wants an attested lane from a session without one.
void require_attested(store::Connection& db, const Run& run, const Job& job, const Session& session, Code code);

}  // namespace striatum::app
