// SPDX-License-Identifier: Apache-2.0
#include "os/process.hpp"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstdlib>
#include <cstring>
#include <initializer_list>
#include <limits>

#include "base/error.hpp"
#include "base/text.hpp"
#include "os/detail.hpp"
#include "os/fd.hpp"
#include "os/files.hpp"
#include "os/signals.hpp"

extern "C" char** environ;

namespace striatum::os {
namespace {

using std::chrono::milliseconds;
using Steady = std::chrono::steady_clock;

/// Between TERM and KILL.
constexpr milliseconds kGrace{2000};
/// How long output is still read after the child's end, when a grandchild keeps the pipe open.
constexpr milliseconds kDrain{200};

struct Pipe {
  Fd read;
  Fd write;
};

Pipe new_pipe() {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) fail_errno(errno, "opening a pipe for", "a child process");
  return {Fd(ends[0]), Fd(ends[1])};
}

void set_nonblocking(int fd) { ::fcntl(fd, F_SETFL, ::fcntl(fd, F_GETFL) | O_NONBLOCK); }

std::vector<std::string> child_environment(const Command& command) {
  std::vector<std::string> result;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string_view text(*entry);
    const std::string_view name = text.substr(0, text.find('='));
    const bool changed = std::any_of(command.environment.begin(), command.environment.end(),
                                     [&](const auto& change) { return change.first == name; });
    if (!changed) result.emplace_back(text);
  }
  // The last change of a name counts.
  for (auto change = command.environment.begin(); change != command.environment.end(); ++change) {
    const bool again = std::any_of(std::next(change), command.environment.end(),
                                   [&](const auto& later) { return later.first == change->first; });
    if (!again && change->second) result.push_back(change->first + '=' + *change->second);
  }
  return result;
}

std::vector<char*> pointers(std::vector<std::string>& texts) {
  std::vector<char*> result;
  result.reserve(texts.size() + 1);
  for (auto& text : texts) result.push_back(text.data());
  result.push_back(nullptr);
  return result;
}

struct FileActions {
  posix_spawn_file_actions_t value{};
  FileActions() { ::posix_spawn_file_actions_init(&value); }
  FileActions(const FileActions&) = delete;
  FileActions& operator=(const FileActions&) = delete;
  ~FileActions() { ::posix_spawn_file_actions_destroy(&value); }
  void duplicate(int from, int to) { ::posix_spawn_file_actions_adddup2(&value, from, to); }
};

struct Attributes {
  posix_spawnattr_t value{};
  Attributes() { ::posix_spawnattr_init(&value); }
  Attributes(const Attributes&) = delete;
  Attributes& operator=(const Attributes&) = delete;
  ~Attributes() { ::posix_spawnattr_destroy(&value); }
};

/// SIGPIPE of our own writes to a child that reads no more: held back, and taken off the queue at the end.
class NoSigpipe {
 public:
  NoSigpipe() = default;
  NoSigpipe(const NoSigpipe&) = delete;
  NoSigpipe& operator=(const NoSigpipe&) = delete;
  ~NoSigpipe() {
    const timespec now{0, 0};
    if (!was_pending_) detail::retry([&] { return ::sigtimedwait(&pipe_, nullptr, &now); });
  }
  [[nodiscard]] const sigset_t& before() const { return held_.before(); }

 private:
  static bool pending() {
    sigset_t pending;
    ::sigpending(&pending);
    return ::sigismember(&pending, SIGPIPE) == 1;
  }

  sigset_t pipe_ = signal_set(std::array{SIGPIPE});
  bool was_pending_ = pending();
  HeldSignals held_{pipe_};
};

/// SIGTERM for a process and what it started, from the leaves up: git does not tell a hook that it ends. For signal
/// handlers: no allocation, no lock. Deeper trees than that are left to their middle.
void end_tree(pid_t pid, int depth = 4) {
  std::array<char, 64> path{};
  std::array<char, 4096> text{};
  const auto append = [&path](char* to, std::string_view part) { return std::copy(part.begin(), part.end(), to); };
  char* to = append(path.data(), "/proc/");
  char* const number = to;
  to = std::to_chars(to, to + std::numeric_limits<pid_t>::digits10 + 1, pid).ptr;
  const std::string_view digits(number, static_cast<std::size_t>(to - number));
  to = append(append(append(to, "/task/"), digits), "/children");
  const int fd = ::open(path.data(), O_RDONLY | O_CLOEXEC);
  const ssize_t size = fd < 0 ? 0 : ::read(fd, text.data(), text.size());
  if (fd >= 0) ::close(fd);
  const char* const end = text.data() + std::max<ssize_t>(size, 0);
  for (const char* at = text.data(); at < end && depth > 0; ++at) {
    pid_t child = 0;
    at = std::from_chars(at, end, child).ptr;
    if (child > 0) end_tree(child, depth - 1);
  }
  ::kill(pid, SIGTERM);
}

