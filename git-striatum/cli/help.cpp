// SPDX-License-Identifier: Apache-2.0
#include "cli/help.hpp"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <optional>

#include "base/text.hpp"
#include "cli/registry.hpp"

namespace striatum::cli {
namespace {

constexpr std::size_t kNameColumns = 22;
constexpr std::size_t kOptionColumns = 28;

/// What stands for an option's value: `--session-id SESSION`, `--lease-seconds N`, `--severity {a,b}`.
std::string value_name(const CLI::Option& option) {
  const std::string type = option.get_type_name();
  if (!type.empty() && type.front() == '{') return type;
  if (type == "INT") return "N";
  const std::string name = option.get_lnames().front();
  if (name == "workflow" || name == "repo" || name == "path") return "PATH";
  std::string word = name.size() > 3 && name.substr(name.size() - 3) == "-id" ? name.substr(0, name.size() - 3) : name;
  word = word.substr(word.rfind('-') + 1);
  std::transform(word.begin(), word.end(), word.begin(), [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
  return word.empty() ? "VALUE" : word;
}

std::string typed(const CLI::Option& option) {
  std::string out = "--" + option.get_lnames().front();
  if (option.get_items_expected_max() == 0) return out;
  return out + (option.get_items_expected_min() == 0 ? " [" + value_name(option) + "]" : " " + value_name(option));
}

bool positional(const CLI::Option& option) { return option.get_positional(); }

bool is_help(const CLI::Option& option) {
  return !option.get_lnames().empty() && option.get_lnames().front() == "help";
}

/// The words of the usage line; what belongs together is one of them.
std::vector<std::string> usage_words(const CLI::App& app) {
  std::vector<std::string> required;
  std::vector<std::string> optional{"[-h]"};
  for (const CLI::Option* option : app.get_options()) {
    if (positional(*option) || option->get_lnames().empty() || is_help(*option)) continue;
    if (option->get_required()) required.push_back(typed(*option));
    else optional.push_back("[" + typed(*option) + "]");
  }
  std::vector<std::string> out = required;
  for (const CLI::Option* option : app.get_options()) {
    if (positional(*option)) out.push_back(option->get_required() ? option->get_name() : "[" + option->get_name() + "]");
  }
  out.insert(out.end(), optional.begin(), optional.end());
  std::vector<std::string> verbs;
  for (const CLI::App* verb : app.get_subcommands({})) verbs.push_back(verb->get_name());
  if (!verbs.empty()) out.push_back(app.get_parent() == nullptr ? "COMMAND ..." : "{" + join(verbs, ",") + "} ...");
  return out;
}

/// `name`, and beside it `text`, folded.
std::string entry(const std::string& name, const std::string& text, std::size_t indent, std::size_t columns) {
  std::string out = "  " + name;
  if (out.size() + 2 > indent) out += "\n" + std::string(indent, ' ');
  else out.resize(indent, ' ');
  std::size_t used = indent;
  for (const std::string& word : split(text, ' ')) {
    if (used > indent && used + 1 + word.size() > columns) {
      out += "\n" + std::string(indent, ' ');
      used = indent;
    }
    out += (used > indent ? " " : "") + word;
    used += word.size() + (used > indent ? 1 : 0);
  }
  return out + "\n";
}

std::string commands(const CLI::App& app, std::size_t columns) {
  const bool root = app.get_parent() == nullptr;
  std::string out = root ? "" : "\ncommands:\n";
  std::optional<Chapter> chapter;
  for (const CLI::App* verb : app.get_subcommands({})) {
    if (verb->get_group().empty()) continue;
    if (root) {
      const Family* family = find_family(verb->get_name());
      if (family != nullptr && family->chapter != chapter) {
        chapter = family->chapter;
        out += "\n" + std::string(to_text(*chapter)) + ":\n";
      }
    }
    out += entry(verb->get_name(), verb->get_description(), kNameColumns, columns);
  }
  return out;
}

std::string options(const CLI::App& app, std::size_t columns) {
  std::string out;
  for (const CLI::Option* option : app.get_options()) {
    if (option->get_group().empty()) continue;
    const std::string name = is_help(*option) ? "-h, --help" : positional(*option) ? option->get_name() : typed(*option);
    const std::string text = is_help(*option) ? "Print this" : option->get_description();
    out += entry(name, text + (option->get_required() ? " (required)" : ""), kOptionColumns, columns);
  }
  return "\noptions:\n" + out;
}

std::size_t width(int columns) { return static_cast<std::size_t>(std::clamp(columns, 60, 120)); }

}  // namespace

std::string path_of(const CLI::App& app, const std::string& program) {
  std::vector<std::string> words;
  for (const CLI::App* each = &app; each->get_parent() != nullptr; each = each->get_parent()) {
    words.insert(words.begin(), each->get_name());
  }
  return words.empty() ? program : program + " " + join(words, " ");
}

std::string usage_of(const CLI::App& app, const std::string& program, int columns) {
  std::string out = "usage: " + path_of(app, program);
  const std::size_t indent = std::min<std::size_t>(out.size() + 1, 24);
  std::size_t used = out.size();
  for (const std::string& word : usage_words(app)) {
    if (used + 1 + word.size() > width(columns)) {
      out += "\n" + std::string(indent - 1, ' ');
      used = indent - 1;
    }
    out += " " + word;
    used += word.size() + 1;
  }
  return out + "\n";
}

std::string help_of(const CLI::App& app, const std::string& program, int columns) {
  std::string out = usage_of(app, program, columns);
  if (!app.get_description().empty()) out += "\n" + app.get_description() + ".\n";
  if (!app.get_subcommands({}).empty()) out += commands(app, width(columns));
  out += options(app, width(columns));
  if (app.get_parent() == nullptr) {
    out += "\nOne command: `" + program + " COMMAND -h`; the manual: `git help striatum`. A first run begins with\n" +
           "`" + program + " init`, and `" + program + " status` always says what to type next.\n";
  }
  return out;
}

}  // namespace striatum::cli
