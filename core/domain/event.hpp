// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <utility>

#include "base/ids.hpp"
#include "base/json.hpp"

namespace striatum {

/// What is written to the log: a type of the catalogue (docs/SPEC.md), the nouns it names, and a body.
struct Event {
  Event(std::string event_type, RunId of_run) : type(std::move(event_type)), run(std::move(of_run)) {}

  std::string type;
  std::optional<RunId> run;
  std::optional<SessionId> session;
  std::optional<JobId> job;
  std::optional<MessageId> message;
  std::optional<ArtifactId> artifact;
  std::optional<LeaseId> lease;
  Json payload = Json::object();
};

}  // namespace striatum
