// SPDX-License-Identifier: Apache-2.0
#include "cli/people_scaffold.hpp"

#include "base/text.hpp"

namespace striatum::cli {
namespace {

constexpr std::size_t kStatusWidth = 18;

std::string row(const Json& file, const std::string& status) {
  std::string out = "  " + status;
  out.resize(std::max(out.size() + 1, kStatusWidth + 2), ' ');
  out += printable(text_member(file, "path"));
  if (const auto reason = optional_text(file, "reason")) out += "  (" + printable(*reason) + ")";
  return out + "\n";
}

std::string rows(const Json& files) {
  std::string out;
  for (const Json& file : files) out += row(file, text_member(file, "status"));
  return out;
}

bool any_refused(const Json& files) {
  for (const Json& file : files) {
    if (file["status"] == "refused_modified") return true;
  }
  return false;
}

std::string bundle(const Json& data) {
  std::string out = text_member(data, "profile");
  if (data.contains("status")) out += ": " + text_member(data, "status");
  out += "\n";
  if (data.contains("files")) {
    out += rows(data["files"]);
    if (any_refused(data["files"])) out += "Files that are not as they were installed were left alone; --force takes them.\n";
  }
  for (const char* list : {"removed", "refused"}) {
    if (!data.contains(list)) continue;
    for (const Json& file : data[list]) out += row(file, list);
  }
  return out;
}

}  // namespace

std::string people_bundles(const Json& data) {
  if (!data.contains("results")) return bundle(data);
  std::string out;
  for (const Json& result : data["results"]) out += bundle(result);
  return out;
}

std::string people_layout(const Json& layout) { return "Documents\n" + rows(layout["files"]); }

}  // namespace striatum::cli
