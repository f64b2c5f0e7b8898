// SPDX-License-Identifier: Apache-2.0
#include "cli/arguments.hpp"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <charconv>
#include <cmath>
#include <optional>

#include "base/error.hpp"
#include "base/text.hpp"
#include "cli/nearest.hpp"

namespace striatum::cli {
namespace {

/// Ours, and taken behind every verb under either name.
constexpr std::string_view kRequestId = "--request-id";
constexpr std::int64_t kIntegerBound = 1'000'000'000'000'000;

bool all_digits(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

/// `-1`, `-1.5`, `-.5`.
bool negative_number(std::string_view word) {
  if (word.size() < 2 || word[0] != '-') return false;
  const auto number = word.substr(1);
  const auto dot = number.find('.');
  if (dot == std::string_view::npos) return all_digits(number);
  return (dot == 0 || all_digits(number.substr(0, dot))) && all_digits(number.substr(dot + 1));
}

/// A word with a blank is a value, unless the blank stands in the value of `--option=two words`.
bool looks_like_option(std::string_view word) {
  if (word.size() < 2 || word[0] != '-' || negative_number(word)) return false;
  const auto blank = word.find(' ');
  return blank == std::string_view::npos || (word[1] == '-' && word.find('=') < blank);
}

/// The words of one line, taken from left to right.
class Reader {
 public:
  Reader(const CLI::App& root, const std::vector<std::string>& args) : root_(root), app_(&root), args_(args) {}

  Line read() {
    for (next_ = 1; next_ < args_.size(); ++next_) {
      const std::string& word = args_[next_];
      if (!positional_only_ && word == "--") {
        positional_only_ = true;
        mark_taken_ = positional_last_;
      } else if (!positional_only_ && looks_like_option(word)) {
        option(word);
      } else if (!positional_only_ && !app_->get_subcommands({}).empty()) {
        verb(word);
      } else {
        positionals_.push_back(word);
        positional_last_ = mark_taken_ = true;
        continue;
      }
      positional_last_ = false;
    }
    return assemble();
  }

 private:
  void verb(const std::string& word) {
    for (const CLI::App* child : app_->get_subcommands({})) {
      if (child->get_name() != word) continue;
      app_ = child;
      verbs_.push_back(word);
      return;
    }
    throw UsageError{app_, "unknown command " + quote(word), meant_by(word)};
  }

  /// A command of this level, or the one of that name a level below: `prepare` is `run prepare`.
  std::string meant_by(const std::string& word) const {
    std::vector<std::string> here;
    for (const CLI::App* child : app_->get_subcommands({})) {
      for (const CLI::App* below : child->get_subcommands({})) {
        if (below->get_name() == word) return join(with(child->get_name() + " " + word), " ");
      }
      here.push_back(child->get_name());
    }
    const std::string found = nearest(word, here);
    return found.empty() ? found : join(with(found), " ");
  }

  std::vector<std::string> with(const std::string& word) const {
    std::vector<std::string> out = verbs_;
    out.push_back(word);
    return out;
  }

  /// Exact name, or the only long option that begins so; options of the root count before the verb and, where the
  /// root says so (fallthrough), behind it. Null when there is none.
  const CLI::Option* find(const std::string& name) const {
    std::vector<const CLI::Option*> found;
    for (const CLI::App* app : {app_, &root_}) {
      if (app == &root_ && app_ != &root_ && !app_->get_fallthrough() && name != kRequestId) break;
      for (const CLI::Option* option : app->get_options()) {
        if (option->check_name(name)) return option;
        const auto& longs = option->get_lnames();
        const bool prefix = name.size() > 2 && name[1] == '-' &&
                            std::any_of(longs.begin(), longs.end(),
                                        [&](const std::string& l) { return ("--" + l).rfind(name, 0) == 0; });
        if (prefix && (app == app_ || option != app->get_help_ptr())) found.push_back(option);
      }
      if (app == &root_) break;
    }
    if (found.size() > 1) throw UsageError{app_, "ambiguous option " + quote(name), option_meant_by(name)};
    return found.empty() ? nullptr : found.front();
  }

  std::string option_meant_by(const std::string& name) const {
    std::vector<std::string> known;
    for (const CLI::Option* option : app_->get_options()) {
      for (const std::string& each : option->get_lnames()) known.push_back("--" + each);
    }
    const std::string found = nearest(name, known);
    return found.empty() ? found : join(with(found), " ");
  }

  void option(const std::string& word) {
    const auto equals = word.find('=');
    const std::string name = word.substr(0, equals);
    const CLI::Option* option = find(name);
    if (option == nullptr) {
      if (!unknown_) unknown_ = UsageError{app_, "unknown option " + quote(name), option_meant_by(name)};
      return;
    }
    const std::string full = option->get_lnames().empty() ? name : "--" + option->get_lnames().front();
    auto& out = belongs_to_root(option) ? root_words_ : words_;
    out.push_back(full);
    if (option->get_items_expected_max() == 0) {
      if (equals != std::string::npos) throw UsageError{app_, "option " + quote(full) + " takes no value"};
      if (option == app_->get_help_ptr()) throw HelpAsked{app_};
      if (full != "--json") line_.arguments[full] = true;
      return;
    }
    std::string value = equals != std::string::npos ? word.substr(equals + 1) : next_value(*option, full);
    if (full != kRequestId) note(option, full, value);
    out.push_back(std::move(value));
  }

  bool belongs_to_root(const CLI::Option* option) const {
    const auto options = root_.get_options();
    return std::find(options.begin(), options.end(), option) != options.end();
  }

  std::string next_value(const CLI::Option& option, const std::string& name) {
    const bool there = next_ + 1 < args_.size() && args_[next_ + 1] != "--" && !looks_like_option(args_[next_ + 1]);
    if (!there && option.get_items_expected_min() == 0) return option.get_default_str();
    if (!there) throw UsageError{app_, "option " + quote(name) + " expected one argument"};
    return args_[++next_];
  }

  void note(const CLI::Option* option, const std::string& name, const std::string& value) {
    if (option->get_multi_option_policy() == CLI::MultiOptionPolicy::TakeLast) {
      line_.arguments[name] = to_utf8(value);
    } else {
      line_.arguments[name].push_back(to_utf8(value));
    }
  }

  Line assemble() {
    line_.app = app_;
    line_.verb = join(verbs_, " ");
    line_.words = root_words_;
    line_.words.insert(line_.words.end(), verbs_.begin(), verbs_.end());
    line_.words.insert(line_.words.end(), words_.begin(), words_.end());
    if (!positionals_.empty()) {
      line_.words.push_back("--");
      line_.words.insert(line_.words.end(), positionals_.begin(), positionals_.end());
      for (const std::string& word : positionals_) line_.arguments[""].push_back(to_utf8(word));
    }
    if (unknown_) throw *unknown_;
    check_positionals();
    return std::move(line_);
  }

  void check_positionals() const {
    if (version_asked()) return;
    if (!app_->get_subcommands({}).empty()) throw UsageError{app_, "a command is missing"};
    if (positional_only_ && !mark_taken_) throw UsageError{app_, "unrecognized argument '--'"};
    const auto options = app_->get_options([](const CLI::Option* o) { return o->get_positional(); });
    if (positionals_.size() > options.size()) {
      throw UsageError{app_, "unrecognized argument " + quote(positionals_[options.size()])};
    }
  }

  bool version_asked() const { return std::find(root_words_.begin(), root_words_.end(), "--version") != root_words_.end(); }

  const CLI::App& root_;
  const CLI::App* app_;
  const std::vector<std::string>& args_;
  std::size_t next_ = 1;
  bool positional_only_ = false;
  bool positional_last_ = false;
  /// `--` says something where words to take stand on one of its sides.
  bool mark_taken_ = false;
  std::vector<std::string> root_words_, verbs_, words_, positionals_;
  /// Told at the end of the line, where a missing value or --help counts first.
  std::optional<UsageError> unknown_;
  Line line_;
};

std::string choice_type(const std::vector<std::string>& choices) { return "{" + join(choices, ",") + "}"; }

std::optional<std::int64_t> whole_number(std::string_view text) {
  text = trim(text);
  const bool negative = !text.empty() && text[0] == '-';
  if (!text.empty() && (text[0] == '-' || text[0] == '+')) text.remove_prefix(1);
  std::int64_t value = 0;
  bool digit_before = false;
  for (const char c : text) {
    if (c == '_' && digit_before) {
      digit_before = false;
      continue;
    }
    if (c < '0' || c > '9') return std::nullopt;
    value = std::min(value * 10 + (c - '0'), kIntegerBound);
    digit_before = true;
  }
  if (!digit_before) return std::nullopt;
  return negative ? -value : value;
}

std::optional<double> decimal(std::string_view text) {
  text = trim(text);
  if (text.starts_with('+')) text.remove_prefix(1);
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || !std::isfinite(value)) return std::nullopt;
  return value;
}

CLI::Option* last_wins(CLI::Option* option) { return option->multi_option_policy(CLI::MultiOptionPolicy::TakeLast); }

CLI::Option* as_integer(CLI::Option* option) {
  return last_wins(option)->type_name("INT")->check(CLI::Validator(
      [](std::string& value) -> std::string {
        return whole_number(value) ? std::string() : "invalid whole number " + quote(value);
      },
      ""));
}

}  // namespace

Line normalise(const CLI::App& root, const std::vector<std::string>& args) { return Reader(root, args).read(); }

CLI::Option* add_text(CLI::App& app, const std::string& name, std::string& target, const std::string& help) {
  return last_wins(app.add_option_function<std::string>(name, [&target](const std::string& v) { target = v; }, help));
}

CLI::Option* add_optional(CLI::App& app, const std::string& name, std::optional<std::string>& target,
                          const std::string& help) {
  return last_wins(app.add_option_function<std::string>(name, [&target](const std::string& v) { target = v; }, help));
}

CLI::Option* add_choice(CLI::App& app, const std::string& name, std::string& target,
                        const std::vector<std::string>& choices, const std::string& help) {
  return add_text(app, name, target, help)
      ->type_name(choice_type(choices))
      ->check(CLI::Validator(
          [choices](std::string& value) -> std::string {
            if (std::find(choices.begin(), choices.end(), value) != choices.end()) return {};
            return "invalid choice " + quote(value) + " (choose from " + join(choices, ", ") + ")";
          },
          ""));
}

CLI::Option* add_choice_or_bare(CLI::App& app, const std::string& name, std::optional<std::string>& target,
                                const std::vector<std::string>& choices, const std::string& bare,
                                const std::string& help) {
  return add_optional(app, name, target, help)->type_name(choice_type(choices))->expected(0, 1)->default_str(bare);
}

CLI::Option* add_integer(CLI::App& app, const std::string& name, std::int64_t& target, const std::string& help) {
  return as_integer(app.add_option_function<std::string>(
      name, [&target](const std::string& v) { target = whole_number(v).value_or(0); }, help));
}

CLI::Option* add_optional_integer(CLI::App& app, const std::string& name, std::optional<std::int64_t>& target,
                                  const std::string& help) {
  return as_integer(app.add_option_function<std::string>(
      name, [&target](const std::string& v) { target = whole_number(v); }, help));
}

CLI::Option* add_decimal(CLI::App& app, const std::string& name, double& target, const std::string& help) {
  return last_wins(app.add_option_function<std::string>(
                       name, [&target](const std::string& v) { target = decimal(v).value_or(0); }, help))
      ->type_name("FLOAT")
      ->check(CLI::Validator(
          [](std::string& value) -> std::string {
            return decimal(value) ? std::string() : "invalid number " + quote(value);
          },
          ""));
}

CLI::Option* add_list(CLI::App& app, const std::string& name, std::vector<std::string>& target, const std::string& help) {
  return app.add_option_function<std::vector<std::string>>(
                name, [&target](const std::vector<std::string>& values) { target = values; }, help)
      ->expected(1)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
}

}  // namespace striatum::cli
