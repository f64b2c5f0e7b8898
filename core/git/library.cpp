// SPDX-License-Identifier: Apache-2.0
#include "git/library.hpp"

#include <sys/resource.h>
#include <sys/stat.h>

#include <array>

#include "base/error.hpp"
#include "base/text.hpp"

namespace striatum::git {
namespace {

bool single_threaded() {
  constexpr nlink_t kOneThread = 3;  // ".", ".." and the thread
  struct stat info {};
  return ::stat("/proc/self/task", &info) == 0 && info.st_nlink == kOneThread;
}

/// While it lives no file can be opened. libgit2 reads the system's certificates when it starts (five times
/// the cost of the rest) and does without them when it can't; nothing here speaks to a server.
class NoNewFiles {
 public:
  NoNewFiles() {
    if (!single_threaded() || ::getrlimit(RLIMIT_NOFILE, &before_) != 0) return;
    rlimit none = before_;
    none.rlim_cur = 0;
    active_ = ::setrlimit(RLIMIT_NOFILE, &none) == 0;
  }
  NoNewFiles(const NoNewFiles&) = delete;
  NoNewFiles& operator=(const NoNewFiles&) = delete;
  ~NoNewFiles() {
    if (active_) ::setrlimit(RLIMIT_NOFILE, &before_);
  }

 private:
  rlimit before_{};
  bool active_ = false;
};

int start_library() {
  const NoNewFiles no_new_files;
  return git_libgit2_init();
}

/// Runs once; libgit2 lives until the process ends.
bool set_up() {
  if (start_library() < 0) check(git_libgit2_init(), "starting libgit2");
  // Formats that change nothing for a reader.
  std::array<const char*, 3> extensions{"worktreeconfig", "partialclone", "preciousobjects"};
  check(git_libgit2_opts(GIT_OPT_SET_EXTENSIONS, extensions.data(), extensions.size()),
        "declaring extensions");
  // Every object is hashed by `Repository` itself, several times faster.
  check(git_libgit2_opts(GIT_OPT_ENABLE_STRICT_HASH_VERIFICATION, 0), "leaving hashes to us");
  return true;
}

}  // namespace

void ensure_library() {
  static const bool done = set_up();
  static_cast<void>(done);
}

std::string last_message() {
  const git_error* error = git_error_last();
  return error != nullptr && error->message != nullptr ? one_line(to_utf8(error->message)) : "unknown cause";
}

void check(int code, std::string_view doing) {
  if (code >= 0) return;
  fail(Code::general, "git_failed", std::string(doing) + ": " + last_message());
}

}  // namespace striatum::git

#ifdef __SANITIZE_ADDRESS__
/// libgit2 1.5 drops its match data whenever a regular expression does not match.
extern "C" const char* __lsan_default_suppressions() { return "leak:libpcre2\n"; }
#endif
