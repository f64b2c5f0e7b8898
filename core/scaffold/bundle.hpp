// SPDX-License-Identifier: Apache-2.0
// Bundles: files made from templates, and a manifest that says under which hash each was written.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.hpp"
#include "base/time.hpp"
#include "os/repo_files.hpp"
#include "scaffold/templates.hpp"

namespace striatum::scaffold {

struct BundleFile {
  /// Below the bundle's base.
  std::string path;
  std::string template_name;
};

/// One client's files at one place.
struct Bundle {
  std::string profile;
  std::string scope;
  std::string name_space;
  /// `striatum.skills.manifest.v1` or `striatum.plugins.manifest.v1`.
  std::string manifest_schema;
  /// What every path is relative to.
  std::filesystem::path root;
  /// Folder below `root` that the files lie in; empty for the root itself. Manifest entries leave it out.
  std::string base;
  std::string manifest;
  /// In the order of the reply.
  std::vector<BundleFile> files;

  [[nodiscard]] std::string below_root(const std::string& path) const;
  /// Absolute.
  [[nodiscard]] std::string manifest_path() const;
};

/// The version that manifests name and texts carry: the contract's, under either name of the program.
[[nodiscard]] std::string_view running_version();
[[nodiscard]] std::string template_sha256(std::string_view template_name);

/// What a manifest says of one file.
struct Entry {
  std::string path;
  std::string sha256;
  std::string template_name;
  std::string template_sha256;
};
struct Manifest {
  std::string version;
  std::string name_space;
  std::vector<Entry> files;  ///< sorted by path

  [[nodiscard]] const Entry* find(std::string_view path) const;
};
/// nullopt when there is none, or what is there is no manifest of this schema.
[[nodiscard]] std::optional<Manifest> read_manifest(const os::RepoFiles& files, const std::string& path,
                                                    const std::string& schema);

enum class Force { no, yes };
enum class DryRun { no, yes };

/// What `install` would do to each file, found out before anything is written. Refuses (6) where a link, a folder or a
/// device is in the way.
class Installation {
 public:
  Installation(Bundle bundle, const Values& values, Force force);

  /// `written` files first, the manifest last, and none of it when nothing changed; files that the bundle does not hold
  /// any more go when they are as they were written.
  void write(Instant now);
  /// `{profile, scope, namespace, manifest_path, files[{path, status, sha256_before, sha256_after}], dry_run}`.
  [[nodiscard]] Json report(DryRun dry_run) const;
  [[nodiscard]] const Bundle& bundle() const { return bundle_; }

 private:
  enum class Action { write, leave, refuse };
  struct Item {
    BundleFile file;
    std::string text;
    std::optional<std::string> before;
    std::string after;
    mode_t mode = 0666;
    Action action = Action::write;
  };
  void look_at(const os::RepoFiles& files, Force force);
  [[nodiscard]] std::vector<Entry> entries() const;
  void drop_obsolete(const os::RepoFiles& files) const;
  void write_manifest(const os::RepoFiles& files, Instant now) const;

  Bundle bundle_;
  std::optional<Manifest> manifest_;
  std::vector<Item> items_;
};

/// Takes away the files that a manifest lists and that are as they were written. One that is not, is refused and then
/// nothing is removed, unless forced. `{profile, status (not_installed, uninstalled, refused), removed[{path}]}` and, but
/// for `not_installed`, `bundle_root` and `refused[{path, reason}]`.
[[nodiscard]] Json uninstall(const Bundle& bundle, Force force);

/// Why a path could not be read or written, for messages: "is a symbolic link".
[[nodiscard]] std::string_view obstacle(os::Access access);

}  // namespace striatum::scaffold