/// What ends us from outside.
constexpr std::array<int, 3> kEnding{SIGHUP, SIGINT, SIGTERM};

/// A signal that ends us ends the child first, which may be at work for the user (hooks); then it is ours.
class PassOn {
 public:
  explicit PassOn(pid_t target) {
    child = target;
    for (std::size_t i = 0; i < kEnding.size(); ++i) {
      struct sigaction ours {};
      ours.sa_handler = [](int number) {
        child < 0 ? static_cast<void>(::kill(child, SIGTERM)) : end_tree(child);
        ::signal(number, SIG_DFL);
        ::raise(number);
      };
      ::sigemptyset(&ours.sa_mask);
      ::sigaction(kEnding[i], nullptr, &before_[i]);
      if (before_[i].sa_handler == SIG_DFL) ::sigaction(kEnding[i], &ours, nullptr);
    }
  }
  PassOn(const PassOn&) = delete;
  PassOn& operator=(const PassOn&) = delete;
  ~PassOn() {
    for (std::size_t i = 0; i < kEnding.size(); ++i) ::sigaction(kEnding[i], &before_[i], nullptr);
  }

 private:
  static inline volatile pid_t child = 0;
  std::array<struct sigaction, kEnding.size()> before_{};
};

/// What ends a program ends a child too, however we hold it back ourselves.
sigset_t without_stops(sigset_t mask) {
  for (const int number : {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGTSTP}) ::sigdelset(&mask, number);
  return mask;
}

/// Our ends of the child's streams.
struct Streams {
  Fd input;
  Fd out;
  Fd err;
};

class Child {
 public:
  Child(const Command& command, const sigset_t& mask)
      : group_(command.own_group && command.deadline.has_value()) {
    FileActions actions;
    Streams theirs = connect(command, actions);
    if (!command.cwd.empty()) ::posix_spawn_file_actions_addchdir_np(&actions.value, command.cwd.c_str());

    Attributes attributes;
    short flags = POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF;
    if (group_) flags = static_cast<short>(flags | POSIX_SPAWN_SETPGROUP);
    ::posix_spawnattr_setflags(&attributes.value, flags);
    ::posix_spawnattr_setpgroup(&attributes.value, 0);
    const sigset_t open_mask = without_stops(mask);
    ::posix_spawnattr_setsigmask(&attributes.value, &open_mask);
    sigset_t defaults;
    ::sigemptyset(&defaults);
    ::sigaddset(&defaults, SIGPIPE);
    ::posix_spawnattr_setsigdefault(&attributes.value, &defaults);

    auto arguments = command.argv;
    auto environment = child_environment(command);
    const int error = ::posix_spawnp(&pid_, command.argv.front().c_str(), &actions.value, &attributes.value,
                                     pointers(arguments).data(), pointers(environment).data());
    if (error != 0) fail_start(command, error);
    end_ = Fd(static_cast<int>(::syscall(SYS_pidfd_open, pid_, 0)));
  }
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;
  ~Child() {
    if (reaped_) return;
    signal(SIGKILL);
    static_cast<void>(wait(0));
  }

  void signal(int number) const { ::kill(target(), number); }
  /// What `kill` takes: the child, or the group it leads.
  [[nodiscard]] pid_t target() const { return group_ ? -pid_ : pid_; }

  /// The status when the child has ended; with WNOHANG nullopt otherwise.
  std::optional<int> wait(int options) {
    int status = 0;
    if (detail::retry([&] { return ::waitpid(pid_, &status, options); }) != pid_) return std::nullopt;
    reaped_ = true;
    return status;
  }

  Streams ours;
  /// Readable when the child has ended; invalid on kernels without pidfd.
  [[nodiscard]] int end_fd() const { return end_.get(); }

