# SPDX-License-Identifier: Apache-2.0
# json.hpp costs 3.5 s in each file that includes it. One header is compiled once and shared by the targets below; it
# is never what makes a file compile, since the presets tidy and release build without it.
if(NOT CATTLE_PCH)
  return()
endif()

add_library(precompiled_json OBJECT ${PROJECT_SOURCE_DIR}/packaging/cmake/precompiled_json.cpp)
target_link_libraries(precompiled_json PRIVATE project_options project_warnings third_party_json)
target_precompile_headers(precompiled_json PRIVATE
  <algorithm> <chrono> <cstdint> <functional> <map> <memory> <mutex> <optional> <string> <string_view> <utility> <vector>
  <nlohmann/json.hpp>)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  target_compile_options(precompiled_json PUBLIC -fpch-preprocess) # lets ccache see into the header
endif()

foreach(target IN ITEMS docker_client agent_handlers agent_core cattle_lab_core cattle_subscriber)
  if(TARGET ${target})
    target_precompile_headers(${target} REUSE_FROM precompiled_json)
  endif()
endforeach()
