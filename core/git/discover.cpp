// SPDX-License-Identifier: Apache-2.0
#include "git/discover.hpp"

#include <sys/stat.h>

#include <algorithm>
#include <cstdlib>
#include <vector>

#include "base/text.hpp"
#include "git/names.hpp"
#include "os/files.hpp"

namespace striatum::git {
namespace {

constexpr std::size_t kSmallFile = 64 << 10;
constexpr std::size_t kPackedRefsLimit = std::size_t{64} << 20;

std::optional<std::string> variable(Environment environment, const char* name) {
  if (environment == Environment::ignore) return std::nullopt;
  const char* value = std::getenv(name);
  return value != nullptr && *value != '\0' ? std::optional<std::string>(value) : std::nullopt;
}

/// The first line of a small regular file, trimmed at the end; nullopt when it cannot be read.
std::optional<std::string> first_line(const std::string& path) {
  struct stat info {};
  if (::stat(path.c_str(), &info) != 0 || !S_ISREG(info.st_mode) || info.st_size > off_t{kSmallFile}) {
    return std::nullopt;
  }
  auto text = os::read_file(path, kSmallFile);
  if (!text) return std::nullopt;
  text->resize(std::min(text->find('\n'), text->size()));
  while (text->ends_with('\r') || text->ends_with(' ')) text->pop_back();
  return text;
}

std::string parent_of(const std::string& path) {
  const auto slash = path.rfind('/');
  return slash == 0 || slash == std::string::npos ? "/" : path.substr(0, slash);
}

std::string base_of(const std::string& path) { return path.substr(path.rfind('/') + 1); }

/// Resolved when it exists, else only made absolute.
std::string absolute(const std::string& folder, const std::string& path) {
  const std::string joined = os::path_join(folder, path);
  return os::real_path(joined).value_or(joined);
}

std::string common_dir_of(const std::string& git_dir, Environment environment, const std::string& cwd) {
  if (const auto given = variable(environment, "GIT_COMMON_DIR")) return absolute(cwd, *given);
  const auto line = first_line(git_dir + "/commondir");
  return line && !line->empty() ? absolute(git_dir, *line) : git_dir;
}

bool looks_like_git_dir(const std::string& path) {
  struct stat info {};
  if (::lstat((path + "/HEAD").c_str(), &info) != 0) return false;
  const std::string common = common_dir_of(path, Environment::ignore, path);
  return os::is_directory(common + "/objects") && os::is_directory(common + "/refs");
}

/// The git dir that `.git` stands for, be it a folder or a file with `gitdir: …`.
std::optional<std::string> resolve_dot_git(const std::string& path) {
  if (os::is_directory(path)) {
    return looks_like_git_dir(path) ? os::real_path(path) : std::nullopt;
  }
  const auto line = first_line(path);
  if (!line || !line->starts_with("gitdir: ")) return std::nullopt;
  std::string target = absolute(parent_of(path), line->substr(8));
  return looks_like_git_dir(target) ? std::optional(std::move(target)) : std::nullopt;
}

/// What core.bare and core.worktree of one configuration file say.
struct CoreSettings {
  std::optional<bool> bare;
  std::optional<std::string> work_tree;
};

/// A value without comment and quotes. Escapes beyond \\ and \" do not occur in paths worth the trouble.
std::string plain_value(std::string_view text) {
  std::string value;
  bool quotes = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '"') {
      quotes = !quotes;
    } else if (text[i] == '\\' && i + 1 < text.size()) {
      value += text[++i];
    } else if (!quotes && (text[i] == '#' || text[i] == ';')) {
      break;
    } else {
      value += text[i];
    }
  }
  return quotes ? value : std::string(trim(value));
}

void read_setting(std::string_view line, CoreSettings& settings) {
  const auto equals = line.find('=');
  const std::string key = lower(trim(line.substr(0, equals)));
  const std::string value =
      equals == std::string_view::npos ? "true" : plain_value(trim(line.substr(equals + 1)));
  if (key == "bare") {
    const std::string word = lower(value);
    settings.bare = word == "true" || word == "yes" || word == "on" || word == "1";
  } else if (key == "worktree") {
    settings.work_tree = value;
  }
}

/// Git reads these two from the repository's own file alone, includes not followed; so do we.
CoreSettings read_core_settings(const std::string& config) {
  CoreSettings settings;
  const auto text = os::exists(config) ? os::read_file(config, std::size_t{4} << 20) : std::nullopt;
  bool in_core = false;
  for (const auto& raw : split(text.value_or(""), '\n')) {
    std::string_view line = trim(raw);
    if (line.starts_with('[')) {
      const auto end = line.find(']');
      in_core = end != std::string_view::npos && lower(trim(line.substr(1, end - 1))) == "core";
      line = end == std::string_view::npos ? std::string_view{} : trim(line.substr(end + 1));
    }
    if (in_core && !line.empty() && line.front() != '#' && line.front() != ';') read_setting(line, settings);
  }
  return settings;
}

CoreSettings settings_of(const std::string& git_dir, const std::string& common_dir) {
  CoreSettings settings = read_core_settings(common_dir + "/config");
  // Obeyed only with extensions.worktreeConfig; git writes the file only then.
  if (!os::exists(git_dir + "/config.worktree")) return settings;
  const CoreSettings own = read_core_settings(git_dir + "/config.worktree");
  if (own.bare) settings.bare = own.bare;
  if (own.work_tree) settings.work_tree = own.work_tree;
  return settings;
}

