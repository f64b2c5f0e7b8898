// SPDX-License-Identifier: Apache-2.0
#include "cli/dump.hpp"

#include <CLI/CLI.hpp>

#include "base/text.hpp"
#include "cli/complete.hpp"

namespace striatum::cli {
namespace {

/// `{a,b}` is how a choice names its type.
Json choices_of(const std::string& type) {
  Json out = Json::array();
  if (type.size() < 2 || type.front() != '{' || type.back() != '}') return out;
  const std::string_view inside = std::string_view(type).substr(1, type.size() - 2);
  for (std::size_t start = 0; start <= inside.size();) {
    const std::size_t comma = std::min(inside.find(',', start), inside.size());
    out.push_back(std::string(inside.substr(start, comma - start)));
    start = comma + 1;
  }
  return out;
}

/// `verb`: the one the option belongs to.
Json option(const CLI::Option& option, const std::string& verb) {
  const bool flag = option.get_items_expected_max() == 0;
  const std::string type = option.get_type_name();
  return {{"name", "--" + option.get_lnames().front()},
          {"short", option.get_snames().empty() ? Json() : Json("-" + option.get_snames().front())},
          {"value", flag ? Json() : Json(type.empty() ? "TEXT" : type)},
          {"value_optional", !flag && option.get_items_expected_min() == 0},
          {"required", option.get_required()},
          {"many", option.get_multi_option_policy() == CLI::MultiOptionPolicy::TakeAll},
          {"live", live_value(verb, "--" + option.get_lnames().front()).has_value()},
          {"choices", flag ? Json::array() : choices_of(type)},
          {"help", option.get_description()}};
}

}  // namespace

Json dump(const CLI::App& app, const std::string& verb) {
  Json options = Json::array();
  Json positionals = Json::array();
  for (const CLI::Option* each : app.get_options()) {
    if (each->get_positional()) {
      positionals.push_back({{"name", each->get_name()},
                             {"required", each->get_required()},
                             {"live", live_value(verb, "").has_value()},
                             {"help", each->get_description()}});
    } else if (!each->get_lnames().empty()) {
      options.push_back(option(*each, verb));
    }
  }
  Json verbs = Json::array();
  for (const CLI::App* child : app.get_subcommands({})) {
    if (child->get_group().empty()) continue;
    verbs.push_back(dump(*child, verb.empty() ? child->get_name() : verb + ' ' + child->get_name()));
  }
  return {{"name", app.get_name()},
          {"help", app.get_description()},
          {"options", std::move(options)},
          {"positionals", std::move(positionals)},
          {"verbs", std::move(verbs)}};
}

}  // namespace striatum::cli
