# SPDX-License-Identifier: Apache-2.0
# raywave_embed(TARGET NAMESPACE HEADER name=file ...): each file becomes a function `std::string name()` in NAMESPACE, declared
# in HEADER; a generated source of TARGET holds the bytes. Files are plain ASCII without carriage returns.
# Run as a script (cmake -P), this file writes that source.

if(NOT CMAKE_SCRIPT_MODE_FILE)
  set(RAYWAVE_EMBED_SCRIPT ${CMAKE_CURRENT_LIST_FILE})

  function(raywave_embed target namespace header)
    set(output ${CMAKE_CURRENT_BINARY_DIR}/${target}_embedded.cpp)
    set(files "")
    foreach(pair ${ARGN})
      string(REGEX REPLACE "^[^=]*=" "" file ${pair})
      list(APPEND files ${file})
    endforeach()
    string(REPLACE ";" "|" pairs "${ARGN}")
    add_custom_command(OUTPUT ${output}
      COMMAND ${CMAKE_COMMAND} -D OUTPUT=${output} -D NAMESPACE=${namespace} -D HEADER=${header} "-DPAIRS=${pairs}"
              -P ${RAYWAVE_EMBED_SCRIPT}
      DEPENDS ${files} ${RAYWAVE_EMBED_SCRIPT}
      VERBATIM)
    target_sources(${target} PRIVATE ${output})
  endfunction()
  return()
endif()

# 16 kB a literal: compilers limit the length of one.
set(chunk_bytes 15000)
set(source "// Generated; do not edit.\n#include \"${HEADER}\"\n\n#include <string_view>\n\nnamespace ${NAMESPACE} {\n")
string(REPLACE "|" ";" pairs "${PAIRS}")
foreach(pair ${pairs})
  string(REGEX MATCH "^([^=]+)=(.+)$" matched "${pair}")
  set(name "${CMAKE_MATCH_1}")
  file(READ "${CMAKE_MATCH_2}" content)
  string(FIND "${content}" ")raywave\"" terminator)
  if(NOT terminator EQUAL -1)
    message(FATAL_ERROR "${CMAKE_MATCH_2} holds the end mark of a raw string: )raywave\"")
  endif()
  string(LENGTH "${content}" length)
  string(APPEND source "\nstd::string ${name}() {\n  constexpr std::string_view parts[] = {")
  set(begin 0)
  while(begin LESS length)
    string(SUBSTRING "${content}" ${begin} ${chunk_bytes} chunk)
    string(APPEND source "\nR\"raywave(${chunk})raywave\",")
    math(EXPR begin "${begin} + ${chunk_bytes}")
  endwhile()
  string(APPEND source "};\n  std::string all;\n  all.reserve(${length});\n  for (const std::string_view part : parts) all += part;\n")
  string(APPEND source "  return all;\n}\n")
endforeach()
string(APPEND source "\n}  // namespace ${NAMESPACE}\n")
file(WRITE "${OUTPUT}" "${source}")
