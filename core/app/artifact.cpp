// SPDX-License-Identifier: Apache-2.0
#include "app/artifact.hpp"

#include <algorithm>

#include "app/packet.hpp"
#include "app/worktree.hpp"
#include "base/crypto.hpp"
#include "base/text.hpp"
#include "domain/byline.hpp"
#include "domain/front_matter.hpp"
#include "domain/repo_path.hpp"
#include "domain/scope.hpp"
#include "os/repo_files.hpp"

namespace striatum::app {
namespace {

constexpr std::size_t kMaxArtifactBytes = std::size_t{512} << 20;

std::optional<Error> path_problem(const std::string& path) {
  const auto rule = broken_rule(path);
  if (!rule) return std::nullopt;
  const std::string name = "artifact path " + quote(path) + " ";
  switch (*rule) {
    case PathRule::absolute: return Error(Code::artifact, name + "must be repo-relative", {"leave out the leading folders"});
    case PathRule::state_folder:
      return Error(Code::artifact, name + "lies under .striatum, which belongs to the state", {"choose another folder"});
    case PathRule::git_folder:
      return Error(Code::artifact, name + "lies under .git, which belongs to git", {"choose another folder"});
    case PathRule::parent: return Error(Code::artifact, name + "must stay inside the repository", {"leave out `..`"});
    default:
      return Error(Code::artifact, name + std::string(explain(*rule)), {"choose a plain path inside the repository"});
  }
}

std::optional<Error> access_problem(os::Access access, const std::string& path) {
  const std::string name = "artifact file " + quote(path) + " ";
  switch (access) {
    case os::Access::ok: return std::nullopt;
    case os::Access::absent: return Error(Code::artifact, name + "does not exist", {"write it first"});
    case os::Access::outside: return Error(Code::artifact, name + "must stay inside the repository");
    case os::Access::symlink:
      return Error(Code::artifact, name + "is reached through a symbolic link; it must stay inside the repository",
                   {"publish the file itself"});
    case os::Access::not_regular:
      return Error(Code::artifact, name + "does not exist as a regular file", {"publish a file"});
    case os::Access::too_large: return Error(Code::artifact, name + "is larger than 512 MiB");
  }
  return std::nullopt;
}

void require_kind(const std::string& kind) {
  if (kind == "transcript") {
    refuse(Code::artifact, "artifact kind 'transcript' is never published: artifacts are curated, transcripts stay away",
           {"publish a summary as `other` or `handoff`"});
  }
  if (std::find(kArtifactKinds.begin(), kArtifactKinds.end(), kind) != kArtifactKinds.end()) return;
  std::vector<std::string> kinds(kArtifactKinds.begin(), kArtifactKinds.end());
  std::sort(kinds.begin(), kinds.end());
  refuse(Code::artifact, "artifact kind " + quote(kind) + " is not in the allowed kinds list: " + join(kinds, ", "),
         {"give one of them with --kind; `other` fits everything"});
}

void require_scope(const Job& job, const std::string& path) {
  const auto scope = domain::write_scope(job.write_scope);
  if (domain::in_scope(scope, path)) return;
  refuse(Code::artifact, "artifact path " + quote(path) + " is outside the job write scope of " + quote(job.id.str()),
         {scope.allowed_paths.empty() ? "this job's write scope allows no path"
                                      : "allowed: " + join(scope.allowed_paths, ", ")});
}

/// As in 1.24: what leaves the repository or touches the state is told before the scope, other odd paths behind it.
void require_place(const Job& job, const std::string& path) {
  const auto rule = broken_rule(path);
  const bool odd = rule == PathRule::empty || rule == PathRule::git_folder || rule == PathRule::too_long;
  require_scope(job, odd ? path : plain_path(path));
  static_cast<void>(plain_path(path));
}

/// Refuses (6) Markdown that cannot be read.
void require_readable(const ArtifactFile& file, const std::string& kind) {
  if (!file.is_markdown()) return;
  if (!valid_utf8(file.bytes())) {
    refuse(Code::artifact, "markdown artifact is not UTF-8: neither front matter nor author line can be read",
           {"save the file as UTF-8"});
  }
  static_cast<void>(domain::judged_front_matter(file.bytes(), kind));
}

/// The canonical author line of the file; a Markdown file, which is known to be readable, must not name anybody else.
std::optional<std::string> checked_author_line(const ArtifactFile& file, const std::string& expected) {
  if (!file.is_markdown() && !valid_utf8(file.bytes())) return std::nullopt;
  const auto lines = domain::author_lines(file.bytes());
  if (lines.empty()) return std::nullopt;
  if (!file.is_markdown()) return lines.front();
  for (const std::string& line : lines) {
    if (domain::names_author(line, expected)) continue;
    refuse(Code::artifact, "markdown author line must match the work packet's: expected " + quote(expected) + ", got " +
                               quote(line),
           {"write the packet's author_line, or none"});
  }
  return expected;
}

/// A reply when these bytes are published already under this name; refuses (6) a clash.
std::optional<Json> earlier_publication(store::Connection& db, const Job& job, const Publish& command,
                                        const std::string& digest) {
  if (const auto same = store::find_artifact_named(db, job.run, job.id, command.logical_name)) {
    if (same->path == command.path && same->sha256 == digest) {
      return Json{{"status", "already_published"}, {"artifact_id", same->id.str()}};
    }
    refuse(Code::artifact, "logical name already exists with other content: " + quote(command.logical_name) +
                               " is artifact " + same->id.str(),
           {"artifacts are append-only: choose another --logical-name"});
  }
  if (const auto same = store::find_artifact_bytes(db, job.run, command.path, digest)) {
    refuse(Code::artifact, "these bytes of " + quote(command.path) + " are already published in this run as artifact " +
                               same->id.str(),
           {"change the file, or name the earlier artifact"});
  }
  return std::nullopt;
}

PacketParts author_parts(store::Connection& db, const Run& run, const Session& session) {
  PacketParts parts;
  parts.run = run;
  parts.session = session;
  parts.attestation = attest(db, session);
  parts.head = store::workflow_head(db, run.snapshot);
  return parts;
}

}  // namespace

ArtifactFile::ArtifactFile(std::string folder, std::string path)
    : root_(std::move(folder)), path_(std::move(path)), problem_(path_problem(path_)) {
  if (problem_) return;
  path_ = plain_path(path_);
  auto read = os::RepoFiles(root_).read(path_, kMaxArtifactBytes);
  problem_ = access_problem(read.access, path_);
  bytes_ = std::move(read.bytes);
  mode_ = read.mode & 07777;
}

const std::string& ArtifactFile::bytes() const {
  if (problem_) throw Error(*problem_);
  return bytes_;
}

bool ArtifactFile::is_markdown() const {
  const std::string name = lower(path_);
  return name.ends_with(".md") || name.ends_with(".markdown");
}

void ArtifactFile::rewrite(std::string bytes) {
  if (auto problem = access_problem(os::RepoFiles(root_).write_atomically(path_, bytes, mode_), path_)) throw *problem;
  bytes_ = std::move(bytes);
}

std::string plain_path(const std::string& path) {
  if (auto problem = path_problem(path)) throw *problem;
  return std::get<RepoPath>(RepoPath::parse(path)).str();
}

void require_attested(store::Connection& db, const Run& run, const Job& job, const Session& session, Code code) {
  const Json spec = store::workflow_job(db, run.snapshot, job.workflow_job);
  if (!domain::job_spec(spec).require_attested_lane) return;
  const Attestation attestation = attest(db, session);
  if (attestation.attested) return;
  refuse(code, "job " + quote(job.id.str()) + " wants an attached lane supervisor for session " +
                   quote(session.id.str()) + ": " + attestation.reason.get<std::string>() +
                   "; `supervise start` attaches one",
         {"start one with `supervise start --session-id " + session.id.str() + "`"});
}

Json publish(store::WriteUnit& unit, const Held& held, const Publish& command, ArtifactFile& file) {
  auto& db = unit.db();
  const Job job = store::get_job(db, command.job, Code::artifact);
  const Lease lease = held_lease(unit, held.lease, held.session, job.id);
  require_kind(command.kind);
  const Run run = store::get_run(db, job.run);
  const Session session = store::get_session(db, held.session);
  require_attested(db, run, job, session, Code::artifact);
  require_place(job, command.path);
  (void)file.bytes();
  require_readable(file, command.kind);
  const auto author = checked_author_line(file, expected_author_line(author_parts(db, run, session)));
  if (file.is_markdown()) domain::check_front_matter(file.bytes(), command.kind);
  std::optional<std::string> rewritten;
  if (file.is_markdown() && domain::front_matter_is_added(command.kind) && !file.bytes().starts_with("---")) {
    rewritten = domain::with_front_matter(file.bytes(), command.kind);
  }
  const std::string digest = sha256(rewritten ? *rewritten : file.bytes()).hex();
  if (auto earlier = earlier_publication(db, job, command, digest)) return *earlier;
  if (rewritten) file.rewrite(std::move(*rewritten));
  store::NewArtifact row;
  row.id = ArtifactId(unit.new_id("art"));
  row.run = job.run;
  row.job = job.id;
  row.session = held.session;
  row.logical_name = command.logical_name;
  row.kind = command.kind;
  row.path = command.path;
  row.sha256 = digest;
  row.size = static_cast<std::int64_t>(file.bytes().size());
  row.author_line = author;
  store::insert_artifact(db, row, unit.now());
  Event event{"artifact.published", job.run};
  event.session = held.session;
  event.job = job.id;
  event.artifact = row.id;
  event.lease = lease.id;
  event.payload = {{"logical_name", row.logical_name}, {"path", row.path}, {"sha256", digest}};
  unit.event(event);
  return {{"status", "published"}, {"artifact_id", row.id.str()}, {"sha256", digest}};
}

Json publish_artifact(Context& ctx, const Held& held, const Publish& command) {
  ArtifactFile file(work_folder(ctx, command.job).string(), command.path);
  return write(ctx, [&](store::WriteUnit& unit) { return publish(unit, held, command, file); });
}

}  // namespace striatum::app
