// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "base/error.hpp"
#include "os/files.hpp"
#include "scaffold/profiles.hpp"

namespace striatum::scaffold {
namespace {

using Ordered = nlohmann::ordered_json;

constexpr const char* kFile = ".striatum/plugins/marketplace.json";

std::string source_path(const std::string& profile) { return "./" + profile; }

bool is_of(const Ordered& entry, const std::string& profile) {
  if (!entry.is_object() || !entry.contains("source") || !entry["source"].is_object()) return false;
  const auto path = entry["source"].find("path");
  return path != entry["source"].end() && *path == source_path(profile);
}

Ordered entry_of(const std::string& profile, const std::string& name_space) {
  return {{"name", name_space},
          {"source", {{"source", "local"}, {"path", source_path(profile)}}},
          {"policy", {{"installation", "AVAILABLE"}}},
          {"category", "Developer Tools"}};
}

[[noreturn]] void not_ours(const std::filesystem::path& root, const std::string& why) {
  refuse(Code::transition, quote((root / kFile).string()) + ' ' + why + "; nothing was changed",
         {"mend it or move it away", "leave the list alone: --no-marketplace"});
}

}  // namespace

Marketplace::Marketplace(const std::filesystem::path& root)
    : root_(root),
      document_({{"name", "local-striatum"},
                 {"interface", {{"displayName", "Striatum in this repository"}}},
                 {"plugins", Ordered::array()}}) {
  if (!os::is_directory(root.string())) return;
  const auto found = os::RepoFiles(root.string()).read(kFile);
  if (found.access == os::Access::absent) return;
  if (found.access != os::Access::ok) not_ours(root, std::string(obstacle(found.access)));
  const auto document = parse_ordered_json(found.bytes);
  if (!document || !document->is_object()) not_ours(root, "is no JSON object");
  if (document->contains("plugins") && !(*document)["plugins"].is_array()) not_ours(root, "has no list of plugins");
  document_ = *document;
  was_there_ = true;
}

nlohmann::ordered_json& Marketplace::plugins() {
  if (!document_.contains("plugins")) document_["plugins"] = Ordered::array();
  return document_["plugins"];
}

Json Marketplace::put(const std::string& profile, const std::string& name_space) {
  Ordered& list = plugins();
  const auto old = std::find_if(list.begin(), list.end(), [&](const Ordered& entry) { return is_of(entry, profile); });
  const bool updated = old != list.end();
  if (updated) {
    *old = entry_of(profile, name_space);
  } else {
    list.push_back(entry_of(profile, name_space));
  }
  save();
  return {{"path", (root_ / kFile).string()}, {updated ? "updated" : "appended", true}};
}

void Marketplace::drop(const std::string& profile) {
  if (!was_there_) return;
  Ordered kept = Ordered::array();
  for (const Ordered& entry : plugins()) {
    if (!is_of(entry, profile)) kept.push_back(entry);
  }
  if (kept.size() == plugins().size()) return;
  plugins() = std::move(kept);
  const bool ours = document_.size() <= 3 && document_.contains("name") && document_["name"] == "local-striatum";
  if (ours && plugins().empty()) {
    (void)os::RepoFiles(root_.string()).remove(kFile);
  } else {
    save();
  }
}

void Marketplace::save() const {
  const auto access = os::RepoFiles(root_.string()).write_atomically(kFile, document_.dump(2) + "\n", 0666);
  if (access != os::Access::ok) not_ours(root_, std::string(obstacle(access)));
}

}  // namespace striatum::scaffold
