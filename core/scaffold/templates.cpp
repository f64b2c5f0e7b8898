// SPDX-License-Identifier: Apache-2.0
#include "scaffold/templates.hpp"

#include <algorithm>
#include <functional>

#include "base/error.hpp"
#include "base/text.hpp"

namespace striatum::scaffold {
namespace {

[[noreturn]] void broken(const std::string& what) { fail(Code::general, "template", what); }

std::string_view text_of(std::string_view name) {
  const auto all = templates();
  const auto found = std::find_if(all.begin(), all.end(), [&](const Template& t) { return t.name == name; });
  if (found == all.end()) broken("there is no template " + quote(std::string(name)));
  return found->text;
}

/// Replaces every `{{word}}` by `value(word)`.
std::string replace_marks(std::string_view text, const std::function<std::string(std::string_view)>& value) {
  std::string out;
  while (true) {
    const auto begin = text.find("{{");
    const auto end = begin == std::string_view::npos ? begin : text.find("}}", begin);
    if (end == std::string_view::npos) return out.append(text);
    out.append(text.substr(0, begin));
    out += value(text.substr(begin + 2, end - begin - 2));
    text.remove_prefix(end + 2);
  }
}

std::string part(std::string_view name) {
  const std::string file = "parts/" + std::string(name) + ".md";
  return std::string(trim(text_of(file)));
}

}  // namespace

std::string source(std::string_view name) {
  return replace_marks(text_of(name), [](std::string_view mark) {
    return mark.starts_with("> ") ? part(mark.substr(2)) : "{{" + std::string(mark) + "}}";
  });
}

std::string render(std::string_view name, const Values& values) {
  return replace_marks(source(name), [&](std::string_view mark) {
    const auto found = values.find(mark);
    if (found == values.end()) broken("the template " + quote(std::string(name)) + " has an unknown mark " + quote(std::string(mark)));
    return found->second;
  });
}

}  // namespace striatum::scaffold
