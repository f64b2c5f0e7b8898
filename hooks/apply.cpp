// SPDX-License-Identifier: Apache-2.0
#include "hooks/apply.hpp"

#include <algorithm>
#include <cctype>
#include <cstdlib>
#include <set>

#include "base/text.hpp"
#include "export/paths.hpp"
#include "hooks/gates.hpp"
#include "hooks/hooked_work.hpp"
#include "hooks/intents.hpp"
#include "hooks/policy_gate.hpp"
#include "hooks/records.hpp"
#include "hooks/signers.hpp"
#include "hooks/work.hpp"
#include "os/files.hpp"
#include "store/nouns.hpp"

namespace striatum::hooks {
namespace {

using git::Change;
using provenance::Place;
using provenance::ReceiptState;

constexpr int kTries = 20;
constexpr std::chrono::milliseconds kSigningPatience{120'000};

// ---- the message ---------------------------------------------------------------------------------------

/// A file in the git folder that hooks may rewrite.
class MessageFile {
 public:
  MessageFile(const git::Program& git, const std::string& text)
      : folder_(git.git_dir()), path_(os::path_join(folder_.path(), "COMMIT_EDITMSG")) {
    write(text);
  }

  [[nodiscard]] const std::string& path() const { return path_; }
  [[nodiscard]] std::string read() const { return os::read_file(path_).value_or(""); }
  void write(const std::string& text) const { os::write_atomically(path_, text, 0600); }

 private:
  os::TemporaryFolder folder_;
  std::string path_;
};

std::string default_message(const Work& work, ReceiptState state) {
  const std::string verb = state == ReceiptState::proposed ? "Propose" : "Apply";
  if (work.jobs.size() == 1) return verb + ": " + one_line(work.jobs.front().job.title) + "\n";
  std::string out = verb + " " + std::to_string(work.jobs.size()) + " jobs of " + work.run.id.str() + "\n\n";
  for (const TakenJob& taken : work.jobs) out += "- " + one_line(taken.job.title) + "\n";
  return out;
}

void run_message_hook(const git::Program& git, const git::Config& config, const std::string& name,
                      const std::vector<std::string>& args) {
  if (!git::has_hook(git, config, name)) return;
  const git::HookResult result = git::run_hook(git, name, args);
  if (result.exit_code == 0) return;
  fail(Code::transition, "hook_refused", "hook " + name + " refused the commit: " + one_line(trim(to_utf8(result.output))),
       {"give a message that it accepts with -m"});
}

bool holds(const std::vector<std::pair<std::string, std::string>>& found, const std::vector<std::string>& wanted) {
  return std::all_of(wanted.begin(), wanted.end(), [&](const std::string& line) {
    return std::any_of(found.begin(), found.end(), [&](const auto& trailer) { return trailer.first + ": " + trailer.second == line; });
  });
}

std::string message_through_hooks(const git::Program& git, const git::Config& config, const std::string& text,
                                  const std::vector<std::string>& trailers) {
  const MessageFile file(git, git::strip_space(text));
  run_message_hook(git, config, "prepare-commit-msg", {file.path(), "message"});
  const std::string with_trailers = git::add_trailers(git, git::strip_space(file.read()), trailers);
  file.write(with_trailers);
  run_message_hook(git, config, "commit-msg", {file.path()});
  const std::string message = git::strip_space(file.read());
  const bool kept = message == with_trailers || holds(git::trailers(git, message), trailers);
  return kept ? message : git::add_trailers(git, message, trailers);
}

// ---- one apply -----------------------------------------------------------------------------------------

struct Setting {
  app::Context& ctx;
  const ApplyCommand& command;
  git::Program git;
  git::Repository repository;
  git::Config config;
  Signers signers;
};

/// The branch moved while the apply was at work.
struct Overtaken {};

class Attempt {
 public:
  Attempt(Setting& setting, Oid tip)
      : s_(setting),
        tip_(tip),
        tip_tree_(s_.repository.commit(tip).tree),
        work_(load_work(s_.ctx, s_.repository, s_.command.run, s_.command.job, tip)),
        tree_(s_.git, s_.repository, work_),
        state_(s_.command.propose ? ReceiptState::proposed : ReceiptState::applied) {}

  [[nodiscard]] const Work& work() const { return work_; }
  [[nodiscard]] const Oid& tip() const { return tip_; }
  [[nodiscard]] const std::vector<GateResult>& gates() const { return gates_; }
  [[nodiscard]] std::vector<std::string> paths() const { return paths_of(changes()); }

  [[nodiscard]] bool nothing_to_apply() const {
    if (work_.jobs.empty()) return true;
    return changes().empty() && (state_ == ReceiptState::proposed || work_.open_proposals().empty());
  }

  /// False when one of them failed.
  bool ask() {
    gates_ = ask_gates({s_.ctx, s_.git, s_.repository, work_, tree_, tip_tree_, s_.command.propose});
    gates_.push_back(passed("redaction"));
    gates_.push_back(policy_gate({s_.ctx, s_.repository, work_, s_.signers, tip_,
                                  s_.config.all("striatum.trustroot"), paths(), s_.command.propose}));
    return !any_failed();
  }

  /// From the private index to the moved branch. False when a gate failed on the way.
  bool commit(OpenIntent& intent) {
    const IndexFolder folder(s_.ctx.place, *work_.run.branch);
    const git::PrivateIndex index(s_.git.with_environment(kApplyVariable, intent.id()), tip_.hex(), folder.path());
    index.put(changes());
    if (!land(index, intent)) return false;
    intent.landed();
    return true;
  }

 private:
  [[nodiscard]] bool any_failed() const {
    return std::any_of(gates_.begin(), gates_.end(), [](const GateResult& gate) { return gate.failed(); });
  }

  static std::vector<std::string> paths_of(const std::vector<Change>& changes) {
    std::vector<std::string> out;
    for (const Change& change : changes) {
      if (provenance::place_of(change.path) == Place::content) out.push_back(change.path);
    }
    return out;
  }

  /// Tip to result, sorted by path: the work and what was published of it.
  [[nodiscard]] std::vector<Change> changes() const {
    Entries wanted = work_.expected();
    for (const PublishedFile& file : work_.artifacts) wanted[file.row.path] = tree_.at(file);
    std::vector<Change> out;
    for (const auto& [path, entry] : wanted) {
      const Entry is = entry_at(s_.repository, tip_tree_, path);
      if (!(is == entry)) out.push_back({path, is.mode, entry.mode, is.blob, entry.blob});
    }
    return out;
  }

  /// False when the hook or what it did was refused.
  bool land(const git::PrivateIndex& index, OpenIntent& intent) {
    try {
      if (pre_commit(index, intent)) {
        commit_to_branch(index, intent);
        return true;
      }
    } catch (...) {
      put_back(index);
      throw;
    }
    put_back(index);
    return false;
  }

  void put_back(const git::PrivateIndex& index) const {
    if (hooked_) hooks::put_back(s_.git, s_.repository, *hooked_, index.path());
  }

  void commit_to_branch(const git::PrivateIndex& index, OpenIntent& intent) {
    const Records records = write_records(index);
    const Oid tree = index.write_tree();
    read_back(tree, records);
    const Oid commit = make_commit(index, tree, records);
    intent.note(detail(commit, records));
    move_branch(commit);
  }

  // ---- pre-commit

  bool pre_commit(const git::PrivateIndex& index, OpenIntent& intent) {
    const std::string hook = os::path_join(git::hooks_folder(s_.git, s_.config), "pre-commit");
    if (!git::has_hook(s_.git, s_.config, "pre-commit")) {
      gates_.push_back(skipped("pre_commit", "no_hook"));
      return true;
    }
    hooked_ = HookedWork{index.write_tree(), paths()};
    intent.note({{"hooked", to_json(*hooked_)}});
    const git::HookResult result = git::run_hook(index.git(), "pre-commit");
    if (result.exit_code != 0) {
      gates_.push_back(failed("pre_commit", "hook_refused",
                              "hook pre-commit refused: " + one_line(trim(to_utf8(result.output))),
                              "mend what the hook names, or the hook: " + hook));
      return false;
    }
    gates_.push_back(judge_rewrites(s_.repository.diff(hooked_->tree, index.write_tree()), hook));
    return !gates_.back().failed();
  }

  [[nodiscard]] GateResult judge_rewrites(const std::vector<Change>& rewritten, const std::string& hook) const {
    if (rewritten.empty()) return passed("pre_commit");
    std::set<std::string> published;
    for (const PublishedFile& file : work_.artifacts) published.insert(file.row.path);
    for (const Change& change : rewritten) {
      if (published.count(change.path) != 0) {
        return failed("pre_commit", "artifact_rewritten",
                      "hook pre-commit rewrote the published file " + quote(change.path),
                      "have it leave published files alone: " + hook);
      }
      if (!work_.in_scope(change.path)) {
        return failed("pre_commit", "hook_out_of_scope",
                      "hook pre-commit added " + quote(change.path) + ", which is outside the write scope of the work",
                      "have it stage nothing else: " + hook);
      }
    }
    GateResult out = passed("pre_commit");
    out.outcome = "rewrote";
    for (const Change& change : rewritten) out.detail = (out.detail ? *out.detail + ", " : "") + change.path;
    return out;
  }

  // ---- records

  Records write_records(const git::PrivateIndex& index) {
    if (!s_.repository.entry(tip_tree_, provenance::kAttributesPath)) {
      const Oid blob = git::store_blobs(s_.git, {std::string(provenance::kAttributes)}).front();
      index.put({{std::string(provenance::kAttributesPath), git::Mode::none, git::Mode::regular, std::nullopt, blob}});
    }
    const Oid result = index.write_tree();
    taken_ = paths_of(s_.repository.diff(tip_tree_, result));
    const Records records = make_records(
        {s_.ctx, s_.repository, work_, tip_, tip_tree_, result, gates_, state_, taken_}, s_.signers);
    std::vector<std::string> contents;
    for (const RecordFile& file : records.files) contents.push_back(file.bytes);
    std::vector<Change> files;
    const std::vector<Oid> blobs = git::store_blobs(s_.git, contents);
    for (std::size_t i = 0; i < blobs.size(); ++i) {
      files.push_back({records.files[i].path, git::Mode::none, git::Mode::regular, std::nullopt, blobs[i]});
    }
    index.put(files);
    return records;
  }

  void read_back(const Oid& tree, const Records& records) const {
    for (const RecordFile& file : records.files) {
      const auto entry = s_.repository.entry(tree, file.path);
      if (entry && s_.repository.blob(entry->id) == file.bytes) continue;
      fail(Code::general, "git_failed", "git did not store the record " + quote(file.path) + " as it was written");
    }
  }

  // ---- commit

  [[nodiscard]] Oid make_commit(const git::PrivateIndex& index, const Oid& tree, const Records& records) const {
    git::NewCommit commit;
    commit.tree = tree;
    commit.parents = {tip_};
    commit.message = message_through_hooks(
        index.git(), s_.config, s_.command.message ? *s_.command.message + "\n" : default_message(work_, state_),
        {"Striatum-Run: " + work_.run.id.str(), "Striatum-Receipt: sha256:" + records.receipt});
    commit.sign = s_.config.boolean("commit.gpgsign").value_or(false);
    const git::Program git = s_.command.terminal ? s_.git : s_.git.with_environment("SSH_ASKPASS_REQUIRE", "never");
    return git::commit_tree(git, commit, kSigningPatience);
  }

  /// What the ref says afterwards counts, not how git ended.
  void move_branch(const Oid& commit) const {
    const auto moved = [&] { return s_.repository.ref(work_.ref) == commit; };
    try {
      if (git::update_ref(s_.git, work_.ref, commit, tip_, "striatum: apply") || moved()) return;
    } catch (const Error&) {
      if (moved()) return;
      if (!clear_dead_locks(s_.git, s_.ctx.place, work_.ref, commit)) throw;
      if (git::update_ref(s_.git, work_.ref, commit, tip_, "striatum: apply") || moved()) return;
    }
    throw Overtaken{};
  }

  [[nodiscard]] Json detail(const Oid& commit, const Records& records) const {
    std::vector<std::string> jobs;
    for (const TakenJob& taken : work_.jobs) jobs.push_back(taken.job.id.str());
    return {{"ref", work_.ref},
            {"base", tip_.hex()},
            {"commit", commit.hex()},
            {"state", to_text(state_)},
            {"job_ids", jobs},
            {"paths", taken_},
            {"gates", to_json(gates_)},
            {"receipt", records.receipt},
            {"receipt_path", records.receipt_path},
            {"issued_at", records.issued_at},
            {"changes_sha256", records.changes_sha256},
            {"base_tree", records.base_content_tree},
            {"content_tree", records.content_tree},
            {"evidence_path", records.evidence_path},
            {"key_id", records.key_id},
            {"signature", records.signature}};
  }

  Setting& s_;
  Oid tip_;
  Oid tip_tree_;
  Work work_;
  WorkTree tree_;
  ReceiptState state_;
  std::vector<GateResult> gates_;
  std::optional<HookedWork> hooked_;
  std::vector<std::string> taken_;
};

// ---- replies -------------------------------------------------------------------------------------------

Json plain_reply(const Attempt& attempt, const std::string& status) {
  const Work& work = attempt.work();
  Json jobs = Json::array();
  for (const TakenJob& taken : work.jobs) jobs.push_back(taken.job.id.str());
  return {{"status", status},
          {"run_id", work.run.id.str()},
          {"job_ids", std::move(jobs)},
          {"branch", *work.run.branch},
          {"base", attempt.tip().hex()},
          {"commit", nullptr},
          {"receipt", nullptr},
          {"receipt_path", nullptr},
          {"paths", attempt.paths()},
          {"gates", to_json(attempt.gates())},
          {"left_alone", Json::array()}};
}

Json dry_run_reply(const Setting& setting, const Attempt& attempt) {
  Json reply = plain_reply(attempt, "dry_run");
  reply["gates"].push_back(to_json({skipped("pre_commit", "dry_run")}).front());
  const auto taken = attempt.paths();
  for (const std::string& path : changed_paths(setting.git)) {
    if (std::find(taken.begin(), taken.end(), path) == taken.end()) reply["left_alone"].push_back(path);
  }
  return reply;
}

[[noreturn]] void refuse_apply(Setting& setting, const Attempt& attempt, OpenIntent& intent) {
  const auto& gates = attempt.gates();
  const auto first = std::find_if(gates.begin(), gates.end(), [](const GateResult& gate) { return gate.failed(); });
  store::StoredReceipt row;
  row.envelope = refused_payload(setting.ctx, attempt.work(), attempt.tip(), gates);
  row.id = sha256(row.envelope).hex();
  row.run = attempt.work().run.id;
  for (const TakenJob& taken : attempt.work().jobs) row.jobs.push_back(taken.job.id.str());
  row.state = "refused";
  row.denial_reason = first->name + ":" + first->detail_code.value_or("");
  row.issued_at = to_text(setting.ctx.clock.now());
  intent.end([&](store::WriteUnit& unit) {
    store::insert_receipt(unit.db(), row, unit.now());
    Event event{"receipt.refused", row.run};
    event.payload = {{"receipt", row.id}, {"reason", *row.denial_reason}, {"job_ids", row.jobs}};
    unit.event(event);
  });
  std::vector<std::string> hints;
  for (const GateResult& gate : gates) {
    if (gate.failed() && gate.hint) hints.push_back(*gate.hint);
  }
  throw Error(code_of(*first), "apply was refused: " + first->detail.value_or(first->name), hints)
      .with_kind("apply_refused")
      .with_details({{"gates", to_json(gates)}, {"receipt", row.id}});
}

// ---- the verb ------------------------------------------------------------------------------------------

void require_work_tree(const app::Context& ctx) {
  if (!ctx.place.git) refuse(Code::not_found, "this folder is no git repository", {"run `git init`"});
  if (!ctx.place.git->work_tree.empty() && !ctx.place.git->bare) return;
  refuse(Code::transition, "apply needs a work tree to take the work from; this repository is bare",
         {"run it in the worktree that holds the work"});
}

/// Whether the configuration says plainly who commits; where it does not, git may still know.
bool names_committer(const git::Config& config) {
  const auto says = [&](const char* variable, const std::string& key) {
    const char* given = std::getenv(variable);
    const std::string value = given ? given : config.get("committer." + key).value_or(config.get("user." + key).value_or(""));
    return std::any_of(value.begin(), value.end(), [](unsigned char byte) { return std::isalnum(byte) != 0; });
  };
  return says("GIT_COMMITTER_NAME", "name") && says("GIT_COMMITTER_EMAIL", "email");
}

void require_git(const git::Program& git, const git::Config& config) {
  constexpr std::pair<int, int> kNeeded{2, 36};
  const auto found = git::version(git);
  if (found < kNeeded) {
    refuse(Code::transition, "apply needs git 2.36 or later; this is " + std::to_string(found.first) + "." +
                                 std::to_string(found.second),
           {"install a newer git"});
  }
  if (names_committer(config)) return;
  const os::Finished who = git.run({"var", "GIT_COMMITTER_IDENT"});
  if (who.ok()) return;
  refuse(Code::transition, "git does not know who commits: " + git::complaint(who),
         {"git config user.email you@example.org", "git config user.name 'Your Name'"});
}

Json attempt_once(Setting& setting) {
  const Run run = store::get_run(setting.ctx.state().db(), setting.command.run);
  const Oid tip = branch_tip(setting.ctx, setting.repository, run);
  Attempt attempt(setting, tip);
  if (attempt.nothing_to_apply()) return plain_reply(attempt, "nothing_to_apply");
  if (setting.command.dry_run) {
    attempt.ask();
    return dry_run_reply(setting, attempt);
  }
  OpenIntent intent(setting.ctx, run);
  if (!attempt.ask() || !attempt.commit(intent)) refuse_apply(setting, attempt, intent);
  return finish_intent(setting.ctx, setting.git, setting.repository, intent.get());
}

Json attempts(Setting& setting) {
  for (int i = 1;; ++i) {
    try {
      return attempt_once(setting);
    } catch (const Overtaken&) {
      if (i < kTries) continue;
      fail(Code::transition, "branch_moving", "the branch moved on under each of " + std::to_string(kTries) + " attempts",
           {"try again when it is quiet"});
    }
  }
}

}  // namespace

Json apply(app::Context& ctx, const ApplyCommand& command) {
  if (auto earlier = app::repeated(ctx, ctx.state().db())) return *earlier;
  require_work_tree(ctx);
  const Run run = store::get_run(ctx.state().db(), command.run);
  enter_work_folder(ctx, git::Repository::open(ctx.place.work_tree.string()), run.id, command.job);
  const git::Program git(ctx.place.work_tree.string());
  git::Config config = git::Config::read(git);
  require_git(git, config);
  Signers signers = find_signers(config, command.keys, command.terminal);
  Setting setting{ctx,           command, git.durable(), git::Repository::open(ctx.place.work_tree.string()),
                  std::move(config), std::move(signers)};
  (void)branch_tip(ctx, setting.repository, run);
  const os::FairLock turn = lock_branch(ctx, *run.branch);
  if (auto reply = recover_branch(ctx, setting.git, setting.repository, *run.branch)) return *reply;
  Json reply = attempts(setting);
  const std::string status = text_member(reply, "status");
  const bool committed = status == "applied" || status == "proposed";
  if (committed && git::has_hook(git, setting.config, "post-commit")) static_cast<void>(git::run_hook(git, "post-commit"));
  return reply;
}

}  // namespace striatum::hooks
