# SPDX-License-Identifier: Apache-2.0
# Run by CPack on the staged tree: manual pages and the change log are compressed, as Debian wants them.
file(GLOB_RECURSE staged "${CPACK_TEMPORARY_INSTALL_DIRECTORY}/*")
list(FILTER staged INCLUDE REGEX "/share/(man/man[1-9]/[^/]*\\.[1-9]|doc/git-striatum/CHANGELOG\\.md)$")
execute_process(COMMAND gzip -9n ${staged} COMMAND_ERROR_IS_FATAL ANY)
