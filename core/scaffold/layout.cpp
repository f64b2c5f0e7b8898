// SPDX-License-Identifier: Apache-2.0
#include "scaffold/layout.hpp"

#include <unistd.h>

#include <optional>

#include "base/crypto.hpp"
#include "base/error.hpp"
#include "os/files.hpp"

namespace striatum::scaffold {
namespace {

constexpr const char* kDocuments[] = {"docs/SPEC.md",
                                      "docs/PRD.md",
                                      "docs/DECISION_LOG.md",
                                      "docs/UBIQUITOUS_LANGUAGE.md",
                                      "docs/DDD.md",
                                      "docs/rfcs/README.md",
                                      "docs/rfcs/0001-template.md"};

struct Outcome {
  enum class Status { created, skipped, overwritten, error } status = Status::created;
  std::optional<std::string> reason;
  std::optional<std::string> prior_sha256;
};

const char* word(Outcome::Status status, DryRun dry_run) {
  const bool dry = dry_run == DryRun::yes;
  switch (status) {
    case Outcome::Status::created: return dry ? "would_create" : "created";
    case Outcome::Status::skipped: return dry ? "would_skip" : "skipped";
    case Outcome::Status::overwritten: return dry ? "would_overwrite" : "overwritten";
    case Outcome::Status::error: return dry ? "would_error" : "error";
  }
  return "";
}

/// The class names are the contract's words for what the system answered.
Outcome system_error(const Error& error) {
  const char* kind = error.kind() == "no_permission" ? "PermissionError: " : "OSError: ";
  return {Outcome::Status::error, kind + error.message(), {}};
}

Outcome in_the_way(const std::string& path, os::Access access) {
  return {Outcome::Status::error, "not a regular file: " + quote(path) + ' ' + std::string(obstacle(access)), {}};
}

/// The nearest parent that is there; what stands in its place if it is no folder that can be written.
std::optional<Outcome> parent_trouble(const os::RepoFiles& files, const std::string& path) {
  for (auto slash = path.rfind('/'); slash != std::string::npos; slash = path.rfind('/', slash - 1)) {
    const std::string parent = path.substr(0, slash);
    const auto found = files.stat(parent);
    if (found.access == os::Access::absent) continue;
    if (found.access == os::Access::ok && found.type == os::FileType::directory) {
      const std::string shown = os::path_join(files.root(), parent);
      if (::access(shown.c_str(), W_OK | X_OK) == 0) return std::nullopt;
      return Outcome{Outcome::Status::error, "PermissionError: cannot write in " + quote(shown), {}};
    }
    const std::string shown = quote(os::path_join(files.root(), parent));
    if (found.type == os::FileType::symlink || found.access == os::Access::symlink) {
      return Outcome{Outcome::Status::error, "not a regular file: " + shown + " is a symbolic link", {}};
    }
    return Outcome{Outcome::Status::error, "NotADirectoryError: " + shown + " is no folder", {}};
  }
  return std::nullopt;
}

/// A link is never written through; without force a link to a file is simply a file that is there.
Outcome at_link(const os::RepoFiles& files, const std::string& path, Force force) {
  const std::string whole = os::path_join(files.root(), path);
  if (force == Force::no && os::exists(whole) && !os::is_directory(whole)) return {Outcome::Status::skipped, "exists", {}};
  return in_the_way(path, os::Access::symlink);
}

Outcome judge(const os::RepoFiles& files, const std::string& path, Force force) {
  if (auto trouble = parent_trouble(files, path)) return *trouble;
  const auto found = files.stat(path);
  if (found.access == os::Access::absent) return {};
  if (found.access != os::Access::ok) return in_the_way(path, found.access);
  if (found.type == os::FileType::symlink) return at_link(files, path, force);
  if (found.type != os::FileType::regular) return in_the_way(path, os::Access::not_regular);
  if (force == Force::no) return {Outcome::Status::skipped, "exists", {}};
  Outcome out{Outcome::Status::overwritten, {}, sha256(files.read(path).bytes).hex()};
  if (::access(os::path_join(files.root(), path).c_str(), W_OK) != 0) {
    out.status = Outcome::Status::error;
    out.reason = "PermissionError: " + quote(os::path_join(files.root(), path)) + " is write-protected";
  }
  return out;
}

std::optional<Outcome> put(const os::RepoFiles& files, const std::string& path) {
  const auto old = files.stat(path);
  const std::string text = source("ddd/" + path.substr(std::string("docs/").size()));
  const auto access = files.write_atomically(path, text, old.access == os::Access::ok ? old.mode : 0666);
  if (access == os::Access::ok) return std::nullopt;
  return in_the_way(path, access);
}

Outcome take(const os::RepoFiles& files, const std::string& path, Force force, DryRun dry_run) {
  try {
    Outcome out = judge(files, path, force);
    const bool writes = out.status == Outcome::Status::created || out.status == Outcome::Status::overwritten;
    if (!writes || dry_run == DryRun::yes) return out;
    return put(files, path).value_or(out);
  } catch (const Error& error) {
    return system_error(error);
  }
}

}  // namespace

Json write_layout(const std::filesystem::path& root, Force force, DryRun dry_run) {
  const os::RepoFiles files(root.string());
  Json rows = Json::array();
  for (const std::string path : kDocuments) {
    const Outcome outcome = take(files, path, force, dry_run);
    Json row{{"path", path}, {"status", word(outcome.status, dry_run)}};
    if (outcome.reason) row["reason"] = *outcome.reason;
    if (outcome.prior_sha256) row["prior_sha256"] = *outcome.prior_sha256;
    rows.push_back(std::move(row));
  }
  return {{"layout", "ddd"}, {"files", std::move(rows)}, {"dry_run", dry_run == DryRun::yes}};
}

}  // namespace striatum::scaffold
