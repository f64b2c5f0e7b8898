// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "app/attestation.hpp"
#include "app/context.hpp"
#include "domain/records.hpp"

namespace striatum::app {

/// What the work packet (`striatum.work-packet.v1`) is made of.
struct PacketParts {
  PacketId id;
  Run run;
  Session session;
  Job job;
  Lease lease;
  MessageId message;
  Attestation attestation;
  /// The workflow without jobs and edges, and this job's own entry.
  Json head;
  Json spec;
};

/// The author line an artifact of this session must carry when it carries one.
[[nodiscard]] std::string expected_author_line(const PacketParts& parts);

[[nodiscard]] Json make_packet(const Context& ctx, const PacketParts& parts);

}  // namespace striatum::app
