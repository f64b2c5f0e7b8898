// SPDX-License-Identifier: Apache-2.0
#include "app/workflow.hpp"

#include <filesystem>
#include <system_error>
#include <utility>
#include <vector>

#include "base/error.hpp"
#include "base/text.hpp"
#include "domain/graph.hpp"
#include "domain/repo_path.hpp"
#include "os/files.hpp"

namespace striatum::app {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kLargestWorkflow = std::size_t{64} << 20;
constexpr mode_t kFileMode = 0644;
constexpr mode_t kFolderMode = 0755;

std::string read_workflow(const std::string& path) {
  try {
    auto text = os::read_file(path, kLargestWorkflow);
    if (text) return std::move(*text);
  } catch (const Error& error) {
    const auto hints = error.kind() == "too_large" ? std::vector<std::string>{"split the work into several workflows"}
                                                   : error.hints();
    throw Error(Code::workflow, "workflow file cannot be read: " + error.message(), hints)
        .with_kind(std::string(error.kind()));
  }
  refuse(Code::workflow, "workflow file not found: " + quote(path), {"make one with `workflow init PATH`"});
}

void add_warnings(Json& data, const domain::Workflow& workflow) {
  if (!workflow.warnings().empty()) data["warnings"] = workflow.warnings();
}

/// `.` components and doubled or final slashes dropped; `..` stays, as only the disk knows what it means.
fs::path tidy(const std::string& path) {
  fs::path out = path.starts_with('/') ? "/" : "";
  for (const std::string& part : split(path, '/')) {
    if (!part.empty() && part != ".") out /= part;
  }
  return out.empty() ? fs::path(".") : out;
}

void refuse_reserved(const fs::path& target) {
  for (const fs::path& part : target) {
    if (const auto rule = forbidden_component(part.native())) {
      refuse(Code::artifact, "path " + quote(target.native()) + ' ' + std::string(explain(*rule)),
             {"choose another folder"});
    }
  }
}

/// A repository may hold links that lead elsewhere; a path typed from the root on is the caller's own.
void refuse_links(const fs::path& target) {
  if (target.is_absolute()) return;
  fs::path at;
  for (const fs::path& part : target) {
    at /= part;
    if (!fs::is_symlink(fs::symlink_status(at))) continue;
    refuse(Code::artifact, "path " + quote(target.native()) + " leads through a symbolic link",
           {"name the folder itself"});
  }
}

/// The folders that have to be made for `target`'s parent, outermost first.
std::vector<fs::path> missing_parents(const fs::path& target) {
  std::vector<fs::path> out;
  for (fs::path at = target.parent_path(); !at.empty() && !fs::exists(at); at = at.parent_path()) {
    out.insert(out.begin(), at);
  }
  return out;
}

void write_starter(const fs::path& folder, const std::vector<domain::StarterFile>& files) {
  for (const char* name : {"roles", "prompts"}) os::ensure_directory((folder / name).native(), kFolderMode);
  for (const auto& file : files) os::write_atomically((folder / file.path).native(), file.text, kFileMode);
}

/// Everything is written beside the target and renamed in one step.
void create_starter(const fs::path& target, const std::vector<domain::StarterFile>& files) {
  const auto parents = missing_parents(target);
  const fs::path folder = target.has_parent_path() ? target.parent_path() : fs::path(".");
  try {
    os::ensure_directory(folder.native(), kFolderMode);
    const os::TemporaryFolder beside(folder.native());
    const fs::path draft = fs::path(beside.path()) / "draft";
    write_starter(draft, files);
    fs::rename(draft, target);
  } catch (...) {
    std::error_code ignored;
    for (auto parent = parents.rbegin(); parent != parents.rend(); ++parent) fs::remove(*parent, ignored);
    throw;
  }
}

}  // namespace

domain::Workflow load_workflow(const std::string& path, const std::string& repo_root, bool strict,
                               const domain::Remark& remark) {
  domain::refuse_yaml_name(path);
  domain::WorkflowChecks checks;
  checks.strict = strict;
  checks.remark = remark;
  if (!repo_root.empty()) {
    checks.command_exists = [&](const std::string& name) {
      std::error_code ignored;
      return fs::is_regular_file(os::path_join(repo_root, name), ignored);
    };
  }
  return domain::Workflow::parse(read_workflow(path), path, checks);
}

Json validate_workflow(const std::string& path, const std::string& repo_root, bool strict,
                       const domain::Remark& remark) {
  const auto workflow = load_workflow(path, repo_root, strict, remark);
  Json data{{"workflow_id", workflow.id()}, {"valid", true}};
  add_warnings(data, workflow);
  return data;
}

Json plan_workflow(const std::string& path, const std::string& repo_root, const domain::Remark& remark) {
  const auto workflow = load_workflow(path, repo_root, false, remark);
  Json data = domain::workflow_plan(workflow.document());
  add_warnings(data, workflow);
  return data;
}

Json graph_workflow(const std::string& path, GraphFormat format, const domain::Remark& remark) {
  const auto workflow = load_workflow(path, "", false, remark);
  const Json& document = workflow.document();
  switch (format) {
    case GraphFormat::mermaid: return {{"format", "mermaid"}, {"source", domain::mermaid(document)}};
    case GraphFormat::dot: return {{"format", "dot"}, {"source", domain::dot(document)}};
    case GraphFormat::json: break;
  }
  return {{"workflow_id", workflow.id()},
                     {"workflow_version", workflow.version()},
                     {"graph", domain::graph_object(document)}};
}

Json init_workflow(const std::string& path, domain::StarterStyle style, Instant now) {
  const fs::path target = tidy(path);
  const std::string name = target.native();
  const std::string slug = target.filename().native();
  os::sweep_temporaries(target.has_parent_path() ? target.parent_path().native() : ".");
  if (slug.empty() || slug == "." || slug == ".." ||
      fs::symlink_status(target).type() != fs::file_type::not_found) {
    refuse(Code::workflow, "workflow init refuses to overwrite " + quote(name),
           {"choose a folder that does not exist yet"});
  }
  refuse_reserved(target);
  refuse_links(target);
  const auto files = domain::starter_files(style, slug, now);
  try {
    create_starter(target, files);
  } catch (const fs::filesystem_error& error) {
    os::fail_errno(error.code().value(), "create", name);
  }
  Json names = Json::array();
  for (const auto& file : files) names.push_back(file.path);
  return {{"status", "created"},
          {"path", name},
          {"workflow_path", (target / "workflow.json").native()},
          {"style", domain::word(style)},
          {"files", std::move(names)}};
}

}  // namespace striatum::app