/// Top folder of the main worktree; empty when there is none or it cannot be told.
std::string main_work_tree_of(const std::string& common_dir) {
  const CoreSettings settings = settings_of(common_dir, common_dir);
  if (settings.work_tree) return absolute(common_dir, *settings.work_tree);
  if (settings.bare.value_or(false) || base_of(common_dir) != ".git") return "";
  return parent_of(common_dir);
}

/// `found_at`: the folder that held `.git`, or the cwd with GIT_DIR; nullopt when we stand inside the git
/// dir.
Places describe(const std::string& git_dir, const std::optional<std::string>& found_at,
                Environment environment, const std::string& cwd) {
  Places places;
  places.git_dir = git_dir;
  places.common_dir = common_dir_of(git_dir, environment, cwd);
  places.linked = places.common_dir != places.git_dir;
  const CoreSettings settings = settings_of(git_dir, places.common_dir);
  if (const auto given = variable(environment, "GIT_WORK_TREE")) {
    places.work_tree = absolute(cwd, *given);
  } else if (settings.work_tree && !places.linked) {
    places.work_tree = absolute(git_dir, *settings.work_tree);
  } else if (found_at && (places.linked || !settings.bare.value_or(false))) {
    places.work_tree = *found_at;
  }
  places.main_work_tree =
      places.linked || places.work_tree.empty() ? main_work_tree_of(places.common_dir) : places.work_tree;
  places.bare = places.work_tree.empty() && places.main_work_tree.empty();
  return places;
}

/// The depth above which the search does not climb: the longest ceiling that is a real parent of `cwd`.
std::size_t ceiling_length(const std::string& cwd, Environment environment) {
  std::size_t longest = 0;
  for (const auto& entry : split(variable(environment, "GIT_CEILING_DIRECTORIES").value_or(""), ':')) {
    const std::string ceiling = entry.starts_with('/') ? os::real_path(entry).value_or(entry) : "";
    if (ceiling.size() > 1 && cwd.size() > ceiling.size() && cwd.starts_with(ceiling + '/')) {
      longest = std::max(longest, ceiling.size());
    }
  }
  return longest;
}

std::optional<dev_t> device_of(const std::string& path) {
  struct stat info {};
  return ::stat(path.c_str(), &info) == 0 ? std::optional(info.st_dev) : std::nullopt;
}

std::optional<Places> climb(const std::string& cwd, Environment environment) {
  const std::size_t ceiling = ceiling_length(cwd, environment);
  const auto across = lower(variable(environment, "GIT_DISCOVERY_ACROSS_FILESYSTEM").value_or("false"));
  const bool one_file_system = across != "true" && across != "1" && across != "yes" && across != "on";
  const auto device = device_of(cwd);
  for (std::string folder = cwd;; folder = parent_of(folder)) {
    if (const auto git_dir = resolve_dot_git(os::path_join(folder, ".git"))) {
      return describe(*git_dir, folder, environment, cwd);
    }
    if (looks_like_git_dir(folder)) return describe(folder, std::nullopt, environment, cwd);
    if (folder == "/") return std::nullopt;
    const std::string parent = parent_of(folder);
    if (ceiling > 0 && parent.size() <= ceiling) return std::nullopt;
    if (one_file_system && device_of(parent) != device) return std::nullopt;
  }
}

std::optional<Oid> packed_ref(const std::string& common_dir, const std::string& ref) {
  const std::string path = common_dir + "/packed-refs";
  if (!os::exists(path)) return std::nullopt;
  const auto text = os::read_file(path, kPackedRefsLimit);
  if (!text) return std::nullopt;
  const std::string needle = ' ' + ref + '\n';
  const auto at = text->find(needle);
  if (at == std::string::npos || at < 40) return std::nullopt;
  return Oid::parse(std::string_view(*text).substr(at - 40, 40));
}

}  // namespace

std::optional<Places> discover(const std::string& cwd, Environment environment) {
  const std::string here = os::real_path(cwd).value_or(cwd);
  const auto given = variable(environment, "GIT_DIR");
  if (!given) return climb(here, environment);
  const std::string path = absolute(here, *given);
  const auto git_dir = resolve_dot_git(path);
  if (!git_dir) return std::nullopt;
  return describe(*git_dir, here, environment, here);
}

std::optional<std::string> quick_head_ref(const std::string& git_dir) {
  struct stat info {};
  const std::string path = git_dir + "/HEAD";
  // An old-style HEAD is a symbolic link to the ref's file: reading it would give an id.
  if (::lstat(path.c_str(), &info) != 0 || !S_ISREG(info.st_mode)) return std::nullopt;
  const auto line = first_line(path);
  constexpr std::string_view kPrefix = "ref: refs/heads/";
  if (!line || !line->starts_with(kPrefix) || !valid_branch_name(line->substr(kPrefix.size())))
    return std::nullopt;
  return line->substr(5);
}

std::optional<std::string> quick_head(const std::string& work_tree) {
  const auto git_dir = resolve_dot_git(os::path_join(work_tree, ".git"));
  const auto ref = git_dir ? quick_head_ref(*git_dir) : std::nullopt;
  return ref ? std::optional(ref->substr(11)) : std::nullopt;
}

std::optional<Oid> quick_head_commit(const Places& places) {
  const auto ref = quick_head_ref(places.git_dir);
  if (!ref) {
    const auto line = first_line(places.git_dir + "/HEAD");
    return line ? Oid::parse(*line) : std::nullopt;
  }
  const auto loose = first_line(places.common_dir + '/' + *ref);
  return loose ? Oid::parse(*loose) : packed_ref(places.common_dir, *ref);
}

}  // namespace striatum::git
