// SPDX-License-Identifier: Apache-2.0
#include "app/packet.hpp"

#include "domain/byline.hpp"
#include "domain/workflow_spec.hpp"

namespace striatum::app {
namespace {

constexpr int kHeartbeatAfterSeconds = 300;

const Json& lane_of(const PacketParts& parts, const std::string& lane) {
  return member(member(parts.head, "lanes"), lane);
}

/// The lane that the job names; null where it is open to any.
const Json& job_lane(const PacketParts& parts) {
  static const Json kOpen;
  return parts.job.lane ? lane_of(parts, *parts.job.lane) : kOpen;
}

Json commands(const Context& ctx, const PacketParts& parts, bool worktree) {
  const std::string session = " --session-id " + parts.session.id.str();
  const std::string job = " --job-id " + parts.job.id.str();
  const std::string lease = " --lease-id " + parts.lease.id.str();
  const auto line = [&](const char* verb, const std::string& ids) { return ctx.program() + " " + verb + session + ids; };
  Json out{{"ack", line("ack", " --message-id " + parts.message.str() + lease)},
           {"heartbeat", line("heartbeat", lease)},
           {"publish_artifact", line("publish-artifact", job + lease)},
           {"block", line("block", job + lease)},
           {"verdict", line("verdict", job + lease)},
           {"complete", line("complete", job + lease)}};
  if (worktree) out["worktree_create"] = line("worktree create", job + lease);
  return out;
}

Json author(const PacketParts& parts) {
  return {{"role_id", parts.session.role},
          {"lane_id", nullable(parts.job.lane)},
          {"display_model", member(job_lane(parts), "display_model")},
          {"workflow_job_id", parts.job.workflow_job.str()},
          {"ordinal", parts.session.ordinal},
          {"line", expected_author_line(parts)}};
}

Json expected_artifacts(const PacketParts& parts) {
  Json out = Json::array();
  if (!parts.job.expected_artifacts.is_array()) return out;
  for (Json artifact : parts.job.expected_artifacts) {
    if (artifact.is_object()) artifact["author_line"] = expected_author_line(parts);
    out.push_back(std::move(artifact));
  }
  return out;
}

Json job_block(const PacketParts& parts) {
  const Job& job = parts.job;
  return {{"job_id", job.id.str()},
          {"workflow_job_id", job.workflow_job.str()},
          {"attempt", job.attempt},
          {"type", job.type},
          {"title", job.title},
          {"objective", member(job.requirements, "objective")},
          {"fresh_session_required", job.fresh_session_required},
          {"author", author(parts)}};
}

Json role_block(const PacketParts& parts) {
  const Json& role = member(member(parts.head, "roles"), parts.session.role);
  return {{"role_id", parts.session.role},
          {"definition_path", member(role, "definition_path")},
          {"inline_summary", member(role, "summary")}};
}

Json run_block(const PacketParts& parts) {
  return {{"run_id", parts.run.id.str()},
          {"workflow_id", member(parts.head, "workflow_id")},
          {"repo_root", parts.run.repo_root},
          {"branch", {{"name", nullable(parts.run.branch)}, {"confirmed", parts.run.branch_confirmed_at.has_value()}}}};
}

Json attestation_block(const Attestation& attestation) {
  return {{"state", attestation.state()},
          {"attested", attestation.attested},
          {"supervisor_id", nullable(attestation.supervisor_id)},
          {"pid", attestation.pid ? Json(*attestation.pid) : Json()},
          {"reason", attestation.reason}};
}

void add_optional_blocks(const PacketParts& parts, const domain::LaneSpec& lane, Json& packet) {
  if (auto policy = domain::review_policy(parts.spec)) packet["review_policy"] = std::move(*policy);
  if (!lane.harness_profile_id) return;
  const Json& body = member(member(parts.head, "harness_profiles"), *lane.harness_profile_id);
  packet["harness_profile"] = domain::harness_profile(*lane.harness_profile_id, body);
}

}  // namespace

std::string expected_author_line(const PacketParts& parts) {
  if (!parts.attestation.attested) return domain::operator_line(parts.session.operator_label);
  const domain::LaneSpec lane = domain::lane_spec(lane_of(parts, parts.session.lane));
  return domain::attested_line(parts.session.role, lane.display_model, parts.session.ordinal);
}

Json make_packet(const Context& ctx, const PacketParts& parts) {
  const Json& lane_json = job_lane(parts);
  const domain::LaneSpec lane = domain::lane_spec(lane_json);
  const bool worktree = lane.worktree_per_job && parts.job.is_repo_write();
  Json packet{
      {"packet_version", "striatum.work-packet.v1"},
      {"packet_id", parts.id.str()},
      {"run", run_block(parts)},
      {"session",
       {{"session_id", parts.session.id.str()},
        {"slug", parts.session.slug},
        {"role_id", parts.session.role},
        {"lane_id", parts.session.lane},
        {"capabilities", parts.session.capabilities}}},
      {"lane_attestation", attestation_block(parts.attestation)},
      {"lease",
       {{"lease_id", parts.lease.id.str()},
        {"message_id", parts.message.str()},
        {"expires_at", to_text(parts.lease.expires_at)},
        {"heartbeat_after_seconds", kHeartbeatAfterSeconds}}},
      {"job", job_block(parts)},
      {"role", role_block(parts)},
      {"context", {{"docs", member(parts.head, "context_docs")}, {"content_mode", "references"}}},
      {"task_prompt", member(parts.job.requirements, "task_prompt")},
      {"inputs", member(parts.job.requirements, "inputs")},
      {"write_scope", parts.job.write_scope},
      {"adapter_constraints", domain::adapter_constraints(lane_json)},
      {"expected_artifacts", expected_artifacts(parts)},
      {"worktree_isolation", lane.worktree_per_job ? "per_job" : "off"},
      {"worktree_required", worktree},
      {"commands", commands(ctx, parts, worktree)},
      {"artifact_policy", {{"publish_transcripts", false}, {"curated_artifacts_only", true}}}};
  add_optional_blocks(parts, lane, packet);
  return packet;
}

}  // namespace striatum::app