 private:
  Streams connect(const Command& command, FileActions& actions) {
    Streams theirs;
    if (command.input_from == Command::Input::bytes) {
      if (command.input.empty()) {
        theirs.input = Fd(::open("/dev/null", O_RDONLY | O_CLOEXEC));
      } else {
        Pipe pipe = new_pipe();
        theirs.input = std::move(pipe.read);
        ours.input = std::move(pipe.write);
        set_nonblocking(ours.input.get());
      }
      actions.duplicate(theirs.input.get(), STDIN_FILENO);
    }
    if (command.output == Command::Output::capture) {
      Pipe pipe = new_pipe();
      theirs.out = std::move(pipe.write);
      ours.out = std::move(pipe.read);
      set_nonblocking(ours.out.get());
      actions.duplicate(theirs.out.get(), STDOUT_FILENO);
    } else {
      actions.duplicate(STDERR_FILENO, STDOUT_FILENO);
    }
    if (command.errors == Command::Errors::capture) {
      Pipe pipe = new_pipe();
      theirs.err = std::move(pipe.write);
      ours.err = std::move(pipe.read);
      set_nonblocking(ours.err.get());
      actions.duplicate(theirs.err.get(), STDERR_FILENO);
    }
    return theirs;
  }

  [[noreturn]] static void fail_start(const Command& command, int error) {
    if (!command.cwd.empty() && !is_directory(command.cwd)) {
      fail(Code::not_found, "folder_missing", "no such folder: " + quote(command.cwd));
    }
    fail(Code::general, "program_missing",
         "program cannot be started: " + quote(command.argv.front()) + ": " + lower(std::strerror(error)));
  }

  bool group_;
  pid_t pid_ = -1;
  Fd end_;
  bool reaped_ = false;
};

/// Moves bytes between us and the child until it has ended and its streams are closed.
class Exchange {
 public:
  Exchange(const Command& command, Child& child, Finished& result)
      : command_(command), child_(child), result_(result), rest_(command.input) {
    if (command.deadline) next_ = Steady::now() + *command.deadline;
  }

  int run() {
    while (true) {
      const auto status = status_ ? status_ : child_.wait(WNOHANG);
      if (status && !status_) {
        status_ = status;
        next_ = Steady::now() + kDrain;
        child_.ours.input.reset();
      }
      if (status_ && !open()) return ended();
      if (next_ && Steady::now() >= *next_) {
        if (status_) return ended();
        stop();
      }
      wait_for_something();
    }
  }

 private:
  /// A child that got or gave less than there was has done something else than it was asked for.
  [[nodiscard]] int ended() const {
    if (broken_ != 0) fail_errno(broken_, "talking to", command_.argv.front());
    return *status_;
  }

  [[nodiscard]] bool open() const { return child_.ours.out.valid() || child_.ours.err.valid(); }

  void stop() {
    child_.signal(result_.timed_out ? SIGKILL : SIGTERM);
    result_.timed_out = true;
    next_ = Steady::now() + kGrace;
  }

  [[nodiscard]] int timeout() const {
    // Without a pidfd the end of a child that closed its streams early can only be polled for.
    const bool blind = child_.end_fd() < 0 && !open();
    milliseconds left = blind ? milliseconds(5) : milliseconds(-1);
    if (next_) {
      const auto until = std::max(std::chrono::ceil<milliseconds>(*next_ - Steady::now()), milliseconds(0));
      left = blind ? std::min(left, until) : until;
    }
    return static_cast<int>(left.count());
  }

  void wait_for_something() {
    std::array<pollfd, 4> set{
        pollfd{child_.ours.input.get(), POLLOUT, 0}, pollfd{child_.ours.out.get(), POLLIN, 0},
        pollfd{child_.ours.err.get(), POLLIN, 0}, pollfd{status_ ? -1 : child_.end_fd(), POLLIN, 0}};
    if (::poll(set.data(), set.size(), timeout()) < 0 && errno != EINTR) {
      fail_errno(errno, "waiting for", command_.argv.front());
    }
    if (set[0].revents != 0) feed();
    if (set[1].revents != 0) drain(child_.ours.out, result_.out);
    if (set[2].revents != 0) drain(child_.ours.err, result_.err);
  }

