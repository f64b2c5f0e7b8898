// SPDX-License-Identifier: Apache-2.0
#include "verbs/repository.hpp"

#include "os/files.hpp"

namespace striatum::cli {

git::Places places_of(const Shell& shell) {
  const std::string folder = os::path_join(os::current_directory(), shell.repo.value_or("."));
  const auto real = os::real_path(folder);
  const auto environment = shell.repo ? git::Environment::ignore : git::Environment::obey;
  if (const auto places = real ? git::discover(*real, environment) : std::nullopt) return *places;
  refuse(Code::not_found, "there is no git repository at " + quote(shell.repo.value_or(".")), {"git init"});
}

}  // namespace striatum::cli
