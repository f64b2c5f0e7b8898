// SPDX-License-Identifier: Apache-2.0
#include <cxxabi.h>
#include <fcntl.h>
#include <malloc.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <new>
#include <typeinfo>

#include "cli/shell.hpp"

namespace {

using striatum::Code;

/// A closed pipe is the reader's choice: the rest is dropped quietly.
void write_all(int stream, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(stream, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0 && errno == EPIPE) return;
    if (written < 0) {
      striatum::fail(Code::general, "output_failed", std::string("cannot write the reply: ") + std::strerror(errno));
    }
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
}

std::optional<std::string> environment(const std::string& name) {
  const char* value = std::getenv(name.c_str());
  return value == nullptr ? std::nullopt : std::optional<std::string>(value);
}

/// A stream that the caller closed must not become the number of a file of ours: the reply would be written into it.
/// What stands in for it can be neither read nor written.
void occupy_closed_streams() {
  for (int stream = STDIN_FILENO; stream <= STDERR_FILENO; ++stream) {
    if (::fcntl(stream, F_GETFD) != -1) continue;
    static_cast<void>(::open("/dev/null", stream == STDIN_FILENO ? O_WRONLY : O_RDONLY));
  }
}

/// The exit code that went with the reply, once it is out.
std::optional<int> reply_code;

/// Where no handler could run, as memory ran out while something was being put away. What is not committed is
/// rolled back by the next command.
[[noreturn]] void end_without_handler() {
  const std::type_info* thrown = abi::__cxa_current_exception_type();
  if (thrown == nullptr || *thrown != typeid(std::bad_alloc)) std::abort();
  if (reply_code) ::_exit(*reply_code);
  static constexpr std::string_view kText = "git striatum: out of memory\n";
  static_cast<void>(::write(STDERR_FILENO, kText.data(), kText.size()) < 0);
  ::_exit(static_cast<int>(Code::general));
}

/// Before anything else is made: that may already be too much.
[[gnu::constructor(101)]] void handle_the_unhandled() { std::set_terminate(end_without_handler); }

}  // namespace

int main(int argc, char** argv) {
  std::signal(SIGPIPE, SIG_IGN);
  ::mallopt(M_MXFAST, 0);  // pieces that are put together late make large documents slow to free
  occupy_closed_streams();
  striatum::SystemClock clock;
  striatum::SystemRandom random;
  striatum::cli::World world{clock, random, write_all, environment, ::isatty(STDOUT_FILENO) == 1};
  world.window = [] { return striatum::os::window_size(STDOUT_FILENO); };
  world.output_gone = [] { return striatum::os::reader_gone(STDOUT_FILENO); };
  world.replied = [](int code) { reply_code = code; };
  world.columns = world.window().value_or(striatum::os::WindowSize{}).columns;
  world.input_terminal = ::isatty(STDIN_FILENO) == 1 && ::isatty(STDERR_FILENO) == 1;
  return striatum::cli::main_with(std::vector<std::string>(argv, argv + argc), world);
}
