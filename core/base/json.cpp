// SPDX-License-Identifier: Apache-2.0
#include "base/json.hpp"

#include <algorithm>
#include <charconv>
#include <set>
#include <utility>

#include "base/text.hpp"

template class nlohmann::basic_json<>;

namespace striatum {
namespace {

using Handler = nlohmann::json::error_handler_t;

constexpr std::int64_t kMaxSafeInteger = (std::int64_t{1} << 53) - 1;

bool ascii(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

/// SAX pass that only judges; building the value is left to a second, ordinary parse.
class RestrictedChecker : public nlohmann::json_sax<Json> {
 public:
  bool null() override { return true; }
  bool boolean(bool) override { return true; }
  /// Only what has a sign comes here, and then nought is "-0".
  bool number_integer(number_integer_t value) override { return value != 0 && value >= -kMaxSafeInteger; }
  bool number_unsigned(number_unsigned_t value) override { return value <= kMaxSafeInteger; }
  bool number_float(number_float_t, const string_t&) override { return false; }
  bool string(string_t&) override { return true; }
  bool binary(binary_t&) override { return false; }
  bool start_object(std::size_t) override {
    keys_.emplace_back();
    return keys_.size() <= kMaxDepth;
  }
  bool key(string_t& name) override { return ascii(name) && keys_.back().insert(name).second; }
  bool end_object() override {
    keys_.pop_back();
    return true;
  }
  bool start_array(std::size_t size) override { return start_object(size); }
  bool end_array() override { return end_object(); }
  bool parse_error(std::size_t, const std::string&, const nlohmann::detail::exception&) override { return false; }

 private:
  static constexpr std::size_t kMaxDepth = 32;
  std::vector<std::set<std::string>> keys_;
};

/// Builds what is wanted.
class PartBuilder : public nlohmann::json_sax<Json> {
 public:
  explicit PartBuilder(const Wanted& wanted) : wanted_(wanted) {}
  [[nodiscard]] Json take() { return std::move(root_); }

  bool null() override { return put(nullptr); }
  bool boolean(bool value) override { return put(value); }
  bool number_integer(number_integer_t value) override { return put(value); }
  bool number_unsigned(number_unsigned_t value) override { return put(value); }
  bool number_float(number_float_t value, const string_t&) override { return put(value); }
  bool string(string_t& value) override { return put(std::move(value)); }
  bool binary(binary_t&) override { return false; }
  bool start_object(std::size_t) override { return open(Json::value_t::object); }
  bool end_object() override { return close(); }
  bool start_array(std::size_t) override { return open(Json::value_t::array); }
  bool end_array() override { return close(); }
  bool key(string_t& name) override {
    if (skipped_ > 0) return true;
    dropped_ = !wanted_(open_.size(), name);
    key_ = std::move(name);
    return true;
  }
  bool parse_error(std::size_t, const std::string&, const nlohmann::detail::exception&) override { return false; }

 private:
  bool put(Json value) {
    if (skipped_ == 0 && !std::exchange(dropped_, false)) place(std::move(value));
    return true;
  }

  Json& place(Json value) {
    if (open_.empty()) return root_ = std::move(value);
    Json& holder = *open_.back();
    if (holder.is_array()) return holder.emplace_back(std::move(value));
    Json& item = holder[std::move(key_)];
    return item = std::move(value);
  }

  bool open(Json::value_t type) {
    if (skipped_ > 0 || std::exchange(dropped_, false)) {
      ++skipped_;
    } else {
      open_.push_back(&place(type));
    }
    return true;
  }

  bool close() {
    if (skipped_ > 0) {
      --skipped_;
    } else {
      open_.pop_back();
    }
    return true;
  }

  const Wanted& wanted_;
  Json root_;
  /// Objects and arrays around the place at hand; none of them grows while one inside is open.
  std::vector<Json*> open_;
  std::string key_;
  /// The next value is not wanted.
  bool dropped_ = false;
  /// How deep in one that is not wanted.
  std::size_t skipped_ = 0;
};

/// The number that begins at `start`, sign included.
std::string_view number_at(std::string_view text, std::size_t start) {
  std::size_t end = start + 1;
  while (end < text.size() && std::string_view("0123456789+-.eE").find(text[end]) != std::string_view::npos) ++end;
  return text.substr(start, end - start);
}

/// Whole numbers beyond 64 bits would silently turn into floats.
bool keeps_its_value(std::string_view number) {
  if (number.size() < 19 || number.find_first_of(".eE") != std::string_view::npos) return true;
  std::int64_t negative = 0;
  std::uint64_t positive = 0;
  const auto* end = number.data() + number.size();
  const auto read = number[0] == '-' ? std::from_chars(number.data(), end, negative)
                                     : std::from_chars(number.data(), end, positive);
  return read.ec == std::errc() && read.ptr == end;
}

/// True when the nesting stays within `limit`, without recursion: hostile input must not exhaust the stack; and when
/// every whole number can be kept.
bool shallow(std::string_view text, std::size_t limit) {
  std::size_t depth = 0;
  bool in_string = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (in_string) {
      if (c == '\\') ++i;
      if (c == '"') in_string = false;
      continue;
    }
    if (c == '"') in_string = true;
    if (c == '-' || (c >= '0' && c <= '9')) {
      const auto number = number_at(text, i);
      if (!keeps_its_value(number)) return false;
      i += number.size() - 1;
    }
    if ((c == '{' || c == '[') && ++depth > limit) return false;
    if ((c == '}' || c == ']') && depth > 0) --depth;
  }
  return true;
}

/// No NUL, where the parser would stop and believe the text had ended, and no depth that exhausts the stack.
bool plausible(std::string_view text) {
  return text.find('\0') == std::string_view::npos && shallow(text, 512);
}

void append_spaced(std::string& out, const nlohmann::ordered_json& value) {
  if (!value.is_structured()) {
    out += value.dump(-1, ' ', true, nlohmann::ordered_json::error_handler_t::replace);
    return;
  }
  const bool object = value.is_object();
  out += object ? '{' : '[';
  bool first = true;
  for (const auto& [key, item] : value.items()) {
    if (!first) out += ", ";
    first = false;
    if (object) out += Json(key).dump(-1, ' ', true, Handler::replace) + ": ";
    append_spaced(out, item);
  }
  out += object ? '}' : ']';
}

}  // namespace

std::string to_canonical_ascii(const Json& value) { return value.dump(-1, ' ', true, Handler::replace); }

std::string to_canonical_utf8(const Json& value) { return value.dump(-1, ' ', false, Handler::replace); }

std::string to_spaced_ascii(const nlohmann::ordered_json& value) {
  std::string out;
  append_spaced(out, value);
  return out;
}

std::optional<Json> parse_json(std::string_view text) {
  if (!plausible(text)) return std::nullopt;
  Json value = Json::parse(text, nullptr, false);
  if (value.is_discarded()) return std::nullopt;
  return value;
}

std::optional<Json> parse_json(std::string_view text, const Wanted& wanted) {
  PartBuilder builder(wanted);
  if (!plausible(text) || !Json::sax_parse(text, &builder)) return std::nullopt;
  return builder.take();
}

std::optional<nlohmann::ordered_json> parse_ordered_json(std::string_view text) {
  if (!plausible(text)) return std::nullopt;
  auto value = nlohmann::ordered_json::parse(text, nullptr, false);
  if (value.is_discarded()) return std::nullopt;
  return value;
}

std::optional<Json> parse_restricted_json(std::string_view text) {
  RestrictedChecker checker;
  if (text.starts_with("\xEF\xBB\xBF")) return std::nullopt;  // the parser would pass over a byte order mark
  if (!shallow(text, 32) || !valid_utf8(text) || !Json::sax_parse(text, &checker)) return std::nullopt;
  return parse_json(text);
}

const Json& member(const Json& object, std::string_view key) {
  static const Json kNull;
  if (!object.is_object()) return kNull;
  const auto found = object.find(key);
  return found == object.end() ? kNull : *found;
}

std::string text_member(const Json& object, std::string_view key, std::string_view fallback) {
  const Json& value = member(object, key);
  return value.is_string() ? value.get<std::string>() : std::string(fallback);
}

std::optional<std::string> optional_text(const Json& object, std::string_view key) {
  const Json& value = member(object, key);
  if (!value.is_string()) return std::nullopt;
  return value.get<std::string>();
}

std::vector<std::string> string_list(const Json& array) {
  std::vector<std::string> out;
  if (!array.is_array()) return out;
  for (const Json& item : array) {
    if (item.is_string()) out.push_back(item.get<std::string>());
  }
  return out;
}

Json nullable(const std::optional<std::string>& text) { return text ? Json(*text) : Json(); }

}  // namespace striatum
