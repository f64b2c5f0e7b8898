// SPDX-License-Identifier: Apache-2.0
#include "export/allowed_signers.hpp"

#include <algorithm>

#include "base/error.hpp"
#include "base/text.hpp"

namespace striatum::provenance {
namespace {

struct Option {
  std::string name;
  std::optional<std::string> value;
};

bool is_space(char c) { return c == ' ' || c == '\t'; }

/// Cuts the first word off, where blanks inside double quotes belong to the word.
std::string_view take_word(std::string_view& rest) {
  bool in_quotes = false;
  std::size_t i = 0;
  for (; i < rest.size() && (in_quotes || !is_space(rest[i])); ++i) {
    if (in_quotes && rest[i] == '\\')
      ++i;
    else if (rest[i] == '"')
      in_quotes = !in_quotes;
  }
  const std::string_view word = rest.substr(0, i);
  rest = trim(rest.substr(std::min(i, rest.size())));
  return word;
}

Parsed<std::vector<Option>> parse_options(std::string_view text) {
  std::vector<Option> out;
  while (!text.empty()) {
    const std::size_t name_end = std::min(text.find_first_of("=,"), text.size());
    Option option{std::string(text.substr(0, name_end)), std::nullopt};
    text.remove_prefix(name_end);
    if (!text.empty() && text[0] == '=') {
      text.remove_prefix(1);
      const std::size_t close = text.empty() || text[0] != '"' ? std::string_view::npos : text.find('"', 1);
      if (close == std::string_view::npos) return Problem{"an option's value is not in double quotes"};
      option.value = text.substr(1, close - 1);
      text.remove_prefix(close + 1);
    }
    out.push_back(std::move(option));
    if (text.empty()) break;
    if (text[0] != ',' || text.size() == 1) return Problem{"the options are not separated by commas"};
    text.remove_prefix(1);
  }
  return out;
}

/// `YYYYMMDD[HHMM[SS]]Z`; no other zone.
std::optional<Instant> parse_compact_time(std::string_view text) {
  if (text.empty() || text.back() != 'Z') return std::nullopt;
  std::string digits(text.substr(0, text.size() - 1));
  if (digits.size() != 8 && digits.size() != 12 && digits.size() != 14) return std::nullopt;
  if (!std::all_of(digits.begin(), digits.end(), [](char c) { return c >= '0' && c <= '9'; }))
    return std::nullopt;
  digits.resize(14, '0');
  const auto part = [&](std::size_t at, std::size_t count) { return digits.substr(at, count); };
  const std::string iso = part(0, 4) + '-' + part(4, 2) + '-' + part(6, 2) + 'T' + part(8, 2) + ':' +
                          part(10, 2) + ':' + part(12, 2) + 'Z';
  const std::optional<Instant> when = parse_instant(iso);
  if (!when || to_text(*when) != iso) return std::nullopt;
  return when;
}

/// Empty when an item is empty or holds what OpenSSH would read as a pattern or a quote.
std::vector<std::string> plain_list(std::string_view text) {
  std::vector<std::string> out = split(text, ',');
  const bool plain = std::none_of(out.begin(), out.end(), [](const std::string& item) {
    return item.empty() || item.find_first_of("*?!\"#\\ \t") != std::string::npos;
  });
  return plain ? out : std::vector<std::string>();
}

/// Empty when the option was understood and kept.
std::string apply_option(const Option& option, AllowedSigner& signer) {
  if (option.name == "namespaces" && option.value && signer.namespaces.empty()) {
    signer.namespaces = plain_list(*option.value);
    return signer.namespaces.empty() ? "the option 'namespaces' is empty or holds a pattern" : "";
  }
  const bool after = option.name == "valid-after";
  if ((!after && option.name != "valid-before") || !option.value) {
    return "the option is not accepted: " + quote(option.name.substr(0, 64));
  }
  std::optional<Instant>& bound = after ? signer.valid_after : signer.valid_before;
  if (bound) return "an option is given twice";
  bound = parse_compact_time(*option.value);
  return bound ? "" : "a time does not have the form YYYYMMDDHHMMSSZ";
}

}  // namespace

Parsed<AllowedSigner> parse_allowed_signer(std::string_view line) {
  while (!line.empty() && (line.back() == '\n' || line.back() == '\r')) line.remove_suffix(1);
  if (line.find_first_of(std::string_view("\n\0", 2)) != std::string_view::npos)
    return Problem{"more than one line"};
  std::string_view rest = trim(line);
  const std::vector<std::string> principals = plain_list(take_word(rest));
  if (principals.empty()) return Problem{"the principals are not plain names"};
  std::string_view after_options = rest;
  const std::string_view word = take_word(after_options);
  Parsed<SshPublicKeyLine> key = parse_public_key_line(rest);
  std::vector<Option> options;
  if (!key) {
    Parsed<std::vector<Option>> parsed = parse_options(word);
    key = parse_public_key_line(after_options);
    if (!key) return Problem{key.problem()};
    if (!parsed) return Problem{parsed.problem()};
    options = parsed.take();
  }
  AllowedSigner signer{principals, {}, {}, {}, key->key, key->comment};
  for (const Option& option : options) {
    if (std::string problem = apply_option(option, signer); !problem.empty())
      return Problem{std::move(problem)};
  }
  return signer;
}

std::string compact_time(Instant when) {
  std::string out;
  for (const char c : to_text(when)) {
    if (c != '-' && c != ':' && c != 'T') out += c;
  }
  return out;
}

std::string print(const AllowedSigner& signer) {
  std::vector<std::string> options;
  if (!signer.namespaces.empty()) options.push_back("namespaces=\"" + join(signer.namespaces, ",") + '"');
  if (signer.valid_after) options.push_back("valid-after=\"" + compact_time(*signer.valid_after) + '"');
  if (signer.valid_before) options.push_back("valid-before=\"" + compact_time(*signer.valid_before) + '"');
  std::string out = join(signer.principals, ",");
  if (!options.empty()) out += ' ' + join(options, ",");
  out += ' ' + signer.key.line();
  if (!signer.comment.empty()) out += ' ' + signer.comment;
  return out;
}

}  // namespace striatum::provenance
