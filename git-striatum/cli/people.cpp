// SPDX-License-Identifier: Apache-2.0
#include "cli/people.hpp"

#include "base/text.hpp"

namespace striatum::cli {
namespace {

std::string scalar(const Json& value) {
  if (value.is_string()) return printable(value.get<std::string>());
  if (value.is_null()) return "-";
  if (value.is_boolean()) return value.get<bool>() ? "yes" : "no";
  return value.dump();
}

std::string label(std::string key) {
  for (char& c : key) {
    if (c == '_') c = ' ';
  }
  return printable(key);
}

void append(std::string& out, const Json& value, const std::string& indent) {
  for (const auto& [key, item] : value.items()) {
    const std::string start = indent + (value.is_array() ? "-" : label(key) + ":");
    if (item.is_structured() && !item.empty()) {
      out += start + "\n";
      append(out, item, indent + "  ");
    } else if (item.is_structured()) {
      out += start + " none\n";
    } else {
      out += start + " " + scalar(item) + "\n";
    }
  }
}

}  // namespace

std::string people_members(const Json& data) {
  if (!data.is_structured()) return scalar(data) + "\n";
  std::string out;
  append(out, data, "");
  return out;
}

}  // namespace striatum::cli
