// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace striatum::os {

/// A child that is run to its end. Never a shell: `argv[0]` is looked up in PATH unless it holds a slash.
struct Command {
  std::vector<std::string> argv;
  std::string cwd;  ///< empty: the caller's
  /// Changes to the inherited environment: a value sets, nullopt removes.
  std::vector<std::pair<std::string, std::optional<std::string>>> environment;
  std::string input;  ///< what the child reads on standard input, then end of file
  enum class Input { bytes, inherit } input_from = Input::bytes;
  /// Standard error: caught, or shown to the person as it comes.
  enum class Errors { capture, inherit } errors = Errors::capture;
  /// Standard output: caught, or sent to our standard error (what a hook says is for people).
  enum class Output { capture, to_stderr } output = Output::capture;
  /// nullopt: no deadline. On the deadline the child's process group gets TERM, then KILL.
  std::optional<std::chrono::milliseconds> deadline;
  std::size_t capture_cap = std::size_t{256} << 20;  ///< for each stream; the rest is read and dropped
  /// With a deadline the child gets a process group of its own, so that its children end with it; false where
  /// it has to talk to the terminal (a passphrase prompt). Without a deadline it always shares ours: ^C ends
  /// both.
  bool own_group = true;
};

struct Finished {
  int exit_code = 0;  ///< of a normal end, else -1
  int signal = 0;     ///< that ended it, else 0
  std::string out;
  std::string err;
  bool timed_out = false;
  bool truncated = false;  ///< a stream was longer than the cap

  [[nodiscard]] bool ok() const { return exit_code == 0 && signal == 0 && !timed_out; }
};

/// Runs to the end. `Error` (kind `program_missing`) when the program cannot be started.
[[nodiscard]] Finished run(const Command& command);

/// The names that our own environment holds.
[[nodiscard]] std::vector<std::string> environment_names();

/// Our own standard input to its end; nothing where that is a terminal. More than `limit` bytes is an `Error`.
[[nodiscard]] std::string read_input(std::size_t limit = std::size_t{64} << 20);

/// Throws `disk_full` where a child failed and says (in the C locale) that no space is left, or that it could not write
/// where the disk of `folder` has next to none.
void fail_on_full_disk(const Finished& finished, std::string_view program, const std::string& folder);

/// The absolute path a name in PATH stands for; nullopt when there is none that can be executed.
[[nodiscard]] std::optional<std::string> find_program(std::string_view name);

}  // namespace striatum::os
