# SPDX-License-Identifier: Apache-2.0

# The packages of packages.list that belong to one of the sets, in order.
function(striatum_packages out)
  file(STRINGS ${CMAKE_SOURCE_DIR}/packaging/packages.list lines REGEX "^[^#]")
  set(found)
  foreach(line IN LISTS lines)
    string(REGEX REPLACE " +" ";" words "${line}")
    list(GET words 0 package)
    list(GET words 1 when)
    if(when IN_LIST ARGN)
      list(APPEND found ${package})
    endif()
  endforeach()
  set(${out} ${found} PARENT_SCOPE)
endfunction()

# Stops with the list of packages when one of the variables (as `OpenSSL_FOUND`) is not true.
function(striatum_need)
  foreach(variable IN LISTS ARGN)
    if(NOT ${variable})
      striatum_packages(packages build test)
      list(JOIN packages " " packages)
      message(FATAL_ERROR "${variable} is not true: something the build needs is missing.\n"
        "packaging/deps.sh installs it; on Debian by hand: apt-get install ${packages}")
    endif()
  endforeach()
endfunction()
