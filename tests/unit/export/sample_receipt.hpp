// SPDX-License-Identifier: Apache-2.0
// A receipt and a review with every member filled.
#pragma once

#include <string>

#include "export/receipt.hpp"

namespace striatum::test {

inline Oid sample_oid(unsigned char byte) {
  Oid id;
  id.bytes.fill(byte);
  return id;
}

inline provenance::Receipt sample_receipt() {
  provenance::Receipt out;
  out.content_tree = sample_oid(1);
  out.changes = sha256("changes");
  out.evidence = sha256("evidence");
  out.evidence_run = sha256("run");
  out.artifacts = {{"docs/a.md", sample_oid(2), sha256("a")}, {"docs/é.md", sample_oid(3), sha256("b")}};
  out.root_commits = {sample_oid(4), sample_oid(5)};
  out.base_commit = sample_oid(6);
  out.base_content_tree = sample_oid(7);
  out.branch_base = sample_oid(8);
  out.run_id = RunId("run_1");
  out.jobs = {{JobId("job_1"), sha256("snapshot")}};
  out.superseded_job_ids = {"job_0"};
  out.workflow_sha256 = sha256("workflow");
  out.branch = "work/x";
  out.strict = true;
  out.actors = {{SessionId("sess_1"), "author", "codex", true, "lease_1"},
                {SessionId("sess_2"), std::nullopt, std::nullopt, false, std::nullopt}};
  out.verdicts = {{VerdictId("verdict_1"),
                   JobId("job_2"),
                   "accept",
                   "neutral",
                   SessionId("sess_2"),
                   "second",
                   sha256("finding"),
                   {{JobId("job_1"), sha256("snapshot")}},
                   std::nullopt}};
  out.gates = {{"verdicts", "passed", std::nullopt}, {"pre_commit", "rewrote", "formatter"}};
  out.store_id = std::string(32, 'a');
  out.log_seq = 17;
  out.log_head = sha256("head");
  out.redaction_policy = "typed";
  out.redaction_version = 1;
  out.redaction_counts = {{"free_text", 3}};
  out.nonce = std::string(32, 'b');
  out.issued_at = *provenance::parse_timestamp("2026-01-02T03:04:05Z");
  out.tool = {"git-striatum", "0.1.0"};
  return out;
}

inline provenance::Review sample_review() {
  provenance::Review out;
  out.finding_blob = sample_oid(9);
  out.finding_sha256 = sha256("finding");
  out.receipt = sha256("receipt");
  out.run_id = RunId("run_1");
  out.job_id = JobId("job_2");
  out.snapshots = {{JobId("job_1"), sha256("snapshot")}};
  out.artifacts = {{"docs/a.md", sample_oid(2)}};
  out.verdict = "accept_with_findings";
  out.posture = "neutral";
  out.finding_path = "docs/review.md";
  out.reviewer = "kim";
  out.nonce = std::string(32, 'c');
  out.issued_at = *provenance::parse_timestamp("2026-01-02T03:04:05Z");
  out.tool = {"git-striatum", "0.1.0"};
  return out;
}

}  // namespace striatum::test
