// SPDX-License-Identifier: Apache-2.0
// app: one function a verb. Each loads what it needs, decides, and applies the change inside one unit of work.
// It knows all of core and nothing of terminals, arguments or exit codes.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>

#include "base/error.hpp"
#include "base/json.hpp"
#include "base/ports.hpp"
#include "git/discover.hpp"
#include "store/state.hpp"

namespace striatum::app {

/// The name the program was called by: `striatum` keeps the contract of 1.24, `git striatum` is our own.
enum class Name { striatum, git_striatum };

/// Where this command works.
struct Place {
  /// Top of the repository: the base of every artifact, export and decision path.
  std::filesystem::path root;
  /// Folder of the state file.
  std::filesystem::path state_dir;
  /// Where the work tree of this command lies: `root`, or the linked worktree the command runs in.
  std::filesystem::path work_tree;
  /// The git repository around it; nullopt outside git.
  std::optional<git::Places> git;
};

/// Finds the place in the order of docs/design/0002-state.md: `repo` exactly; the current folder's state; the main
/// worktree's; a bare repository's `<common dir>/striatum`. Without any state the current folder (`striatum`) or
/// the top of the repository (`git striatum`) is meant, which is where `init` creates it.
[[nodiscard]] Place locate(const std::optional<std::string>& repo, Name name);

/// Folder of the copies of the state that `git clean` does not reach; nullopt outside git.
[[nodiscard]] std::optional<std::filesystem::path> copies_dir(const Place& place);
/// The copy that `git clean` left when it took the state; nullopt when there is none.
[[nodiscard]] std::optional<std::filesystem::path> left_copy(const Place& place);
/// Says that there is one, and both ways on.
[[noreturn]] void refuse_lost_state(Code code);

/// The last path component of `argv[0]` decides.
[[nodiscard]] Name name_of(std::string_view program);

/// A call that may be repeated safely: `--request-id`.
struct Request {
  std::string id;
  std::string verb;
  /// SHA-256 of the canonical `{verb,args}`.
  std::string payload_sha256;
};

/// What every verb gets: ports, place, name, and the state opened on first use.
class Context {
 public:
  Context(Clock& clock_port, Random& random_port, Name called_as, Place where, std::string verb)
      : clock(clock_port),
        random(random_port),
        name(called_as),
        place(std::move(where)),
        command(std::move(verb)) {}

  Clock& clock;
  Random& random;
  Name name;
  Place place;
  /// The verb, for the lock's holder text.
  std::string command;
  std::optional<Request> request;

  /// How this program is typed: in packets and hints.
  [[nodiscard]] std::string program() const { return name == Name::striatum ? "striatum" : "git striatum"; }
  [[nodiscard]] store::State& state();
  [[nodiscard]] bool state_exists() const;
  /// Forgets the open state (after the file was created or replaced).
  void close_state() { state_.reset(); }

 private:
  std::unique_ptr<store::State> state_;
};

/// Whether a unit is the command's last one, whose reply `--request-id` keeps.
enum class Step { last, interim };

/// The reply of an earlier call with the same request id, checked against its arguments (else code 4).
[[nodiscard]] std::optional<Json> repeated(Context& ctx, store::Connection& db);
void remember(Context& ctx, store::WriteUnit& unit, const std::optional<Json>& reply);

/// Gives files that a killed command left without their names what is theirs. What somebody else put there since
/// stays.
void settle_files(store::WriteUnit& unit);

/// Runs `change(unit)` in one write transaction and returns its reply; anything thrown rolls it back.
template <class Change>
Json write(Context& ctx, Change&& change, Step step = Step::last) {
  store::WriteUnit unit(ctx.state(), ctx.clock.now(), ctx.random);
  settle_files(unit);
  if (auto earlier = repeated(ctx, unit.db())) return *earlier;
  Json reply = change(unit);
  remember(ctx, unit, step == Step::last ? std::optional(reply) : std::nullopt);
  unit.commit();
  return reply;
}

/// Runs `question(db)` on one snapshot.
template <class Question>
Json read(Context& ctx, Question&& question) {
  const store::ReadUnit unit(ctx.state().db());
  return question(ctx.state().db());
}

}  // namespace striatum::app
