// SPDX-License-Identifier: Apache-2.0
#include "scaffold/bundle.hpp"

#include <algorithm>

#include "base/crypto.hpp"
#include "base/error.hpp"
#include "os/files.hpp"

namespace striatum::scaffold {
namespace {

namespace fs = std::filesystem;

std::string hash(std::string_view bytes) { return sha256(bytes).hex(); }

/// nullopt when nothing is there. Anything but a plain file in the way is refused.
std::optional<os::FileBytes> read_plain(const os::RepoFiles& files, const std::string& path) {
  auto found = files.read(path);
  if (found.access == os::Access::ok) return found;
  if (found.access == os::Access::absent) return std::nullopt;
  refuse(Code::artifact, quote(os::path_join(files.root(), path)) + ' ' + std::string(obstacle(found.access)) +
                             "; nothing was written",
         {"move it away, then repeat the command"});
}

void write_plain(const os::RepoFiles& files, const std::string& path, std::string_view bytes, mode_t mode) {
  const auto access = files.write_atomically(path, bytes, mode);
  if (access == os::Access::ok) return;
  refuse(Code::artifact, quote(os::path_join(files.root(), path)) + ' ' + std::string(obstacle(access)),
         {"move it away, then repeat the command"});
}

nlohmann::ordered_json to_json(const Entry& entry) {
  return {{"path", entry.path},
          {"sha256", entry.sha256},
          {"template", entry.template_name},
          {"template_sha256", entry.template_sha256}};
}

nlohmann::ordered_json manifest_json(const Bundle& bundle, const std::vector<Entry>& entries, const std::string& when) {
  nlohmann::ordered_json files = nlohmann::ordered_json::array();
  for (const Entry& entry : entries) files.push_back(to_json(entry));
  return {{"schema_version", bundle.manifest_schema},
          {"striatum_version", running_version()},
          {"generated_at", when},
          {"profile", bundle.profile},
          {"namespace", bundle.name_space},
          {"scope", bundle.scope},
          {"files", std::move(files)}};
}

/// Equal but for the time.
bool says_the_same(const os::FileBytes& found, nlohmann::ordered_json fresh) {
  auto old = parse_ordered_json(found.bytes);
  if (!old || !old->is_object()) return false;
  old->erase("generated_at");
  fresh.erase("generated_at");
  return *old == fresh;
}

}  // namespace

std::string_view running_version() { return STRIATUM_CONTRACT_VERSION; }

std::string template_sha256(std::string_view template_name) { return hash(source(template_name)); }

std::string_view obstacle(os::Access access) {
  switch (access) {
    case os::Access::ok: return "is there";
    case os::Access::absent: return "is not there";
    case os::Access::outside: return "leads out of the folder";
    case os::Access::symlink: return "is, or leads through, a symbolic link";
    case os::Access::not_regular: return "is not a regular file";
    case os::Access::too_large: return "is too large";
  }
  return "";
}

std::string Bundle::below_root(const std::string& path) const { return os::path_join(base, path); }

std::string Bundle::manifest_path() const { return (root / below_root(manifest)).string(); }

const Entry* Manifest::find(std::string_view path) const {
  const auto found = std::find_if(files.begin(), files.end(), [&](const Entry& entry) { return entry.path == path; });
  return found == files.end() ? nullptr : &*found;
}

std::optional<Manifest> read_manifest(const os::RepoFiles& files, const std::string& path, const std::string& schema) {
  const auto found = files.read(path);
  if (found.access != os::Access::ok) return std::nullopt;
  const auto document = parse_json(found.bytes);
  if (!document || text_member(*document, "schema_version") != schema) return std::nullopt;
  Manifest out{text_member(*document, "striatum_version"), text_member(*document, "namespace"), {}};
  for (const Json& row : member(*document, "files")) {
    Entry entry{text_member(row, "path"), text_member(row, "sha256"), text_member(row, "template"),
                text_member(row, "template_sha256")};
    if (!entry.path.empty()) out.files.push_back(std::move(entry));
  }
  return out;
}

Installation::Installation(Bundle bundle, const Values& values, Force force) : bundle_(std::move(bundle)) {
  for (const BundleFile& file : bundle_.files) {
    Item item{file, render(file.template_name, values), {}, {}};
    item.after = hash(item.text);
    items_.push_back(std::move(item));
  }
  if (os::is_directory(bundle_.root.string())) look_at(os::RepoFiles(bundle_.root.string()), force);
}

void Installation::look_at(const os::RepoFiles& files, Force force) {
  (void)read_plain(files, bundle_.below_root(bundle_.manifest));
  manifest_ = read_manifest(files, bundle_.below_root(bundle_.manifest), bundle_.manifest_schema);
  for (Item& item : items_) {
    const auto found = read_plain(files, bundle_.below_root(item.file.path));
    if (!found) continue;
    item.before = hash(found->bytes);
    item.mode = found->mode;
    const Entry* entry = manifest_ ? manifest_->find(item.file.path) : nullptr;
    const bool untouched = entry != nullptr && entry->sha256 == *item.before;
    if (*item.before == item.after) {
      item.action = Action::leave;
    } else if (!untouched && force == Force::no) {
      item.action = Action::refuse;
    }
  }
}

void Installation::write(Instant now) {
  os::ensure_directory(bundle_.root.string(), 0777);
  const os::RepoFiles files(bundle_.root.string());
  for (const Item& item : items_) {
    if (item.action == Action::write) write_plain(files, bundle_.below_root(item.file.path), item.text, item.mode);
  }
  drop_obsolete(files);
  write_manifest(files, now);
}

std::vector<Entry> Installation::entries() const {
  std::vector<Entry> out;
  for (const Item& item : items_) {
    const Entry* old = manifest_ ? manifest_->find(item.file.path) : nullptr;
    if (item.action != Action::refuse) {
      out.push_back({item.file.path, item.after, item.file.template_name, template_sha256(item.file.template_name)});
    } else if (old != nullptr) {
      out.push_back(*old);
    }
  }
  std::sort(out.begin(), out.end(), [](const Entry& a, const Entry& b) { return a.path < b.path; });
  return out;
}

void Installation::drop_obsolete(const os::RepoFiles& files) const {
  if (!manifest_) return;
  for (const Entry& entry : manifest_->files) {
    const auto held = [&](const Item& item) { return item.file.path == entry.path; };
    if (std::any_of(items_.begin(), items_.end(), held)) continue;
    const std::string path = bundle_.below_root(entry.path);
    const auto found = files.read(path);
    if (found.access == os::Access::ok && hash(found.bytes) == entry.sha256) (void)files.remove(path);
  }
}

void Installation::write_manifest(const os::RepoFiles& files, Instant now) const {
  const std::string path = bundle_.below_root(bundle_.manifest);
  const auto document = manifest_json(bundle_, entries(), to_text(now));
  const auto found = read_plain(files, path);
  if (found && says_the_same(*found, document)) return;
  write_plain(files, path, document.dump(2) + "\n", found ? found->mode : 0666);
}

Json Installation::report(DryRun dry_run) const {
  const auto status = [&](Action action) {
    if (action == Action::leave) return "skipped_unchanged";
    if (action == Action::refuse) return "refused_modified";
    return dry_run == DryRun::yes ? "dry_run" : "written";
  };
  Json files = Json::array();
  for (const Item& item : items_) {
    files.push_back({{"path", item.file.path},
                     {"status", status(item.action)},
                     {"sha256_before", nullable(item.before)},
                     {"sha256_after", item.after}});
  }
  return {{"profile", bundle_.profile},
          {"scope", bundle_.scope},
          {"namespace", bundle_.name_space},
          {"manifest_path", bundle_.manifest_path()},
          {"files", std::move(files)},
          {"dry_run", dry_run == DryRun::yes}};
}

}  // namespace striatum::scaffold
