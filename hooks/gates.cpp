// SPDX-License-Identifier: Apache-2.0
#include "hooks/gates.hpp"

#include <algorithm>
#include <set>

#include "base/text.hpp"
#include "domain/repo_path.hpp"
#include "domain/scope.hpp"
#include "export/paths.hpp"
#include "hooks/shell_word.hpp"
#include "os/repo_files.hpp"
#include "store/nouns.hpp"

namespace striatum::hooks {
namespace {

bool whole_repository(const std::vector<std::string>& scopes) {
  return std::any_of(scopes.begin(), scopes.end(), [](const std::string& s) { return inside("any", s); });
}

/// Folders and files to look at: the scopes of the jobs and what was published.
std::vector<std::string> looked_at(const Work& work) {
  std::set<std::string> out;
  for (const TakenJob& job : work.jobs) out.insert(job.scope.allowed_paths.begin(), job.scope.allowed_paths.end());
  for (const PublishedFile& file : work.artifacts) out.insert(file.row.path);
  std::vector<std::string> list(out.begin(), out.end());
  return whole_repository(list) ? std::vector<std::string>() : list;
}

// ---- verdicts ------------------------------------------------------------------------------------------

std::string override_command(const app::Context& ctx, const JobId& review) {
  return ctx.program() + " override-verdict --session-id SESSION --job-id " + review.str() +
         " --verdict accept --rationale REASON";
}

bool covers(const RequiredReview& review, const TakenJob& taken) {
  return std::any_of(review.reviewed.begin(), review.reviewed.end(),
                     [&](const Json& row) { return text_member(row, "snapshot") == taken.digest; });
}

std::optional<GateResult> missing_verdict(const GateInput& input, const RequiredReview& review) {
  const std::string id = review.job.id.str();
  if (review.verdicts.empty() || review.job.state != JobState::completed) {
    return failed("verdicts", "review_open", "review job " + quote(id) + " is " + std::string(to_text(review.job.state)),
                  "finish the review: " + input.ctx.program() + " why " + id);
  }
  const auto latest = from_text<Verdict>(review.verdicts.back().verdict);
  if (latest && is_accepting(*latest)) return std::nullopt;
  return failed("verdicts", "not_accepted",
                "the latest verdict of review job " + quote(id) + " is " + review.verdicts.back().verdict,
                override_command(input.ctx, review.job.id));
}

GateResult verdicts(const GateInput& input) {
  if (input.propose) return skipped("verdicts", "proposed");
  bool unknown = false;
  for (const RequiredReview& review : input.work.reviews) {
    if (auto missing = missing_verdict(input, review)) return *std::move(missing);
    for (const TakenJob& taken : input.work.jobs) {
      if (std::find(review.of.begin(), review.of.end(), taken.job.id) == review.of.end()) continue;
      if (!input.work.run.strict && (!taken.recorded || review.reviewed.is_null())) {
        unknown = true;  // completed or judged through release 1.24, which keeps no snapshots
      } else if (!covers(review, taken)) {
        return failed("verdicts", "other_snapshot",
                      "the verdict of review job " + quote(review.job.id.str()) +
                          " was given on other content than job " + quote(taken.job.id.str()) + " has",
                      override_command(input.ctx, review.job.id));
      }
    }
  }
  return passed("verdicts", unknown ? std::optional<std::string>("snapshot_unknown") : std::nullopt);
}

// ---- scope ---------------------------------------------------------------------------------------------

std::optional<GateResult> path_problem(const std::string& path) {
  const std::string leave = "leave " + quote(path) + " out: put it back as it was and complete the job again";
  if (!valid_utf8(path)) return failed("scope", "not_utf8", "path is not UTF-8: " + quote(path), leave);
  if (const auto rule = broken_rule(path)) {
    return failed("scope", "bad_path", "path " + quote(path) + " " + std::string(explain(*rule)), leave);
  }
  if (!inside(path, provenance::kProvenanceFolder)) return std::nullopt;
  return failed("scope", "protected_path", "path " + quote(path) + " belongs to the records", leave);
}

/// A worktree that was made for one job holds nothing but its work.
bool in_job_worktree(const GateInput& input) {
  return std::any_of(input.work.jobs.begin(), input.work.jobs.end(), [](const TakenJob& taken) { return taken.isolated; });
}

bool published(const Work& work, const std::string& path) {
  return std::any_of(work.artifacts.begin(), work.artifacts.end(),
                     [&](const PublishedFile& file) { return file.row.path == path; });
}

GateResult scope(const GateInput& input) {
  for (const auto& [path, entry] : input.work.expected()) {
    if (auto problem = path_problem(path)) return *std::move(problem);
    if (input.work.in_scope(path)) continue;
    return failed("scope", "out_of_scope", "path " + quote(path) + " is outside the write scope of the work",
                  "put it back: git checkout -- " + path);
  }
  for (const PublishedFile& file : input.work.artifacts) {
    if (auto problem = path_problem(file.row.path)) return *std::move(problem);
  }
  if (!in_job_worktree(input)) return passed("scope");
  for (const std::string& path : changed_paths(input.git)) {
    if (input.work.in_scope(path) || published(input.work, path)) continue;
    return failed("scope", "out_of_scope", "path " + quote(path) + " is changed in the job's worktree and outside its scope",
                  "put it back: git checkout -- " + path);
  }
  return passed("scope");
}

// ---- base ----------------------------------------------------------------------------------------------

/// Do receipts of this run lead from what the job began with to what the branch has? Either to just what the job left
/// there, or through work that the job was built on: proposals of its own, and, unless it had a worktree that never saw
/// them, applied jobs that it waited for.
bool moved_by_the_run(const Work& work, const TakenJob& taken, const std::string& path, const Entry& was, const Entry& is,
                      const Entry& wanted) {
  const auto own = work.open_proposals();
  std::vector<provenance::Edge> edges;
  for (const EarlierReceipt& receipt : work.earlier) {
    const auto& jobs = receipt.receipt.jobs;
    const bool built_on = std::find(own.begin(), own.end(), &receipt) != own.end() ||
                          (!taken.isolated && std::all_of(jobs.begin(), jobs.end(), [&](const provenance::JobSnapshot& row) {
                             return taken.upstream.count(row.job_id) != 0;
                           }));
    if (is == wanted || built_on) {
      edges.insert(edges.end(), receipt.changes.edges.begin(), receipt.changes.edges.end());
    }
  }
  edges.erase(std::remove_if(edges.begin(), edges.end(), [&](const provenance::Edge& edge) { return edge.path != path; }),
              edges.end());
  return provenance::chain_leads(edges, was.blob, was.mode, is.blob, is.mode);
}

GateResult base(const GateInput& input) {
  for (const TakenJob& taken : input.work.jobs) {
    for (const auto& [path, entry] : taken.rows) {
      const Entry was = entry_at(input.repository, taken.base_tree, path);
      const Entry is = entry_at(input.repository, input.tip_tree, path);
      if (was == is || moved_by_the_run(input.work, taken, path, was, is, entry)) continue;
      return failed("base", "moved",
                    "path " + quote(path) + " of job " + quote(taken.job.id.str()) + " changed on branch " +
                        quote(*input.work.run.branch) + " since " + taken.base.hex().substr(0, 12),
                    "if the work itself was committed by hand: git reset --soft " + taken.base.hex().substr(0, 12) +
                        "; else bring the change into the work and run the job again");
    }
  }
  return passed("base");
}

// ---- snapshot ------------------------------------------------------------------------------------------

bool of_others(const Work& work, const std::string& path) {
  if (work.waiting.count(path) != 0) return true;
  return std::any_of(work.others.begin(), work.others.end(), [&](const Job& job) {
    return domain::in_scope(domain::write_scope(job.write_scope), path);
  });
}

/// Empty unless git has the bytes: it does once an apply came as far as to the hooks, which may have rewritten the file.
std::string command_to_put_back(const git::Repository& repository, const std::string& path, const Entry& entry) {
  const bool file = entry.mode == git::Mode::regular || entry.mode == git::Mode::executable;
  if (!file || !repository.has(*entry.blob)) return "";
  const std::string word = shell_word(path);
  return "git cat-file --filters --path=" + word + " " + entry.blob->hex() + " > " + word;
}

GateResult not_as_completed(const git::Repository& repository, const std::vector<std::pair<std::string, Entry>>& changed) {
  constexpr std::size_t kShown = 10;
  std::vector<std::string> commands;
  for (std::size_t i = 0; i < std::min(changed.size(), kShown); ++i) {
    commands.push_back(command_to_put_back(repository, changed[i].first, changed[i].second));
  }
  const bool known = std::none_of(commands.begin(), commands.end(), [](const std::string& c) { return c.empty(); });
  const std::size_t others = changed.size() - 1;
  return failed("snapshot", "changed",
                "path " + quote(changed.front().first) +
                    (others == 0 ? " is" : " and " + std::to_string(others) + " more are") +
                    " not as the job completed it",
                known ? "put it back as it was completed: " + join(commands, " && ")
                      : "put it back as it was completed, or have the job done again");
}

GateResult snapshot(const GateInput& input) {
  const Entries expected = input.work.expected();
  std::vector<std::pair<std::string, Entry>> changed;
  for (const auto& [path, entry] : expected) {
    if (!(input.tree.at(path) == entry)) changed.emplace_back(path, entry);
  }
  if (!changed.empty()) return not_as_completed(input.repository, changed);
  for (const auto& [path, entry] : input.tree.changed()) {
    const bool known = expected.count(path) != 0 || published(input.work, path);
    if (known || !input.work.in_scope(path) || of_others(input.work, path)) continue;
    return failed("snapshot", "added", "path " + quote(path) + " in the job's scope changed after the job was completed",
                  "put it back: git checkout -- " + path + " (or move the file away when it is new)");
  }
  return passed("snapshot");
}

// ---- artifacts -----------------------------------------------------------------------------------------

std::optional<GateResult> artifact_problem(const GateInput& input, const PublishedFile& file) {
  const std::string& path = file.row.path;
  const auto read = os::RepoFiles(file.folder).read(path);
  if (read.access != os::Access::ok) {
    return failed("artifacts", "missing", "published file " + quote(path) + " is not there as a regular file",
                  "bring it back as artifact " + file.row.id.str() + " has it");
  }
  if (sha256(read.bytes).hex() != file.row.sha256) {
    return failed("artifacts", "bytes_differ", "file " + quote(path) + " is not what was published as " + file.row.id.str(),
                  "bring it back as it was published, or publish it anew from a job");
  }
  const Entry entry = input.tree.at(file);
  if (!entry.blob || git::hash_blob(read.bytes) == *entry.blob) return std::nullopt;
  return failed("artifacts", "filtered", "git stores other bytes of " + quote(path) + " than were published",
                "switch its filters off: echo '" + path + " -text -filter' >> .gitattributes");
}

GateResult artifacts(const GateInput& input) {
  std::vector<std::string> paths;
  for (const PublishedFile& file : input.work.artifacts) {
    if (auto problem = artifact_problem(input, file)) return *std::move(problem);
    if (!input.tree.at(file).blob) paths.push_back(file.row.path);
  }
  const auto hidden = paths.empty() ? std::vector<std::string>() : git::ignored(input.git, paths);
  if (hidden.empty()) return passed("artifacts");
  return failed("artifacts", "ignored", "published file " + quote(hidden.front()) + " is ignored by git",
                "see why: git check-ignore -v " + hidden.front());
}

}  // namespace

GateResult passed(std::string name, std::optional<std::string> detail_code) {
  return {std::move(name), "passed", std::move(detail_code), std::nullopt, std::nullopt};
}

GateResult skipped(std::string name, std::string detail_code) {
  return {std::move(name), "skipped", std::move(detail_code), std::nullopt, std::nullopt};
}

GateResult failed(std::string name, std::string detail_code, std::string detail, std::string hint) {
  return {std::move(name), "failed", std::move(detail_code), std::move(detail), std::move(hint)};
}

Code code_of(const GateResult& gate) {
  const bool bytes = gate.name == "scope" || gate.name == "artifacts" || gate.name == "redaction";
  return bytes ? Code::artifact : Code::transition;
}

Json to_json(const std::vector<GateResult>& gates) {
  Json out = Json::array();
  for (const GateResult& gate : gates) {
    out.push_back({{"name", gate.name},
                   {"outcome", gate.outcome},
                   {"detail_code", nullable(gate.detail_code)},
                   {"detail", nullable(gate.detail)},
                   {"hint", nullable(gate.hint)}});
  }
  return out;
}

std::vector<std::string> changed_paths(const git::Program& git) {
  constexpr std::size_t kColumns = 3;
  std::vector<std::string> out;
  const std::string text = git.out({"status", "--porcelain=v1", "-z", "--untracked-files=all", "--no-renames",
                                    "--ignore-submodules=dirty"});
  for (const std::string& row : split(text, '\0')) {
    if (row.size() > kColumns) out.push_back(row.substr(kColumns));
  }
  return out;
}

WorkTree::WorkTree(const git::Program& git, const git::Repository& repository, const Work& work)
    : repository_(repository) {
  const git::Head head = repository.head();
  if (head.commit) head_tree_ = repository.commit(*head.commit).tree;
  const Oid tree = head_tree_.value_or(empty_tree_oid());
  for (const git::Change& change :
       git::worktree_changes(git, tree.hex(), git::StoreBlobs::yes, looked_at(work))) {
    changed_[change.path] = {change.mode_after, change.after};
  }
}

Entry WorkTree::at(const std::string& path) const {
  const auto found = changed_.find(path);
  if (found != changed_.end()) return found->second;
  return head_tree_ ? entry_at(repository_, *head_tree_, path) : Entry{};
}

std::vector<GateResult> ask_gates(const GateInput& input) {
  return {verdicts(input), scope(input), base(input), snapshot(input), artifacts(input)};
}

}  // namespace striatum::hooks
