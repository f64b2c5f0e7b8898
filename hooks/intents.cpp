// SPDX-License-Identifier: Apache-2.0
#include "hooks/intents.hpp"

#include <chrono>
#include <filesystem>
#include <set>
#include <thread>

#include "base/crypto.hpp"
#include "export/paths.hpp"
#include "hooks/gates.hpp"
#include "hooks/hooked_work.hpp"
#include "hooks/sync.hpp"
#include "os/files.hpp"

namespace striatum::hooks {
namespace {

std::string file_stem(const std::string& branch) { return "apply-" + sha256(branch).hex().substr(0, 16); }

std::string lock_path(const app::Context& ctx, const std::string& branch) {
  return (ctx.place.state_dir / (file_stem(branch) + ".lock")).string();
}

std::string index_folder(const app::Place& place, const std::string& branch) {
  return (place.state_dir / file_stem(branch)).string();
}

void remove_folder(const std::string& path) {
  std::error_code ignored;
  std::filesystem::remove_all(path, ignored);
}

std::optional<Oid> oid_member(const Json& object, const char* name) { return Oid::parse(text_member(object, name)); }

/// A lock file that has not changed for a second.
bool abandoned(const std::string& path, const std::string& commit) {
  constexpr std::size_t kMaxLock = 4096;
  constexpr std::chrono::seconds kWatch{1};
  const auto ours = [&](const std::optional<std::string>& text) { return text && (text->empty() || *text == commit + "\n"); };
  if (!ours(os::read_file(path, kMaxLock))) return false;
  std::this_thread::sleep_for(kWatch);
  return ours(os::read_file(path, kMaxLock));
}

/// The commit that the branch went to, when it still holds it.
std::optional<Oid> landed(const git::Repository& repository, const Json& detail) {
  const auto commit = oid_member(detail, "commit");
  const auto tip = repository.ref(text_member(detail, "ref"));
  if (!commit || !tip || !repository.has(*commit)) return std::nullopt;
  return repository.is_ancestor(*commit, *tip) ? commit : std::nullopt;
}

store::StoredReceipt receipt_row(const git::Repository& repository, const store::Intent& intent, const Oid& commit) {
  const Json& detail = intent.detail;
  store::StoredReceipt row;
  row.id = text_member(detail, "receipt");
  row.run = intent.run;
  row.jobs = string_list(member(detail, "job_ids"));
  row.state = text_member(detail, "state");
  row.issued_at = text_member(detail, "issued_at");
  row.commit = commit.hex();
  const auto file = repository.entry(repository.commit(commit).tree, provenance::receipt_path(row.id));
  row.envelope = file ? repository.blob(file->id) : "";
  row.changes_sha256 = text_member(detail, "changes_sha256");
  row.base_tree = optional_text(detail, "base_tree");
  row.applied_tree = optional_text(detail, "content_tree");
  row.key_id = text_member(detail, "key_id");
  row.signature = text_member(detail, "signature");
  row.evidence_path = optional_text(detail, "evidence_path");
  return row;
}

/// And what else is changed where the work was taken from: it was not touched either.
std::vector<std::string> others_too(const git::Program& git, const Json& detail, const std::vector<std::string>& alone) {
  std::set<std::string> out(alone.begin(), alone.end());
  const auto taken = string_list(member(detail, "paths"));
  const std::set<std::string> ours(taken.begin(), taken.end());
  for (std::string& path : changed_paths(git)) {
    if (ours.count(path) == 0) out.insert(std::move(path));
  }
  return {out.begin(), out.end()};
}

Json reply_of(const store::Intent& intent, const Oid& commit, const std::vector<std::string>& left_alone) {
  const Json& detail = intent.detail;
  Json out{{"status", text_member(detail, "state")},
           {"run_id", intent.run.str()},
           {"branch", intent.branch},
           {"commit", commit.hex()},
           {"left_alone", left_alone}};
  for (const char* name : {"job_ids", "base", "receipt", "receipt_path", "paths", "gates"}) out[name] = member(detail, name);
  return out;
}

void record_landing(store::WriteUnit& unit, const git::Repository& repository, const store::Intent& intent,
                    const Oid& commit) {
  const store::StoredReceipt row = receipt_row(repository, intent, commit);
  store::insert_receipt(unit.db(), row, unit.now());
  if (row.state == "applied") {
    for (const std::string& job : row.jobs) store::set_applied(unit.db(), JobId(job), row.id);
  }
  Event event{row.state == "applied" ? "receipt.applied" : "receipt.proposed", intent.run};
  event.payload = {{"receipt", row.id},     {"commit", commit.hex()},  {"branch", intent.branch},
                   {"job_ids", row.jobs},   {"state", row.state}};
  unit.event(event);
  store::end_intent(unit.db(), intent.id, "done", unit.now());
}

void void_intent(app::Context& ctx, const store::Intent& intent) {
  store::WriteUnit unit(ctx.state(), ctx.clock.now(), ctx.random);
  store::end_intent(unit.db(), intent.id, "void", unit.now());
  unit.commit();
}

/// What a hook made of the work for a commit that did not come to be.
void put_back(const app::Place& place, const git::Repository& repository, const store::Intent& intent) {
  const auto hooked = hooked_work(member(intent.detail, "hooked"));
  const std::string folder = (place.root / text_member(intent.detail, "work_tree")).lexically_normal().string();
  if (!hooked || !os::is_directory(folder)) return;
  put_back(git::Program(folder).durable(), repository, *hooked, os::path_join(index_folder(place, intent.branch), "index"));
}

std::optional<Json> recover(app::Context& ctx, const git::Program& git, const git::Repository& repository,
                            const store::Intent& intent) {
  os::sweep_temporaries(git.git_dir());
  if (const auto commit = oid_member(intent.detail, "commit")) {
    clear_dead_locks(git, ctx.place, text_member(intent.detail, "ref"), *commit);
  }
  const bool done = landed(repository, intent.detail).has_value();
  if (!done) put_back(ctx.place, repository, intent);
  remove_folder(index_folder(ctx.place, intent.branch));
  if (done) return finish_intent(ctx, git, repository, intent);
  void_intent(ctx, intent);
  return std::nullopt;
}

}  // namespace

OpenIntent::OpenIntent(app::Context& ctx, const Run& run) : ctx_(ctx) {
  store::WriteUnit unit(ctx.state(), ctx.clock.now(), ctx.random);
  intent_.id = unit.new_id("intent");
  intent_.run = run.id;
  intent_.branch = *run.branch;
  intent_.detail = {{"work_tree", ctx.place.work_tree.lexically_proximate(ctx.place.root).string()}};
  if (ctx.request) intent_.detail["request"] = ctx.request->id;
  store::open_intent(unit.db(), intent_, unit.now());
  unit.commit();
  open_ = true;
}

OpenIntent::~OpenIntent() {
  if (!open_) return;
  try {
    end([](store::WriteUnit&) {});
  } catch (const std::exception&) {
    open_ = false;  // the next command voids it
  }
}

void OpenIntent::note(const Json& members) {
  intent_.detail.update(members);
  store::WriteUnit unit(ctx_.state(), ctx_.clock.now(), ctx_.random);
  store::set_intent_detail(unit.db(), intent_.id, intent_.detail);
  unit.commit();
}

IndexFolder::IndexFolder(const app::Place& place, const std::string& branch) : path_(index_folder(place, branch)) {
  os::make_scratch_folder(path_);
}

IndexFolder::~IndexFolder() { remove_folder(path_); }

os::FairLock lock_branch(const app::Context& ctx, const std::string& branch) {
  constexpr std::chrono::minutes kPatience{5};
  try {
    return os::FairLock::acquire(lock_path(ctx, branch), ctx.command, kPatience);
  } catch (const Error& error) {
    if (error.kind() != "db_busy") throw;
    fail(Code::transition, "apply_busy", "another apply works on branch " + quote(branch),
         {"try again when it has ended"});
  }
}

bool clear_dead_locks(const git::Program& git, const app::Place& place, const std::string& ref, const Oid& commit) {
  bool out = false;
  const std::string common = place.git ? place.git->common_dir : git.git_dir();
  for (const std::string& path : {os::path_join(common, ref + ".lock"), os::path_join(git.git_dir(), "HEAD.lock")}) {
    if (abandoned(path, commit.hex())) out = os::remove_file(path) || out;
  }
  return out;
}

Json finish_intent(app::Context& ctx, const git::Program& git, const git::Repository& repository,
                   const store::Intent& intent) {
  const auto commit = oid_member(intent.detail, "commit");
  const auto base = oid_member(intent.detail, "base");
  if (!commit || !base) fail(Code::general, "internal", "intent " + intent.id + " names no commit");
  const auto alone = sync_work_trees(git, repository, text_member(intent.detail, "ref"), *base, *commit);
  const Json reply = reply_of(intent, *commit, others_too(git, intent.detail, alone));
  const bool asked_now = ctx.request && optional_text(intent.detail, "request") == ctx.request->id;
  store::WriteUnit unit(ctx.state(), ctx.clock.now(), ctx.random);
  record_landing(unit, repository, intent, *commit);
  if (asked_now) app::remember(ctx, unit, reply);
  unit.fold_after_commit();
  unit.commit();
  return reply;
}

std::optional<Json> recover_branch(app::Context& ctx, const git::Program& git, const git::Repository& repository,
                                   const std::string& branch) {
  std::optional<Json> out;
  for (const store::Intent& intent : store::open_intents(ctx.state().db())) {
    if (intent.branch != branch) continue;
    auto reply = recover(ctx, git, repository, intent);
    const bool ours = ctx.request && optional_text(intent.detail, "request") == ctx.request->id;
    if (reply && ours) out = std::move(reply);
  }
  remove_folder(index_folder(ctx.place, branch));  // which an apply that could not remove it left
  return out;
}

void recover_intents(app::Context& ctx) {
  const auto open = store::open_intents(ctx.state().db());
  if (open.empty() || !ctx.place.git) return;
  for (const store::Intent& intent : open) {
    const auto lock = os::FairLock::try_acquire(lock_path(ctx, intent.branch), ctx.command);
    if (!lock || !store::is_open_intent(ctx.state().db(), intent.id)) continue;
    const git::Program git(ctx.place.work_tree.string());
    const auto repository = git::Repository::open(ctx.place.work_tree.string());
    static_cast<void>(recover(ctx, git.durable(), repository, intent));
  }
}

}  // namespace striatum::hooks
