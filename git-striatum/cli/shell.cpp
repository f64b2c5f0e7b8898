// SPDX-License-Identifier: Apache-2.0
#include "cli/shell.hpp"

#include "app/ids.hpp"
#include "app/worktree.hpp"
#include "base/crypto.hpp"
#include "base/json_writer.hpp"
#include "base/text.hpp"
#include "cli/people_done.hpp"
#include "cli/registry.hpp"
#include "cli/short_ids.hpp"
#include "hooks/active_marker.hpp"
#include "hooks/intents.hpp"
#include "hooks/observe_fold.hpp"

namespace striatum::cli {
namespace {

constexpr const char* kAgentVariables[] = {"STRIATUM_RUN_ID", "STRIATUM_JOB_ID", "STRIATUM_WORKFLOW_JOB_ID",
                                           "STRIATUM_SESSION_ID", "STRIATUM_LEASE_ID", "STRIATUM_PACKET_ID",
                                           "STRIATUM_PROCESS_ID", "STRIATUM_SUPERVISOR_ID"};

Json error_object(const Error& error, app::Name name) {
  Json out{{"code", static_cast<int>(error.code())}, {"message", to_utf8(error.message())}};
  if (name == app::Name::striatum) return out;
  out["kind"] = error.kind();
  if (!error.hints().empty()) out["hints"] = error.hints();
  if (error.details() != nullptr && error.details()->is_object()) out.update(*error.details());
  return out;
}

bool writes(std::string_view verb) {
  const Family* family = find_family(verb.substr(0, verb.find(' ')));
  return family != nullptr && family->effect == Effect::writes;
}

/// What to type after a refusal that knows nothing better.
std::string hint_for(Code code) {
  switch (code) {
    case Code::lease: return "`git striatum status` shows who holds what; `git striatum claim-next` claims again";
    case Code::artifact: return "the packet of the job says where it may write and what it owes; `git striatum why JOB`";
    case Code::workflow: return "`man gitstriatum-workflow` describes the file; `git striatum workflow init` makes one";
    case Code::general: return "`git striatum doctor --deep` checks the state";
    case Code::schema: return "install the newer git-striatum that wrote this state";
    case Code::verification: return "`git striatum verify` names every finding";
    default: return "`git striatum status` shows what there is, `git striatum why ID` explains it";
  }
}

/// CI, or an agent's own terminal.
bool machine(const World& world) {
  if (world.environment("CI")) return true;
  for (const char* variable : kAgentVariables) {
    if (world.environment(variable)) return true;
  }
  return false;
}

}  // namespace

void Shell::set_call(std::string verb, Json arguments) {
  verb_ = std::move(verb);
  arguments_ = std::move(arguments);
}

app::Context& Shell::open() {
  if (daemon) {
    refuse(Code::daemon_capability, quote(verb_) + " is not available through the daemon",
           {"leave out --daemon and STRIATUM_DAEMON"});
  }
  const bool first = context_ == nullptr;
  if (first) {
    context_ = std::make_unique<app::Context>(world_.clock, world_.random, name_, app::locate(repo, name_), verb_);
  }
  if (request_id && !context_->request) {
    const Json payload{{"verb", verb_}, {"args", arguments_}};
    context_->request = app::Request{*request_id, verb_, sha256(to_canonical_utf8(payload)).hex()};
  }
  if (first && changes_state() && context_->state_exists()) {
    hooks::recover_intents(*context_);
    app::recover_worktrees(*context_);
    hooks::fold_observations(*context_);
  }
  return *context_;
}

bool Shell::changes_state() const { return writes(verb_) && !arguments_.contains("--dry-run"); }

std::string Shell::whole_id(const std::string& start) {
  app::Context& ctx = open();
  return ctx.state_exists() ? app::whole_id(ctx, start) : start;
}

std::optional<std::string> Shell::run_at_hand() {
  app::Context& ctx = open();
  return ctx.state_exists() ? app::run_at_hand(ctx) : std::nullopt;
}

bool Shell::people() const {
  return name_ == app::Name::git_striatum && world_.terminal && !json && !machine(world_);
}

bool Shell::asks() const { return world_.input_terminal && !machine(world_); }

bool Shell::colour() const { return people() && world_.environment("NO_COLOR").value_or("").empty(); }

void Shell::mark_activity() {
  if (context_) hooks::refresh_active_marker(*context_);
}

void Shell::finish(const Json& data, const std::function<std::string()>& text) { finish_with(Code::ok, data, text); }

void Shell::reply(std::string_view text) {
  world_.write(1, text);
  if (world_.replied) world_.replied(exit_code_);
}

/// `{"data":…,"ok":true}` or `{"error":…,"ok":false}`, a line.
void Shell::write_envelope(std::string_view name, const Json& body) {
  JsonWriter out(JsonWriter::Style::compact_ascii, [this](std::string_view piece) { world_.write(1, piece); });
  out.begin_object();
  out.key(name);
  out.value(body);
  out.member("ok", Scalar::of(name == "data"));
  out.end_object();
  out.finish_line();
}

void Shell::reply_with(const Json& data) {
  write_envelope("data", data);
  if (world_.replied) world_.replied(exit_code_);
}

void Shell::finish_with(Code code, const Json& data, const std::function<std::string()>& text) {
  exit_code_ = static_cast<int>(code);
  mark_activity();
  if (people()) {
    reply(shorten_ids(text ? text() : people_done(verb_, data, now())));
    return;
  }
  reply_with(data);
}

void Shell::finish_text(const std::string& text, const Json& data) {
  if (json) return reply_with(data);
  reply((world_.terminal ? printable_lines(text) : text) + "\n");
}

void Shell::finish_as_is(Code code, std::string_view text) {
  exit_code_ = static_cast<int>(code);
  reply(text);
}

void Shell::line(const std::string& text) { world_.write(1, (people() ? shorten_ids(text) : text) + "\n"); }

void Shell::remark(const std::string& text) { world_.write(2, text + "\n"); }

std::function<void(const std::string&)> Shell::remarks() {
  return [this](const std::string& text) { remark(text); };
}

void Shell::fail(const Error& error) {
  exit_code_ = static_cast<int>(error.code());
  // A refusal has looked at the state; after a failure it may be what failed.
  if (error.code() != Code::general) mark_activity();
  if (json) {
    write_envelope("error", error_object(error, name_));
    return;
  }
  std::string text = printable(error.message()) + "\n";
  if (people()) {
    for (const std::string& hint : error.hints()) text += "hint: " + printable(hint) + "\n";
    if (error.hints().empty()) text += "hint: " + hint_for(error.code()) + "\n";
    text = shorten_ids(text);
  }
  world_.write(2, text);
}

}  // namespace striatum::cli
