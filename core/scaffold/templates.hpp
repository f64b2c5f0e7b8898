// SPDX-License-Identifier: Apache-2.0
// scaffold: what the tool writes for agents and people into a repository or a home: skills, plugins, documents. Texts
// are files of templates/, put into the program by embed.cmake. It knows files and base words, no state and no verb.
#pragma once

#include <map>
#include <span>
#include <string>
#include <string_view>

namespace striatum::scaffold {

struct Template {
  std::string_view name;
  std::string_view text;
};

/// All files of templates/, by name.
[[nodiscard]] std::span<const Template> templates();

/// What the marks of a template stand for, by mark.
using Values = std::map<std::string, std::string, std::less<>>;

/// The template with the parts put in where it names them (`{{> part}}`), marks left as they are.
[[nodiscard]] std::string source(std::string_view name);
/// `source` with each `{{mark}}` replaced. Fails on a mark without a value: no half-made text leaves the program.
[[nodiscard]] std::string render(std::string_view name, const Values& values);

}  // namespace striatum::scaffold
