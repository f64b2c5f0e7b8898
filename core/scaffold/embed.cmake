# SPDX-License-Identifier: Apache-2.0
# cmake -DFOLDER=... -DOUTPUT=... -P embed.cmake: the files of a folder as one table, sorted by name.
file(GLOB_RECURSE names RELATIVE ${FOLDER} ${FOLDER}/*)
list(SORT names)
set(rows "")
foreach(name IN LISTS names)
  file(READ ${FOLDER}/${name} text)
  string(APPEND rows "    {\"${name}\", R\"~template~(${text})~template~\"},\n")
endforeach()
file(WRITE ${OUTPUT} "// Written by core/scaffold/embed.cmake; do not edit.
#include \"scaffold/templates.hpp\"

namespace striatum::scaffold {

std::span<const Template> templates() {
  static constexpr Template kTemplates[] = {
${rows}  };
  return kTemplates;
}

}  // namespace striatum::scaffold
")
