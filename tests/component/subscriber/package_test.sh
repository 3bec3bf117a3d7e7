#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# usage: package_test.sh <build folder> <source folder> <cattle-lab>
# Installs the library's package, takes source and build tree away, and lets a stranger's project find it, build against
# it and subscribe to a lab.
set -eu
build=$1 source=$2 lab=$3
work=$(mktemp -d)
lab_process=
finish() {
  [ -z "$lab_process" ] || kill "$lab_process" 2>/dev/null || true
  rm -rf "$work"
}
trap finish EXIT

cmake --install "$build" --prefix "$work/prefix" --component cattle-subscriber-dev >/dev/null
if grep -rnF -e "$build" -e "$source" "$work/prefix" --include='*.cmake' --include='*.hpp'; then
  echo "the package names the place where it was built"
  exit 1
fi
if grep -rnE 'boost|beast|curl|spdlog' -i "$work/prefix/include"; then
  echo "a public header shows what it is built with"
  exit 1
fi

"$lab" serve --port 0 >"$work/lab.out" 2>&1 &
lab_process=$!
for _ in $(seq 200); do
  grep -q '^cattle-lab listens at ' "$work/lab.out" && break
  sleep 0.1
done
url=$(sed -n 's/^cattle-lab listens at //p' "$work/lab.out")
keys=$(curl -sSf --max-time 20 -X POST -d '{"kind":"environment"}' "$url/lab/keys")

mkdir "$work/project"
cat >"$work/project/CMakeLists.txt" <<'EOF2'
cmake_minimum_required(VERSION 3.25)
project(stranger CXX)
set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
find_package(cattle-subscriber 0.1 REQUIRED)
add_executable(stranger main.cpp)
target_compile_options(stranger PRIVATE -Wall -Wextra -Werror)
target_link_libraries(stranger PRIVATE cattle::subscriber)
EOF2
cat >"$work/project/main.cpp" <<'EOF2'
#include <cattle/subscriber/subscriber.hpp>

#include <future>
#include <iostream>

// Ends well when the server told it of a stack by the name that the command line gives.
int main(int, char** arguments) {
  cattle::subscriber::SubscriberOptions options;
  options.connection.url = arguments[1];
  options.connection.access_key = arguments[2];
  options.connection.secret_key = cattle::subscriber::Secret(arguments[3]);
  options.health_port.reset();
  const std::string wanted = arguments[4];
  std::promise<void> told;
  bool once = false;
  cattle::subscriber::Subscriber subscriber(options);
  subscriber.on("resource.change", [&](const cattle::subscriber::Event& event) {
    const auto resource = event.data.value("resource", nlohmann::json::object());
    if (once || resource.value("name", "") != wanted) return;
    once = true;
    told.set_value();
  });
  subscriber.on_subscribed([] { std::cout << "subscribed" << std::endl; });
  subscriber.start();
  const bool good = told.get_future().wait_for(std::chrono::seconds(60)) == std::future_status::ready;
  subscriber.stop();
  return good ? 0 : 1;
}
EOF2

cat >"$work/build.sh" <<'EOF2'
set -eu
for tree; do
  mount -t tmpfs -o size=1m none "$tree"
  [ -z "$(ls -A "$tree")" ] || { echo "$tree can still be reached"; exit 1; }
done
cd "$work"
cmake -G Ninja -S project -B out -DCMAKE_PREFIX_PATH="$work/prefix" >build.out 2>&1 || { cat build.out; exit 1; }
cmake --build out >>build.out 2>&1 || { cat build.out; exit 1; }
if grep -i warning build.out; then
  echo "configuring or building it warns"
  exit 1
fi
EOF2
# In a namespace of its own nothing of source and build tree is there, for nobody else is anything gone.
export work
if [ "$(id -u)" = 0 ]; then
  unshare --mount sh "$work/build.sh" "$build" "$source"
elif unshare --user --map-root-user --mount true 2>/dev/null; then
  unshare --user --map-root-user --mount sh "$work/build.sh" "$build" "$source"
else
  echo "SKIPPED: only root, or whoever may make user namespaces, can take the source tree away for a test"
  [ "${AGENT_TEST_STRICT:-}" = 1 ] && exit 1
  exit 77
fi

access=$(printf %s "$keys" | sed -n 's/.*"accessKey": *"\([^"]*\)".*/\1/p')
secret=$(printf %s "$keys" | sed -n 's/.*"secretKey": *"\([^"]*\)".*/\1/p')
"$work/out/stranger" "$url/v1" "$access" "$secret" packaged >"$work/stranger.out" 2>&1 &
stranger=$!
for _ in $(seq 200); do
  grep -q '^subscribed' "$work/stranger.out" && break
  sleep 0.1
done
curl -sSf --max-time 20 -X POST -d '{"name":"packaged"}' "$url/lab/stacks" >/dev/null
wait "$stranger" || { cat "$work/stranger.out" "$work/lab.out"; echo "it was not told of the stack"; exit 1; }
