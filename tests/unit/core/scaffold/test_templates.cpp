// SPDX-License-Identifier: Apache-2.0
#include "scaffold/templates.hpp"

#include "base/error.hpp"
#include "scaffold/profiles.hpp"
#include "support/catch.hpp"

using namespace striatum;
using namespace striatum::scaffold;

TEST_CASE("templates: every file of every bundle has its text, with no mark left") {
  const Values marks = values("striatum", "team", "team-");
  const auto check = [&](const Bundle& bundle) {
    for (const BundleFile& file : bundle.files) {
      INFO(file.path);
      const std::string text = render(file.template_name, marks);
      CHECK(text.ends_with('\n'));
      CHECK(text.find("{{") == std::string::npos);
    }
  };
  for (const std::string& profile : skill_profiles()) check(skill_bundle(profile, {"/r", Scope::project, "team-"}));
  for (const std::string& profile : plugin_profiles()) check(plugin_bundle(profile, {"/r", Scope::user, "team"}));
}

TEST_CASE("templates: a mark without a value, and a template that is not there, fail") {
  CHECK_THROWS_AS(render("generic/STRIATUM_AGENT_GUIDE.md.tmpl", {{"version", "1"}}), Error);
  CHECK_THROWS_AS(source("nothing.md"), Error);
}

TEST_CASE("templates: the hash is of the text with its parts, before marks are replaced") {
  const std::string name = "claude_code/recover.md.tmpl";
  CHECK(source(name).find("{{> ") == std::string::npos);
  CHECK(source(name).find("{{striatum}} recovery stale-leases") != std::string::npos);
  CHECK(template_sha256(name) != template_sha256("claude_code/scaffold.md.tmpl"));
}

TEST_CASE("namespaces: names alone, never a path") {
  for (const char* good : {"a", "striatum-", "team.x_1"}) CHECK(valid_namespace(good));
  for (const char* bad : {"", "-a", ".a", "../x", "a/b", "A", "a b", "a\"", "\xc3\xa9"}) CHECK_FALSE(valid_namespace(bad));
}
