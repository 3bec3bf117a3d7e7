# SPDX-License-Identifier: Apache-2.0
# Interface targets that every folder links: one place for warnings, sanitizers and third-party packages.
find_package(Threads REQUIRED)
set(OPENSSL_USE_STATIC_LIBS ${CATTLE_STATIC_CURL})
find_package(OpenSSL REQUIRED)
find_package(nlohmann_json 3.11 REQUIRED)
find_package(Boost 1.81 REQUIRED)

add_library(project_options INTERFACE)
target_include_directories(project_options INTERFACE ${PROJECT_SOURCE_DIR})
target_compile_features(project_options INTERFACE cxx_std_20)
if(CATTLE_SANITIZE)
  target_compile_options(project_options INTERFACE -fsanitize=${CATTLE_SANITIZE} -fno-omit-frame-pointer)
  # clang 14 can't put the mark of this check on a coroutine.
  target_compile_options(project_options INTERFACE $<$<CXX_COMPILER_ID:Clang>:-fno-sanitize=function>)
  target_link_options(project_options INTERFACE -fsanitize=${CATTLE_SANITIZE})
endif()

if(CATTLE_STATIC)
  # Position independent, so that its addresses differ from start to start as the dynamic build's do.
  target_link_options(project_options INTERFACE -static-pie)
elseif(CATTLE_STATIC_CURL)
  target_link_options(project_options INTERFACE -static-libstdc++ -static-libgcc)
endif()

add_library(project_warnings INTERFACE)
target_compile_options(project_warnings INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion
  -Wnon-virtual-dtor -Woverloaded-virtual -Wold-style-cast)

# Third-party packages under one name each, so that a target says what it uses and nothing twice.
add_library(third_party_json INTERFACE)
target_link_libraries(third_party_json INTERFACE nlohmann_json::nlohmann_json)

add_library(third_party_spdlog INTERFACE)
find_package(spdlog REQUIRED)
find_package(fmt REQUIRED)
# Header-only on purpose: Debian ships no static fmt, and the release binary carries no shared one. spdlog's own target
# would link the shared one all the same.
get_target_property(spdlog_includes spdlog::spdlog_header_only INTERFACE_INCLUDE_DIRECTORIES)
target_include_directories(third_party_spdlog SYSTEM INTERFACE ${spdlog_includes})
target_link_libraries(third_party_spdlog INTERFACE fmt::fmt-header-only Threads::Threads)
target_compile_definitions(third_party_spdlog INTERFACE SPDLOG_HEADER_ONLY SPDLOG_FMT_EXTERNAL)

add_library(third_party_asio INTERFACE)
target_link_libraries(third_party_asio INTERFACE Boost::headers Threads::Threads)
# g++ 12 takes Asio's frame allocator, once inlined, for two halves that do not belong together.
target_compile_options(third_party_asio INTERFACE $<$<CXX_COMPILER_ID:GNU>:-Wno-mismatched-new-delete>)
target_compile_definitions(third_party_asio INTERFACE BOOST_ASIO_NO_DEPRECATED BOOST_ASIO_SEPARATE_COMPILATION BOOST_BEAST_SEPARATE_COMPILATION)

# libcurl: Debian's shared one, or our own small static one.
add_library(third_party_curl INTERFACE)
if(CATTLE_STATIC_CURL)
  # Built once, from Debian's source, and found again by version; see the script for why.
  execute_process(COMMAND ${PROJECT_SOURCE_DIR}/packaging/build-curl.sh OUTPUT_VARIABLE curl_prefix
    OUTPUT_STRIP_TRAILING_WHITESPACE COMMAND_ERROR_IS_FATAL ANY)
  target_include_directories(third_party_curl SYSTEM INTERFACE ${curl_prefix}/include)
  target_compile_definitions(third_party_curl INTERFACE CURL_STATICLIB)
  target_link_libraries(third_party_curl INTERFACE ${curl_prefix}/lib/libcurl.a OpenSSL::SSL OpenSSL::Crypto Threads::Threads)
else()
  find_package(CURL 7.88 REQUIRED)
  target_link_libraries(third_party_curl INTERFACE CURL::libcurl)
endif()

# libarchive: only tar and gzip are used, so that of its static form little is linked but zlib.
add_library(third_party_archive INTERFACE)
if(CATTLE_STATIC_CURL)
  find_library(CATTLE_ARCHIVE_STATIC libarchive.a REQUIRED)
  find_library(CATTLE_ZLIB_STATIC libz.a REQUIRED)
  target_link_libraries(third_party_archive INTERFACE ${CATTLE_ARCHIVE_STATIC} ${CATTLE_ZLIB_STATIC})
else()
  find_package(LibArchive REQUIRED)
  target_link_libraries(third_party_archive INTERFACE LibArchive::LibArchive)
endif()

if(CATTLE_PCH AND CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  add_compile_options(-fpch-preprocess) # lets ccache see into a precompiled header
endif()

if(NOT CMAKE_CXX_COMPILER_LAUNCHER)
  find_program(CATTLE_CCACHE ccache)
  if(CATTLE_CCACHE)
    # Without this leave ccache gives up on every file that uses a precompiled header.
    set(CMAKE_CXX_COMPILER_LAUNCHER
      ${CMAKE_COMMAND} -E env CCACHE_SLOPPINESS=pch_defines,time_macros,include_file_mtime,include_file_ctime ${CATTLE_CCACHE})
  endif()
endif()
