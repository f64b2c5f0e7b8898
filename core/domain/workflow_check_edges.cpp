// SPDX-License-Identifier: Apache-2.0
#include "base/error.hpp"
#include "base/text.hpp"
#include "domain/graph.hpp"
#include "domain/workflow.hpp"
#include "domain/workflow_check.hpp"

namespace striatum::domain {
namespace {

/// Both ends of an edge or cycle, checked to be declared jobs.
std::pair<std::string, std::string> ends(const Json& link, const std::map<std::string, const Json*>& jobs,
                                         const std::string& name, const std::string& path) {
  const std::string from = required_text(link, "from", name, path.empty() ? path : path + ".from");
  const std::string to = required_text(link, "to", name);
  for (const std::string& end : {from, to}) {
    if (!jobs.contains(end))
      invalid(name + " names unknown job " + quote(end), path.empty() ? path : path + ".from");
  }
  return {from, to};
}

std::set<std::string> needs_of(const Json& job) {
  const auto list = string_list(member(job, "needs"));
  return {list.begin(), list.end()};
}

/// One parallel group: what its members write, and whether all or none of them write.
struct Group {
  std::string name;
  std::set<std::string> places;
  bool overlap = false;
  bool writers = false;
  bool readers = false;
};

void add_places(Group& group, const std::string& prefix, const std::vector<std::string>& paths) {
  for (const std::string& path : paths) {
    if (!group.places.insert(prefix + join(path_parts(path), "/")).second) group.overlap = true;
  }
}

}  // namespace

void WorkflowChecker::check_edges() {
  if (!top("edges").is_array()) invalid("edges has to be a list");
  check_required_postures();
  for (std::size_t i = 0; i < top("edges").size(); ++i) {
    const Json& edge = top("edges")[i];
    const std::string name = "edge " + std::to_string(i + 1);
    if (!edge.is_object()) invalid(name + " has to be an object");
    const auto [from, to] = ends(edge, jobs_, name, "");
    if (member(edge, "on") != "completed") {
      invalid(name + " (" + from + " to " + to + ") has to say on completed, not " +
              shown(member(edge, "on")));
    }
    successors_[from].push_back(to);
    predecessors_[to].insert(from);
  }
  check_needs();
  warn_of_needs();
}

void WorkflowChecker::check_needs() const {
  for (const Json& job : top("jobs")) {
    if (!has(job, "needs")) continue;
    const std::string id = text_member(job, "id");
    if (!member(job, "needs").is_array()) {
      invalid("job " + quote(id) + " needs has to be a list, in accord with the edges");
    }
    const auto found = predecessors_.find(id);
    const auto sources = found == predecessors_.end() ? std::set<std::string>() : found->second;
    if (needs_of(job) == sources) continue;
    const std::vector<std::string> told(sources.begin(), sources.end());
    invalid("job " + quote(id) + " needs other jobs than its edges say; by the edges: " +
            (told.empty() ? "none" : join(told, ", ")));
  }
}

void WorkflowChecker::warn_of_needs() const {
  if (!checks_.remark) return;
  if (const std::string warning = needs_warning(document_); !warning.empty()) checks_.remark(warning);
}

void WorkflowChecker::check_cycles() {
  const Json& cycles = top("cycles");
  if (!cycles.is_array()) invalid("cycles has to be a list");
  for (std::size_t i = 0; i < cycles.size(); ++i) {
    const std::string name = "cycle " + std::to_string(i + 1);
    const std::string path = "cycles[" + std::to_string(i) + ']';
    if (!cycles[i].is_object()) invalid(name + " has to be an object");
    const auto [from, to] = ends(cycles[i], jobs_, name, path);
    if (required_text(cycles[i], "on_verdict", name) != "needs_revision") {
      invalid(name + ": on_verdict has to be needs_revision, not " + shown(member(cycles[i], "on_verdict")));
    }
    const Json& limit = member(cycles[i], "max_iterations");
    if (limit != true && (!limit.is_number_integer() || limit < 1)) {
      invalid(name + ": max_iterations has to be an integer of at least 1, not " + shown(limit),
              path + ".max_iterations");
    }
    const bool crosses = repository_of(*jobs_.at(from)) != repository_of(*jobs_.at(to));
    if (crosses && member(cycles[i], "cross_repo_cycle") != true) {
      invalid(name + " joins two repositories and has to declare cross_repo_cycle=true",
              path + ".cross_repo_cycle");
    }
  }
  for (const Json& cycle : cycles) {
    const CycleSpec spec = cycle_spec(cycle);
    if (spec.to == spec.from || reachable(successors_, spec.to).contains(spec.from)) continue;
    invalid("cycle from " + quote(spec.from) + " to " + quote(spec.to) + " is unsound: no edges lead from " +
            quote(spec.to) + " back to " + quote(spec.from));
  }
}

void WorkflowChecker::check_parallel_groups() const {
  std::vector<Group> groups;
  std::map<std::string, std::size_t> index;
  for (const Json& job : top("jobs")) {
    const auto name = optional_text(job, "parallel_group");
    if (!name) continue;
    const auto [found, fresh] = index.emplace(*name, groups.size());
    if (fresh) groups.push_back({*name, {}, false, false, false});
    Group& group = groups[found->second];
    if (has(job, "write_scope") && !member(job, "write_scope").is_object()) continue;
    const WriteScope scope = write_scope(member(job, "write_scope"));
    (scope.repo_write ? group.writers : group.readers) = true;
    if (scope.repo_write) add_places(group, repository_of(job) + '\0', scope.allowed_paths);
  }
  for (const Group& group : groups) {
    const std::string name = "parallel group " + quote(group.name);
    if (group.overlap) invalid(name + ": two members have the same allowed path in their write scope");
    if (group.writers && group.readers) invalid(name + " mixes repo_write and review-only jobs");
  }
}

void WorkflowChecker::check_repository_limits() const {
  constexpr std::string_view kField = "parallelism.per_repo_max_active_jobs";
  const std::string path(kField);
  const Json& limits = member(top("parallelism"), "per_repo_max_active_jobs");
  if (limits.is_null()) return;
  if (!cross_repository_) invalid(path + " belongs to cross-repo workflows only", path);
  if (!limits.is_object()) invalid(path + " has to be an object", path);
  for (const auto& [alias, limit] : limits.items()) {
    if (!has(top("repositories"), alias)) {
      invalid(path + " names unknown repository alias " + quote(alias), path + '.' + alias);
    }
    if (!limit.is_number_integer() || limit < 1) {
      invalid(path + ": the limit of " + quote(alias) + " has to be an integer of at least 1",
              path + '.' + alias);
    }
  }
}

void WorkflowChecker::check_revision_policy() const {
  const Json& policy = top("review_revision_policy");
  if (policy.is_null()) return;
  if (!policy.is_object()) invalid("review_revision_policy has to be an object");
  const Json& route = member(policy, "root_review_needs_revision");
  if (route != "human_checkpoint" && route != "declared_cycle") {
    invalid(
        "review_revision_policy.root_review_needs_revision has to be human_checkpoint or declared_cycle, "
        "not " +
        shown(route));
  }
  const Json& description = member(policy, "description");
  if (!description.is_null() && !description.is_string()) {
    invalid("review_revision_policy.description has to be a string");
  }
  if (route != "declared_cycle") return;
  std::set<std::string> sources;
  for (const Json& cycle : top("cycles")) sources.insert(cycle_spec(cycle).from);
  std::vector<std::string> lacking;
  for (const auto& [id, job] : jobs_) {
    const bool root = !predecessors_.contains(id) || predecessors_.at(id).empty();
    if (root && text_member(*job, "type") == "review" && !sources.contains(id)) lacking.push_back(id);
  }
  if (lacking.empty()) return;
  invalid(
      "review_revision_policy declared_cycle asks for a needs_revision cycle from each root review; none "
      "from: " +
      join(lacking, ", "));
}

void WorkflowChecker::check_strict() const {
  refuse_unknown_job_types(document_);
  const Waves waves = claim_waves(document_);
  if (waves.left_over.empty()) return;
  std::vector<std::string> loop;
  std::vector<std::string> behind;
  for (const std::string& id : waves.left_over) {
    (reachable(successors_, id).contains(id) ? loop : behind).push_back(id);
  }
  std::string message = "edges form a loop that no declared cycle covers: " + join(loop, ", ");
  if (!behind.empty()) message += "; jobs that can never be reached: " + join(behind, ", ");
  invalid(std::move(message), "edges");
}

}  // namespace striatum::domain
