// SPDX-License-Identifier: Apache-2.0
// cli: arguments in, one envelope or one text out. No rule of the model lives here.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "app/context.hpp"
#include "base/error.hpp"
#include "base/json.hpp"
#include "os/terminal.hpp"

namespace CLI {
class App;
}

namespace striatum::cli {

/// Everything outside that the program may touch, so that tests can stand in for it.
struct World {
  Clock& clock;
  Random& random;
  /// Writes all bytes to standard output (1) or standard error (2); an Error of kind `output_failed` when it cannot.
  std::function<void(int stream, std::string_view bytes)> write;
  /// Environment variable, nullopt when unset.
  std::function<std::optional<std::string>(const std::string& name)> environment;
  /// Is standard output a terminal, and how wide is it?
  bool terminal = false;
  int columns = 80;
  /// Are standard input and standard error a terminal, so that a passphrase can be asked for?
  bool input_terminal = false;
  /// How large the terminal is now; empty or nullopt without one.
  std::function<std::optional<os::WindowSize>()> window = {};
  /// True when nobody can read standard output any more.
  std::function<bool()> output_gone = {};
  /// Called once the reply is out, with the exit code that goes with it: a failure from there on changes nothing.
  std::function<void(int)> replied = {};
};

/// One command line: where verbs get their context from and where their replies go.
class Shell {
 public:
  Shell(World& world, app::Name name) : world_(world), name_(name) {}

  // ---- set by the root's options
  std::optional<std::string> repo;
  std::optional<std::string> request_id;
  bool json = false;
  bool daemon = false;
  bool direct = false;

  [[nodiscard]] app::Name name() const { return name_; }
  [[nodiscard]] World& world() { return world_; }
  /// `run start`: the verb as typed, without the program.
  void set_call(std::string verb, Json arguments);
  [[nodiscard]] const std::string& verb() const { return verb_; }

  /// The place, the ports and the state, found now. Refuses (12) when a daemon was asked for.
  [[nodiscard]] app::Context& open();

  /// The only id of this state that begins so; `start` itself when none does. Refuses when several do.
  [[nodiscard]] std::string whole_id(const std::string& start);

  /// The run that is meant where a person names none, if only one can be.
  [[nodiscard]] std::optional<std::string> run_at_hand();

  /// Speak to people: `git striatum` on a terminal, outside CI and agents, without --json.
  [[nodiscard]] bool people() const;
  [[nodiscard]] bool colour() const;
  /// A person is there to answer a prompt: no agent, no CI, a terminal.
  [[nodiscard]] bool asks() const;
  [[nodiscard]] int columns() const { return world_.columns; }
  [[nodiscard]] Instant now() { return world_.clock.now(); }

  /// The reply of a verb: the envelope, or for people `text()` (by default the members of `data`, a line each).
  void finish(const Json& data, const std::function<std::string()>& text = {});
  /// A verb whose reply is a text: with --json `data` in the envelope, else the text and a line break.
  void finish_text(const std::string& text, const Json& data);
  /// As `finish`, with another exit code than 0 (the verdict of `verify`).
  void finish_with(Code code, const Json& data, const std::function<std::string()>& text = {});
  /// A reply in somebody else's format: these bytes and nothing else.
  void finish_as_is(Code code, std::string_view text);
  /// One line of a long-running verb.
  void line(const std::string& text);
  /// A remark on standard error.
  void remark(const std::string& text);
  /// `remark` as a function to hand on.
  [[nodiscard]] std::function<void(const std::string&)> remarks();
  void fail(const Error& error);
  [[nodiscard]] int exit_code() const { return exit_code_; }

 private:
  void reply(std::string_view text);
  void reply_with(const Json& data);
  void write_envelope(std::string_view name, const Json& body);
  /// Tells git's hooks whether a run is active: every command puts it right, also after one that was killed.
  void mark_activity();
  [[nodiscard]] bool changes_state() const;

  World& world_;
  app::Name name_;
  std::string verb_;
  Json arguments_;
  std::unique_ptr<app::Context> context_;
  int exit_code_ = 0;
};

/// Runs one command line; `args[0]` is the program. Returns the exit code.
int main_with(const std::vector<std::string>& args, World& world);

}  // namespace striatum::cli
