# SPDX-License-Identifier: Apache-2.0
# Run by CPack on the staged tree: manual pages and the change log are compressed, as Debian wants them.
file(GLOB_RECURSE pages "${CPACK_TEMPORARY_INSTALL_DIRECTORY}/*/man/man*/*.[1-9]")
file(GLOB_RECURSE texts "${CPACK_TEMPORARY_INSTALL_DIRECTORY}/*/doc/git-striatum/CHANGELOG.md")
if(pages OR texts)
  execute_process(COMMAND gzip -9n ${pages} ${texts} COMMAND_ERROR_IS_FATAL ANY)
endif()
