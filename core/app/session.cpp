// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "app/attestation.hpp"
#include "app/verbs.hpp"
#include "base/text.hpp"
#include "domain/byline.hpp"
#include "domain/workflow_spec.hpp"
#include "store/nouns.hpp"

namespace striatum::app {
namespace {

void require_declared(const Json& head, const RegisterSession& command) {
  const auto require = [&](const std::string& noun, const std::string& id) {
    const Json& declared = member(head, noun + "s");
    if (declared.contains(id)) return;
    std::vector<std::string> names;
    for (const auto& [name, ignored] : declared.items()) names.push_back(name);
    refuse(Code::transition, "unknown " + noun + " " + quote(id) + " for run " + quote(command.run.str()),
           {"the workflow declares: " + join(names, ", ")});
  };
  require("role", command.role);
  require("lane", command.lane);
}

std::optional<std::string> checked_label(const Json& head, const std::optional<std::string>& given) {
  if (!given) return std::nullopt;
  const std::string label = lower(trim(*given));
  std::vector<std::string> lanes;
  for (const auto& [lane, ignored] : member(head, "lanes").items()) lanes.push_back(lane);
  if (const auto problem = domain::broken_label_rule(label, lanes)) {
    refuse(Code::transition, "operator label " + quote(label) + " " + *problem, {"choose a short name of your own"});
  }
  return label;
}

/// A reviewer beside an active author is not fresh unless a person says why it may be. Returns that reason.
std::optional<std::string> require_fresh_reviewer(store::Connection& db, const Run& run, const RegisterSession& command) {
  if (command.role != "reviewer") return std::nullopt;
  if (!store::wants_fresh_reviewers(db, run.id) || !store::has_active_session(db, run.id, "author")) return std::nullopt;
  if (command.force_non_fresh && command.reason && !blank(*command.reason)) return command.reason;
  if (command.force_non_fresh) {
    refuse(Code::transition, "--force-non-fresh needs a non-empty --reason", {"say why in --reason"});
  }
  refuse(Code::transition,
         "this workflow wants fresh reviewers and an author session is active; --force-non-fresh with --reason overrides",
         {"register reviewers first, or close the author's session with `session close`"});
}

Json close_reply(const Session& session, const std::string& closed_at, const std::string& reason) {
  return {{"session_id", session.id.str()}, {"run_id", session.run.str()}, {"role_id", session.role},
          {"lane_id", session.lane},        {"state", "closed"},           {"closed_at", closed_at},
          {"close_reason", reason}};
}

}  // namespace

Json register_session(Context& ctx, const RegisterSession& command) {
  return write(ctx, [&](store::WriteUnit& unit) -> Json {
    const Run run = store::get_run(unit.db(), command.run);
    const Json head = store::workflow_head(unit.db(), run.snapshot);
    require_declared(head, command);
    store::NewSession row;
    row.session.operator_label = checked_label(head, command.operator_label);
    row.non_fresh_reason = require_fresh_reviewer(unit.db(), run, command);
    if (command.parent) (void)store::get_session(unit.db(), *command.parent);
    Session& session = row.session;
    session.id = SessionId(unit.new_id("sess"));
    session.run = run.id;
    session.role = command.role;
    session.lane = command.lane;
    session.ordinal = store::next_ordinal(unit.db(), run.id, command.role, command.lane);
    session.slug = command.role + "-" + command.lane + "-" + std::to_string(session.ordinal);
    session.capabilities = command.capabilities;
    row.parent = command.parent;
    row.fresh_context = command.fresh;
    store::insert_session(unit.db(), row, unit.now());
    Event event{"session.registered", run.id};
    event.session = session.id;
    event.payload = {{"role", session.role}, {"lane", session.lane}, {"slug", session.slug}};
    if (row.non_fresh_reason) event.payload["non_fresh_reason"] = *row.non_fresh_reason;
    if (session.operator_label) event.payload["operator_label"] = *session.operator_label;
    unit.event(event);
    const Attestation attestation = attest(unit.db(), session);
    return {{"session_id", session.id.str()},
            {"slug", session.slug},
            {"lane_attestation", attestation.state()},
            {"lane_attestation_reason", attestation.reason},
            {"operator_label", nullable(session.operator_label)},
            {"supervise_hint", ctx.program() + " supervise start --session-id " + session.id.str()}};
  });
}

Json session_close(Context& ctx, const SessionId& id, const std::string& given) {
  const std::string reason(trim(given));
  return write(ctx, [&](store::WriteUnit& unit) -> Json {
    if (reason.empty()) {
      refuse(Code::transition, "a session is closed for a reason; --reason is blank",
             {"say why: --reason TEXT"});
    }
    const Session session = store::get_session(unit.db(), id);
    if (session.state != SessionState::active) {
      Json reply = close_reply(session, session.closed_at.value_or(""), session.close_reason.value_or(""));
      reply["state"] = to_text(session.state);
      reply["note"] = "session was already " + std::string(to_text(session.state));
      return reply;
    }
    if (const auto lease = store::active_lease_of_session(unit.db(), id)) {
      refuse(Code::lease, "session " + quote(id.str()) + " holds an active lease: " + lease->id.str(),
             {"give it back with `release`"});
    }
    store::close_session(unit.db(), id, reason, unit.now());
    Event event{"session.closed", session.run};
    event.session = id;
    event.payload = {{"session_id", id.str()},
                     {"role_id", session.role},
                     {"lane_id", session.lane},
                     {"reason", reason},
                     {"source", "explicit"}};
    unit.event(event);
    return close_reply(session, to_text(unit.now()), reason);
  });
}

}  // namespace striatum::app