  void feed() {
    const ssize_t count = ::write(child_.ours.input.get(), rest_.data(), rest_.size());
    if (count >= 0) rest_.remove_prefix(static_cast<std::size_t>(count));
    const bool broken = count < 0 && errno != EAGAIN && errno != EINTR;
    if (broken && errno != EPIPE) broken_ = errno;  // who stops reading has read what it wants
    if (broken || rest_.empty()) child_.ours.input.reset();
  }

  void drain(Fd& from, std::string& into) {
    std::array<char, 65536> buffer;
    const ssize_t count = ::read(from.get(), buffer.data(), buffer.size());
    if (count < 0 && (errno == EAGAIN || errno == EINTR)) return;
    if (count <= 0) {
      if (count < 0) broken_ = errno;
      from.reset();
      return;
    }
    const std::size_t room = command_.capture_cap - std::min(command_.capture_cap, into.size());
    into.append(buffer.data(), std::min(room, static_cast<std::size_t>(count)));
    if (static_cast<std::size_t>(count) > room) result_.truncated = true;
  }

  const Command& command_;
  Child& child_;
  Finished& result_;
  std::string_view rest_;
  /// errno of a stream that failed under way.
  int broken_ = 0;
  std::optional<int> status_;
  std::optional<Steady::time_point> next_;
};

}  // namespace

Finished run(const Command& command) {
  Finished result;
  const NoSigpipe no_sigpipe;
  // None comes between the child's start and whoever passes it on.
  std::optional<HeldSignals> held(signal_set(kEnding));
  Child child(command, no_sigpipe.before());
  const PassOn pass_on(child.target());
  held.reset();
  const int status = Exchange(command, child, result).run();
  if (WIFEXITED(status)) {
    result.exit_code = WEXITSTATUS(status);
  } else {
    result.exit_code = -1;
    result.signal = WTERMSIG(status);
  }
  return result;
}

std::vector<std::string> environment_names() {
  std::vector<std::string> out;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string_view text(*entry);
    out.emplace_back(text.substr(0, text.find('=')));
  }
  return out;
}

std::string read_input(std::size_t limit) {
  if (::isatty(STDIN_FILENO) == 1) return {};
  auto bytes = detail::read_all(STDIN_FILENO, 0, limit, "standard input");
  if (!bytes) fail(Code::general, "too_large", "standard input holds more than can be read");
  return std::move(*bytes);
}

namespace {

bool says(const Finished& finished, std::initializer_list<std::string_view> any) {
  return std::any_of(any.begin(), any.end(),
                     [&](std::string_view words) { return finished.err.find(words) != std::string::npos; });
}

/// What the failed child had written is gone again, so a few blocks may be free.
bool nearly_full(const std::string& folder) {
  constexpr std::uintmax_t kFew = 64 << 10;
  struct statvfs disk {};
  return ::statvfs(folder.c_str(), &disk) == 0 && std::uintmax_t{disk.f_bavail} * disk.f_frsize < kFew;
}

}  // namespace

void fail_on_full_disk(const Finished& finished, std::string_view program, const std::string& folder) {
  if (finished.ok()) return;
  const bool told = says(finished, {"No space left on device", "Out of diskspace", "Disk quota exceeded"});
  if (!told && !(says(finished, {"couldn't write", "unable to write"}) && nearly_full(folder))) return;
  fail(Code::general, "disk_full", std::string(program) + " found no space left on the disk",
       {"free some space and repeat the command"});
}

std::optional<std::string> find_program(std::string_view name) {
  const auto usable = [](const std::string& path) {
    struct stat info {};
    return ::stat(path.c_str(), &info) == 0 && S_ISREG(info.st_mode) && ::access(path.c_str(), X_OK) == 0;
  };
  if (name.find('/') != std::string_view::npos) {
    const std::string path(name);
    return usable(path) ? real_path(path) : std::nullopt;
  }
  const char* path = std::getenv("PATH");
  for (const auto& folder : split(path != nullptr ? path : "/usr/local/bin:/usr/bin:/bin", ':')) {
    const std::string candidate = path_join(folder.empty() ? "." : folder, name);
    if (usable(candidate))
      return candidate.starts_with('/') ? candidate : path_join(current_directory(), candidate);
  }
  return std::nullopt;
}

}  // namespace striatum::os
