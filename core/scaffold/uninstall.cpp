// SPDX-License-Identifier: Apache-2.0
#include "base/crypto.hpp"
#include "base/error.hpp"
#include "os/files.hpp"
#include "scaffold/bundle.hpp"

namespace striatum::scaffold {
namespace {

namespace fs = std::filesystem;

/// What happens to the files of a manifest, decided before the first one goes.
struct Removal {
  std::vector<std::string> paths;
  Json refused = Json::array();
};

/// Why an entry stays; nullopt when it may go or is gone.
std::optional<std::string> objection(const os::FileBytes& found, const Entry& entry, Force force) {
  if (found.access == os::Access::absent) return std::nullopt;
  if (found.access != os::Access::ok) return std::string(obstacle(found.access));
  if (force == Force::yes || sha256(found.bytes).hex() == entry.sha256) return std::nullopt;
  return "modified";
}

Removal plan(const os::RepoFiles& files, const Manifest& manifest, Force force) {
  Removal out;
  for (const Entry& entry : manifest.files) {
    const auto found = files.read(entry.path);
    if (found.access == os::Access::outside) {
      refuse(Code::artifact, "the manifest names " + quote(entry.path) + ", which lies outside of the bundle; nothing was removed",
             {"mend or remove the manifest by hand"});
    }
    if (const auto reason = objection(found, entry, force)) {
      out.refused.push_back({{"path", entry.path}, {"reason", *reason}});
    } else if (found.access == os::Access::ok) {
      out.paths.push_back(entry.path);
    }
  }
  return out;
}

/// The bundle's own folder, reached without links; nullopt when it is not there.
std::optional<os::RepoFiles> open_base(const Bundle& bundle) {
  if (!os::is_directory(bundle.root.string())) return std::nullopt;
  const auto found = os::RepoFiles(bundle.root.string()).stat(bundle.base);
  if (found.access == os::Access::absent) return std::nullopt;
  if (found.access != os::Access::ok || found.type != os::FileType::directory) {
    refuse(Code::artifact, quote((bundle.root / bundle.base).string()) + " is no plain folder; nothing was removed");
  }
  return os::RepoFiles((bundle.root / bundle.base).string());
}

}  // namespace

Json uninstall(const Bundle& bundle, Force force) {
  const Json nothing{{"profile", bundle.profile}, {"status", "not_installed"}, {"removed", Json::array()}};
  const auto files = open_base(bundle);
  const auto manifest = files ? read_manifest(*files, bundle.manifest, bundle.manifest_schema) : std::nullopt;
  if (!manifest) return nothing;
  Removal removal = plan(*files, *manifest, force);
  Json removed = Json::array();
  const bool refused = !removal.refused.empty();
  if (!refused) {
    for (const std::string& path : removal.paths) {
      (void)files->remove(path);
      removed.push_back({{"path", path}});
    }
    (void)files->remove(bundle.manifest);  // last: a killed call can be repeated
    std::error_code kept;
    fs::remove(bundle.root / bundle.base, kept);  // only an empty folder goes
  }
  return {{"profile", bundle.profile},
          {"status", refused ? "refused" : "uninstalled"},
          {"bundle_root", (bundle.root / bundle.base).string()},
          {"removed", std::move(removed)},
          {"refused", std::move(removal.refused)}};
}

}  // namespace striatum::scaffold
