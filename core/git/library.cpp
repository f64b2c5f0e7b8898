// SPDX-License-Identifier: Apache-2.0
#include "git/library.hpp"

#include <git2/sys/alloc.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <cstring>

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

/// libgit2 1.5 reports a lack of memory by allocating, without end. An open transaction rolls back, what was being
/// made is swept by the next command.
[[noreturn]] void end_without_memory() {
  constexpr std::string_view kLine = "out of memory\n";
  static_cast<void>(!::write(STDERR_FILENO, kLine.data(), kLine.size()));
  ::_exit(static_cast<int>(Code::general));
}

void* there(void* memory) { return memory != nullptr ? memory : (end_without_memory(), nullptr); }

char* copy_of(const char* text, std::size_t size) {
  auto* out = static_cast<char*>(there(std::malloc(size + 1)));
  std::memcpy(out, text, size);
  out[size] = '\0';
  return out;
}

std::size_t product(std::size_t count, std::size_t size) {
  std::size_t out = 0;
  if (__builtin_mul_overflow(count, size, &out)) end_without_memory();
  return out == 0 ? 1 : out;
}

/// To be set before libgit2 starts.
git_allocator allocator() {
  git_allocator out{};
  out.gmalloc = [](std::size_t n, const char*, int) { return there(std::malloc(product(n, 1))); };
  out.gcalloc = [](std::size_t n, std::size_t size, const char*, int) { return there(std::calloc(1, product(n, size))); };
  out.gstrdup = [](const char* text, const char*, int) { return copy_of(text, std::strlen(text)); };
  out.gstrndup = [](const char* text, std::size_t n, const char*, int) { return copy_of(text, ::strnlen(text, n)); };
  out.gsubstrdup = [](const char* text, std::size_t n, const char*, int) { return copy_of(text, n); };
  out.grealloc = [](void* old, std::size_t n, const char*, int) { return there(std::realloc(old, product(n, 1))); };
  out.greallocarray = [](void* old, std::size_t n, std::size_t size, const char*, int) {
    return there(std::realloc(old, product(n, size)));
  };
  out.gmallocarray = [](std::size_t n, std::size_t size, const char*, int) { return there(std::malloc(product(n, size))); };
  out.gfree = [](void* memory) { std::free(memory); };
  return out;
}

int start_library() {
  const NoNewFiles no_new_files;
  return git_libgit2_init();
}

/// Runs once; libgit2 lives until the process ends.
bool set_up() {
  git_allocator ours = allocator();
  check(git_libgit2_opts(GIT_OPT_SET_ALLOCATOR, &ours), "setting the allocator");
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
