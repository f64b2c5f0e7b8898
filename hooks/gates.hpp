// SPDX-License-Identifier: Apache-2.0
// The questions that `apply` asks before it touches anything.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "app/context.hpp"
#include "git/program.hpp"
#include "hooks/work.hpp"

namespace striatum::hooks {

struct GateResult {
  /// `verdicts scope base snapshot artifacts redaction policy pre_commit`
  std::string name;
  /// `passed failed skipped rewrote`
  std::string outcome;
  std::optional<std::string> detail_code;
  /// What is missing, and the command that supplies it.
  std::optional<std::string> detail;
  std::optional<std::string> hint;

  [[nodiscard]] bool failed() const { return outcome == "failed"; }
};

[[nodiscard]] GateResult passed(std::string name, std::optional<std::string> detail_code = std::nullopt);
[[nodiscard]] GateResult skipped(std::string name, std::string detail_code);
[[nodiscard]] GateResult failed(std::string name, std::string detail_code, std::string detail, std::string hint);
/// 6 for what concerns paths and bytes (scope, artifacts, redaction), else 4.
[[nodiscard]] Code code_of(const GateResult& gate);
[[nodiscard]] Json to_json(const std::vector<GateResult>& gates);

/// The work tree that an apply takes from, as far as it matters.
class WorkTree {
 public:
  /// Blobs of what differs from HEAD in scope are stored in the repository.
  WorkTree(const git::Program& git, const git::Repository& repository, const Work& work);

  [[nodiscard]] Entry at(const std::string& path) const;
  /// Of a published file, wherever it lies.
  [[nodiscard]] Entry at(const PublishedFile& file) const { return file.elsewhere ? *file.elsewhere : at(file.row.path); }
  /// Paths in scope, or published, that differ from HEAD.
  [[nodiscard]] const Entries& changed() const { return changed_; }

 private:
  const git::Repository& repository_;
  std::optional<Oid> head_tree_;
  Entries changed_;
};

/// Paths that `git status` shows, folders of new files as one.
[[nodiscard]] std::vector<std::string> changed_paths(const git::Program& git);

struct GateInput {
  app::Context& ctx;
  const git::Program& git;
  const git::Repository& repository;
  const Work& work;
  const WorkTree& tree;
  /// Of the branch's tip.
  Oid tip_tree;
  bool propose = false;
};
/// All but `redaction` and `pre_commit`, in their order.
[[nodiscard]] std::vector<GateResult> ask_gates(const GateInput& input);

}  // namespace striatum::hooks
