// SPDX-License-Identifier: Apache-2.0
#include "hooks/stubs.hpp"

#include "support/catch.hpp"

namespace striatum::hooks {
namespace {

using Kind = HookFile::Kind;

const StubTarget kTarget{"/opt/it's here/git-striatum", false};

const HookSpec& spec(std::string_view name) {
  for (const HookSpec& hook : kHooks) {
    if (hook.name == name) return hook;
  }
  return kHooks.front();
}

/// As the first release wrote it: it must be known for ever.
constexpr const char* kFirstStub =
    "#!/bin/sh\n"
    "# >>> striatum pre-commit >>>\n"
    "# Made by `git striatum hooks install`; `git striatum hooks uninstall` takes it away again.\n"
    "striatum_git=${GIT_DIR:-.git}\n"
    "if [ -e \"$striatum_git/striatum/active\" ] || [ -e \"$striatum_git/../../striatum/active\" ]; then\n"
    "  if [ -x '/usr/bin/git-striatum' ]; then\n"
    "    exec '/usr/bin/git-striatum' hook pre-commit \"$@\"\n"
    "  elif command -v git-striatum >/dev/null 2>&1; then\n"
    "    exec git striatum hook pre-commit \"$@\"\n"
    "  else\n"
    "    echo 'striatum: the program of this hook is gone; pre-commit checked nothing' >&2\n"
    "    exit 1\n"
    "  fi\n"
    "fi\n"
    "# <<< striatum pre-commit <<<\n";

TEST_CASE("a stub is recognised with its target") {
  for (const HookSpec& hook : kHooks) {
    INFO(hook.name);
    const StubTarget target{kTarget.program, hook.can_stop};
    const HookFile file = read_hook_file(hook, stub(hook, target));
    CHECK(file.kind == Kind::ours);
    CHECK(file.target == target);
  }
}

TEST_CASE("the first stub that was shipped is still recognised") {
  const HookFile file = read_hook_file(spec("pre-commit"), kFirstStub);
  CHECK(file.kind == Kind::ours);
  CHECK(file.target == StubTarget{"/usr/bin/git-striatum", true});
}

TEST_CASE("a block inside a script leaves the script's bytes") {
  const std::string script = GENERATE(as<std::string>(), "#!/bin/sh\n", "#!/bin/sh\nexit 0", "#!/usr/bin/env bash\nset -e\n",
                                      "#!/bin/sh\r\necho\r\n");
  for (const HookSpec& hook : kHooks) {
    INFO(hook.name);
    const HookFile file = read_hook_file(hook, chained(hook, kTarget, script));
    CHECK(file.kind == Kind::chained);
    CHECK(file.rest == script);
    CHECK(file.target == kTarget);
  }
}

TEST_CASE("only hooks that can stop something stop for a missing program") {
  const StubTarget closed{"/x", true};
  CHECK(stub(spec("pre-commit"), closed).find("exit 1") != std::string::npos);
  CHECK(stub(spec("post-rewrite"), closed).find("exit 1") == std::string::npos);
}

TEST_CASE("a configured command is recognised with its target") {
  const HookSpec& hook = spec("pre-push");
  CHECK(configured_target(hook, configured_command(hook, kTarget)) == kTarget);
  CHECK_FALSE(configured_target(hook, "make check"));
  CHECK_FALSE(configured_target(hook, configured_command(hook, kTarget) + " "));
}

TEST_CASE("what is not exactly ours is broken or foreign") {
  const HookSpec& hook = spec("pre-commit");
  const std::string text = stub(hook, kTarget);
  CHECK(read_hook_file(hook, text + "#\n").kind == Kind::broken);
  CHECK(read_hook_file(hook, text.substr(0, text.size() - 5)).kind == Kind::broken);
  CHECK(read_hook_file(spec("commit-msg"), text).kind == Kind::foreign);
  CHECK(read_hook_file(hook, "#!/bin/sh\nexit 0\n").kind == Kind::foreign);
  const std::string block = chained(hook, kTarget, "#!/bin/sh\n").substr(10);
  CHECK(read_hook_file(hook, "#!/bin/sh\nexit 0\n" + block).kind == Kind::broken);
}

TEST_CASE("only plain shell scripts take a block") {
  CHECK(is_shell_script("#!/bin/sh\n"));
  CHECK(is_shell_script("#! /usr/bin/env bash\nx\n"));
  CHECK(is_shell_script("#!/bin/bash -e\n"));
  CHECK_FALSE(is_shell_script("#!/usr/bin/env python3\n"));
  CHECK_FALSE(is_shell_script("#!/usr/bin/perl\n"));
  CHECK_FALSE(is_shell_script("echo\n"));
  CHECK_FALSE(is_shell_script("#!/bin/sh"));
  CHECK_FALSE(is_shell_script(std::string_view("#!/bin/sh\n\0", 11)));
  CHECK_FALSE(is_shell_script(""));
}

}  // namespace
}  // namespace striatum::hooks
