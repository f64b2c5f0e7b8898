// SPDX-License-Identifier: Apache-2.0
// Real folders and repositories for tests; removed at the end.
#pragma once

#include <stdlib.h>

#include <filesystem>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "os/process.hpp"

namespace striatum::test {

class TempFolder {
 public:
  explicit TempFolder(const std::filesystem::path& parent = std::filesystem::temp_directory_path()) {
    std::string pattern = (parent / "striatum-test-XXXXXX").string();
    if (::mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("no temporary folder");
    path_ = std::filesystem::canonical(pattern).string();
  }
  TempFolder(const TempFolder&) = delete;
  TempFolder& operator=(const TempFolder&) = delete;
  ~TempFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }

  [[nodiscard]] const std::string& path() const { return path_; }
  [[nodiscard]] std::string operator/(const std::string& name) const { return path_ + "/" + name; }

 private:
  std::string path_;
};

inline void write(const std::string& path, const std::string& bytes) {
  std::filesystem::create_directories(std::filesystem::path(path).parent_path());
  std::ofstream(path, std::ios::binary) << bytes;
}

inline std::string slurp(const std::string& path) {
  std::ostringstream out;
  out << std::ifstream(path, std::ios::binary).rdbuf();
  return out.str();
}

/// A repository of its own: no configuration of the user or the system, fixed names and times.
class TempRepo {
 public:
  /// `init_args`: as `--bare`.
  explicit TempRepo(const std::vector<std::string>& init_args = {}) {
    std::filesystem::create_directories(folder_ / "repo");
    std::vector<std::string> args{"init", "-q", "-b", "main"};
    args.insert(args.end(), init_args.begin(), init_args.end());
    git(args);
  }

  [[nodiscard]] std::string path() const { return folder_ / "repo"; }
  [[nodiscard]] std::string operator/(const std::string& name) const { return path() + "/" + name; }
  /// A place beside the repository, removed with it.
  [[nodiscard]] std::string beside(const std::string& name) const { return folder_ / name; }

  /// Output of a git call that has to succeed, without its last line break.
  std::string git(const std::vector<std::string>& args, const std::string& input = {}) const {
    auto finished = try_git(args, input);
    if (!finished.ok()) throw std::runtime_error("git " + args.front() + ": " + finished.err);
    if (finished.out.ends_with('\n')) finished.out.pop_back();
    return finished.out;
  }

  [[nodiscard]] os::Finished try_git(const std::vector<std::string>& args,
                                     const std::string& input = {}) const {
    os::Command command;
    command.argv = {"git"};
    command.argv.insert(command.argv.end(), args.begin(), args.end());
    command.cwd = path();
    command.input = input;
    command.environment = {{"GIT_CONFIG_NOSYSTEM", "1"},
                           {"GIT_CONFIG_GLOBAL", "/dev/null"},
                           {"GIT_AUTHOR_NAME", "A"},
                           {"GIT_AUTHOR_EMAIL", "a@example.org"},
                           {"GIT_COMMITTER_NAME", "C"},
                           {"GIT_COMMITTER_EMAIL", "c@example.org"},
                           {"GIT_AUTHOR_DATE", "1700000000 +0000"},
                           {"GIT_COMMITTER_DATE", "1700000000 +0000"},
                           {"LC_ALL", "C"}};
    return os::run(command);
  }

  /// Writes these files, adds everything and commits. Returns the id.
  std::string commit(const std::vector<std::pair<std::string, std::string>>& files,
                     const std::string& message = "c") const {
    for (const auto& [name, bytes] : files) write(*this / name, bytes);
    git({"add", "-A"});
    git({"commit", "-q", "--allow-empty", "-m", message});
    return git({"rev-parse", "HEAD"});
  }

 private:
  TempFolder folder_;
};

}  // namespace striatum::test
