// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <compare>
#include <functional>
#include <string>
#include <utility>

namespace striatum {

/// A string that only means one thing. Ids of different nouns never mix.
template <class Tag>
class Id {
 public:
  Id() = default;
  explicit Id(std::string text) : text_(std::move(text)) {}
  [[nodiscard]] const std::string& str() const { return text_; }
  [[nodiscard]] bool empty() const { return text_.empty(); }
  auto operator<=>(const Id&) const = default;

 private:
  std::string text_;
};

using RunId = Id<struct RunTag>;
using SnapshotId = Id<struct WorkflowSnapshotTag>;
using SessionId = Id<struct SessionTag>;
using JobId = Id<struct JobTag>;
/// The name of a job inside workflow.json; several rows (attempts) share it.
using WorkflowJobId = Id<struct WorkflowJobTag>;
using MessageId = Id<struct MessageTag>;
using LeaseId = Id<struct LeaseTag>;
using PacketId = Id<struct PacketTag>;
using ArtifactId = Id<struct ArtifactTag>;
using VerdictId = Id<struct VerdictTag>;
using BlockerId = Id<struct BlockerTag>;

}  // namespace striatum

template <class Tag>
struct std::hash<striatum::Id<Tag>> {
  std::size_t operator()(const striatum::Id<Tag>& id) const noexcept { return std::hash<std::string>{}(id.str()); }
};
