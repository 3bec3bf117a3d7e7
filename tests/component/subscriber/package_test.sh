#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# usage: package_test.sh <build folder> <source folder> <server's URL>
set -eu
build=$1 source=$2 url=$3
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

cmake --install "$build" --prefix "$work/prefix" --component cattle-subscriber-dev >/dev/null
if grep -rnF -e "$build" -e "$source" "$work/prefix" --include='*.cmake' --include='*.hpp'; then
  echo "the package names the place where it was built"
  exit 1
fi
if grep -rnE 'boost|beast|curl|spdlog' -i "$work/prefix/include"; then
  echo "a public header shows what it is built with"
  exit 1
fi

mkdir "$work/project"
cat >"$work/project/CMakeLists.txt" <<'EOF'
cmake_minimum_required(VERSION 3.25)
project(stranger CXX)
set(CMAKE_CXX_STANDARD 20)
find_package(cattle-subscriber 0.1 REQUIRED)
add_executable(stranger main.cpp)
target_compile_options(stranger PRIVATE -Wall -Wextra -Werror)
target_link_libraries(stranger PRIVATE cattle::subscriber)
EOF
cat >"$work/project/main.cpp" <<'EOF'
#include <cattle/subscriber/subscriber.hpp>
#include <future>

int main(int, char** arguments) {
  cattle::subscriber::SubscriberOptions options;
  options.connection.url = arguments[1];
  options.connection.access_key = "key";
  options.connection.secret_key = cattle::subscriber::Secret("secret");
  options.health_port.reset();
  std::promise<void> subscribed;
  cattle::subscriber::Subscriber subscriber(options);
  subscriber.on("resource.change", [](const cattle::subscriber::Event&) {});
  subscriber.on_subscribed([&subscribed] { subscribed.set_value(); });
  subscriber.start();
  const bool good = subscribed.get_future().wait_for(std::chrono::seconds(10)) == std::future_status::ready;
  subscriber.stop();
  return good ? 0 : 1;
}
EOF
cmake -G Ninja -S "$work/project" -B "$work/out" -DCMAKE_PREFIX_PATH="$work/prefix" >/dev/null
cmake --build "$work/out"
"$work/out/stranger" "$url"
