// SPDX-License-Identifier: Apache-2.0
#include "git/program.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <thread>

#include "base/text.hpp"
#include "os/files.hpp"

namespace striatum::git {
namespace {

using EnvironmentChange = std::pair<std::string, std::optional<std::string>>;

/// What `git rev-parse --local-env-vars` lists, less the two that carry `-c` settings.
constexpr std::array<const char*, 13> kLocalVariables{"GIT_ALTERNATE_OBJECT_DIRECTORIES",
                                                      "GIT_CONFIG",
                                                      "GIT_OBJECT_DIRECTORY",
                                                      "GIT_DIR",
                                                      "GIT_WORK_TREE",
                                                      "GIT_IMPLICIT_WORK_TREE",
                                                      "GIT_GRAFT_FILE",
                                                      "GIT_INDEX_FILE",
                                                      "GIT_NO_REPLACE_OBJECTS",
                                                      "GIT_REPLACE_REF_BASE",
                                                      "GIT_PREFIX",
                                                      "GIT_SHALLOW_FILE",
                                                      "GIT_COMMON_DIR"};

std::vector<EnvironmentChange> clean_environment() {
  std::vector<EnvironmentChange> result;
  for (const char* name : kLocalVariables) result.emplace_back(name, std::nullopt);
  return result;
}

std::vector<std::string> split_nul(std::string_view bytes) {
  auto parts = split(bytes, '\0');
  if (!parts.empty() && parts.back().empty()) parts.pop_back();
  return parts;
}

/// Section and last part in lower case, a subsection between them as it is.
std::string normal_key(std::string_view key) {
  const auto first = key.find('.');
  const auto last = key.rfind('.');
  if (first == std::string_view::npos) return lower(key);
  return lower(key.substr(0, first)) + std::string(key.substr(first, last - first)) + lower(key.substr(last));
}

}  // namespace

Program::Program(std::string folder)
    : folder_(std::move(folder)), places_(discover(folder_, Environment::ignore)), environment_(clean_environment()) {}

Program::Program(const Places& places)
    : folder_(places.work_tree.empty() ? places.git_dir : places.work_tree),
      places_(places),
      environment_(clean_environment()) {
  // Where git finds the same by itself, hooks should see the environment that they see from `git commit`.
  const auto found = discover(folder_, Environment::ignore);
  if (found && found->git_dir == places.git_dir && found->work_tree == places.work_tree) return;
  environment_.emplace_back("GIT_DIR", places.git_dir);
  if (!places.work_tree.empty()) environment_.emplace_back("GIT_WORK_TREE", places.work_tree);
}

const Places& Program::places() const {
  if (!places_) refuse(Code::not_found, "no git repository here: " + quote(folder_), {"git init"});
  return *places_;
}

Program Program::with_index(const std::string& index_file) const {
  return with_environment("GIT_INDEX_FILE", index_file);
}

Program Program::with_environment(const std::string& name, std::optional<std::string> value) const {
  Program copy = *this;
  copy.environment_.emplace_back(name, std::move(value));
  return copy;
}

Program Program::durable() const {
  Program copy = *this;
  copy.options_.insert(copy.options_.end(), {"-c", "core.fsync=all"});
  return copy;
}

os::Command Program::command(std::vector<std::string> args) const {
  os::Command command;
  command.argv = {"git"};
  command.argv.insert(command.argv.end(), options_.begin(), options_.end());
  std::move(args.begin(), args.end(), std::back_inserter(command.argv));
  command.cwd = folder_;
  command.environment = environment_;
  return command;
}

os::Finished Program::run(std::vector<std::string> args, std::string input) const {
  os::Command child = command(std::move(args));
  child.input = std::move(input);
  child.environment.insert(
      child.environment.end(),
      {{"LC_ALL", "C"}, {"GIT_TERMINAL_PROMPT", "0"}, {"GIT_OPTIONAL_LOCKS", "0"}, {"GIT_PAGER", "cat"}});
  os::Finished finished = os::run(child);
  os::fail_on_full_disk(finished, "git", folder_);
  return finished;
}

std::string Program::out(std::vector<std::string> args, std::string input) const {
  const std::string verb = args.empty() ? "git" : "git " + args.front();
  os::Finished finished = run(std::move(args), std::move(input));
  if (!finished.ok()) fail(Code::general, "git_failed", verb + ": " + complaint(finished));
  if (finished.truncated) fail(Code::general, "git_failed", verb + ": more output than can be held");
  return std::move(finished.out);
}

std::string Program::line(std::vector<std::string> args, std::string input) const {
  std::string text = out(std::move(args), std::move(input));
  if (text.ends_with('\n')) text.pop_back();
  return text;
}

std::string complaint(const os::Finished& finished) {
  if (finished.timed_out) return "took too long";
  if (finished.signal != 0) return "ended by signal " + std::to_string(finished.signal);
  for (const auto& raw : split(to_utf8(finished.err), '\n')) {
    std::string_view line = trim(raw);
    for (const std::string_view prefix : {"fatal: ", "error: "}) {
      if (line.starts_with(prefix)) line.remove_prefix(prefix.size());
    }
    if (!line.empty() && !line.starts_with("hint:") && !line.starts_with("warning:")) return printable(line);
  }
  return "exit code " + std::to_string(finished.exit_code);
}

// ---- configuration ---------------------------------------------------------------------------------------

Config Config::read(const Program& git) {
  Config config;
  for (const auto& entry : split_nul(git.out({"config", "--list", "-z"}))) {
    const auto end = entry.find('\n');
    // A key without `=` means true.
    config.values_.emplace(entry.substr(0, end), end == std::string::npos ? "true" : entry.substr(end + 1));
  }
  return config;
}

std::optional<std::string> Config::get(std::string_view key) const {
  const auto [first, last] = values_.equal_range(normal_key(key));
  return first == last ? std::nullopt : std::optional(std::prev(last)->second);
}

bool Config::any(std::string_view beginning) const {
  const auto found = values_.lower_bound(beginning);
  return found != values_.end() && found->first.starts_with(beginning);
}

std::vector<std::string> Config::all(std::string_view key) const {
  const auto [first, last] = values_.equal_range(normal_key(key));
  std::vector<std::string> result;
  std::transform(first, last, std::back_inserter(result), [](const auto& entry) { return entry.second; });
  return result;
}

std::optional<bool> Config::boolean(std::string_view key) const {
  const auto value = get(key);
  if (!value) return std::nullopt;
  const std::string word = lower(*value);
  if (word == "true" || word == "yes" || word == "on") return true;
  if (word == "false" || word == "no" || word == "off" || word.empty()) return false;
  return integer(key) != 0;
}

std::optional<std::int64_t> Config::integer(std::string_view key) const {
  const auto value = get(key);
  if (!value) return std::nullopt;
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(value->data(), value->data() + value->size(), number);
  const std::string unit = lower(std::string_view(end, value->data() + value->size()));
  const std::int64_t factor = unit.empty()  ? 1
                              : unit == "k" ? 1 << 10
                              : unit == "m" ? 1 << 20
                              : unit == "g" ? 1 << 30
                                            : 0;
  std::int64_t result = 0;
  if (error != std::errc{} || factor == 0 || __builtin_mul_overflow(number, factor, &result)) {
    fail(Code::general, "bad_config",
         "git configuration " + quote(key) + " has no usable value: " + quote(*value));
  }
  return result;
}

// ---- questions -------------------------------------------------------------------------------------------

std::optional<std::string> default_branch(const Repository& repository, const Config& config) {
  constexpr std::string_view kRemote = "refs/remotes/origin/";
  const auto remote = repository.symbolic_target("refs/remotes/origin/HEAD");
  if (remote && remote->starts_with(kRemote)) return remote->substr(kRemote.size());
  std::vector<std::string> names{"main", "master"};
  if (const auto configured = config.get("init.defaultBranch")) names.insert(names.begin(), *configured);
  for (const auto& name : names) {
    if (repository.ref("refs/heads/" + name)) return name;
  }
  return std::nullopt;
}

std::vector<std::string> changed_tracked(const Program& git) {
  constexpr std::size_t kStatusColumns = 3;
  std::vector<std::string> paths;
  for (const auto& entry : split_nul(git.out({"status", "--porcelain=v1", "-z", "-uno", "--no-renames"}))) {
    if (entry.size() > kStatusColumns) paths.push_back(entry.substr(kStatusColumns));
  }
  std::sort(paths.begin(), paths.end());
  return paths;
}

std::optional<std::string_view> operation_in_progress(const std::string& git_dir) {
  constexpr std::array<std::pair<std::string_view, std::string_view>, 7> kMarks{
      {{"rebase-merge", "rebase"},
       {"rebase-apply/applying", "am"},
       {"rebase-apply", "rebase"},
       {"MERGE_HEAD", "merge"},
       {"CHERRY_PICK_HEAD", "cherry-pick"},
       {"REVERT_HEAD", "revert"},
       {"BISECT_LOG", "bisect"}}};
  for (const auto& [file, operation] : kMarks) {
    if (os::exists(os::path_join(git_dir, file))) return operation;
  }
  return std::nullopt;
}

CheckoutResult checkout_or_create(const Program& git, const std::string& branch) {
  // git would take it for an option; a name of a branch never begins so.
  if (branch.starts_with('-')) return {false, false, quote(branch) + " is not a valid branch name"};
  const os::Finished created = git.run({"checkout", "-b", branch, "--"});
  if (created.ok()) return {true, true, {}};
  const os::Finished switched = git.run({"checkout", branch, "--"});
  if (switched.ok()) return {true, false, {}};
  return {false, false, complaint(switched)};
}

namespace {

/// git fails to list while somebody is about to make or remove a worktree: moments only.
std::string worktree_list(const Program& git) {
  constexpr int kTries = 50;
  constexpr std::chrono::milliseconds kPause{10};
  const std::vector<std::string> words{"worktree", "list", "--porcelain", "-z"};
  for (int i = 1; i < kTries; ++i) {
    os::Finished done = git.run(words);
    if (done.ok() && !done.truncated) return std::move(done.out);
    std::this_thread::sleep_for(kPause);
  }
  return git.out(words);
}

/// What needs no child: a repository with one worktree, on a commit.
std::optional<Worktree> only_worktree(const Program& git) {
  const Places& places = git.places();
  if (places.bare || places.linked) return std::nullopt;
  const auto top = os::real_path(places.work_tree);
  if (!top || os::real_path(places.common_dir) != os::path_join(*top, ".git")) return std::nullopt;
  if (os::exists(os::path_join(places.common_dir, "worktrees"))) return std::nullopt;
  const Head head = Repository::open(places.git_dir).head();
  if (head.unborn()) return std::nullopt;
  return Worktree{*top, head.ref, head.commit, false};
}

}  // namespace

std::vector<Worktree> worktrees(const Program& git) {
  if (auto only = only_worktree(git)) return {*std::move(only)};
  std::vector<Worktree> result;
  for (const auto& field : split_nul(worktree_list(git))) {
    const auto blank = field.find(' ');
    const std::string key = field.substr(0, blank);
    const std::string value = blank == std::string::npos ? "" : field.substr(blank + 1);
    if (key == "worktree") {
      result.push_back({value, std::nullopt, std::nullopt, false});
    } else if (!result.empty() && key == "HEAD") {
      result.back().head = Oid::parse(value);
    } else if (!result.empty() && key == "branch") {
      result.back().ref = value;
    } else if (!result.empty() && key == "bare") {
      result.back().bare = true;
    }
  }
  return result;
}

std::vector<std::string> ignored(const Program& git, const std::vector<std::string>& paths) {
  if (paths.empty()) return {};
  std::string input;
  for (const auto& path : paths) input += path + '\0';
  const os::Finished finished = git.run({"check-ignore", "-z", "--stdin"}, input);
  if (finished.exit_code > 1 || finished.exit_code < 0) {
    fail(Code::general, "git_failed", "git check-ignore: " + complaint(finished));
  }
  return split_nul(finished.out);
}

std::string hooks_folder(const Program& git) {
  return git.line({"rev-parse", "--path-format=absolute", "--git-path", "hooks"});
}

std::string hooks_folder(const Program& git, const Config& config) {
  return config.get("core.hookspath") ? hooks_folder(git) : os::path_join(git.places().common_dir, "hooks");
}

bool has_hook(const Program& git, const Config& config, const std::string& name) {
  if (os::exists(os::path_join(hooks_folder(git, config), name))) return true;
  return config.any("hook.") && reads_configured_hooks(git);
}

bool reads_configured_hooks(const Program& git) { return version(git) >= std::pair(2, 54); }

std::pair<int, int> version(const Program& git) {
  const std::string text = git.line({"--version"});
  std::pair<int, int> result{0, 0};
  const auto digit = text.find_first_of("0123456789");
  if (digit == std::string::npos) return result;
  const auto [end, error] = std::from_chars(text.data() + digit, text.data() + text.size(), result.first);
  if (error == std::errc{} && end != text.data() + text.size() && *end == '.') {
    std::from_chars(end + 1, text.data() + text.size(), result.second);
  }
  return result;
}

}  // namespace striatum::git
