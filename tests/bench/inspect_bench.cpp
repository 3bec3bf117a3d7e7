// SPDX-License-Identifier: Apache-2.0
// inspect_bench [FEW MANY]: one compute.instance.inspect on a host with FEW (5) and with MANY (1,000) stopped
// containers, by id and by name. Fails when MANY costs more than 1.2 times FEW: then somebody walks over all
// of them.
#include "docker-client/client.hpp"
#include "handlers/compute/instance_inspect.hpp"
#include "tests/support/test_engine.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <exception>
#include <iostream>
#include <string>
#include <vector>

namespace cattle::tests {
namespace {

constexpr double kMostAllowed = 1.2;
constexpr int kSamples = 400;
constexpr int kRounds = 5;

class Quiet : public handlers::ProgressSink, public handlers::EventLog {
 public:
  void report(const std::string& /*message*/, std::optional<int> /*percent*/) override {}
  void repeat() override {}
  void debug(std::string_view /*message*/) override {}
  void info(std::string_view /*message*/) override {}
  void warn(std::string_view /*message*/) override {}
  void container(std::string_view /*docker_id*/) override {}
};

std::string name_of(int number) {
  return "bench-inspect-" + std::to_string(number);
}

/// Median microseconds of one inspect; the lowest of several rounds, since other work on the machine only
/// adds.
double cost(const docker::Client& engine, const nlohmann::json& wanted) {
  subscriber::Event event;
  event.resource_type = "instanceInspect";
  event.data = {{"instanceInspect", wanted}};
  Quiet quiet;
  handlers::Context context{quiet, quiet, {}};
  const handlers::InstanceInspect handler(engine);
  double lowest = 1e9;
  for (int round = 0; round < kRounds; ++round) {
    std::vector<double> taken;
    for (int sample = 0; sample < kSamples; ++sample) {
      const auto begin = std::chrono::steady_clock::now();
      if (handler.handle(event, context)->at("instanceInspect").empty())
        throw std::runtime_error("container not found");
      taken.push_back(
          std::chrono::duration<double, std::micro>(std::chrono::steady_clock::now() - begin).count());
    }
    std::nth_element(taken.begin(), taken.begin() + kSamples / 2, taken.end());
    lowest = std::min(lowest, taken[kSamples / 2]);
  }
  return lowest;
}

int run(int few, int many) {
  const TestEngine test = test_engine();
  docker::EngineOptions options;
  options.host = test.docker_host;
  const docker::Client engine(options);
  std::vector<std::string> ids;
  const auto create_up_to = [&](int count) {
    while (static_cast<int>(ids.size()) < count) {
      const nlohmann::json body{{"Image", test.image}, {"HostConfig", {{"NetworkMode", "none"}}}};
      ids.push_back(engine.create_container(name_of(static_cast<int>(ids.size())), body, {}).id);
    }
  };
  const auto measure = [&] {
    return std::pair{cost(engine, {{"id", ids.front()}}), cost(engine, {{"name", "/" + name_of(0)}})};
  };
  create_up_to(few);
  const auto before = measure();
  create_up_to(many);
  const auto after = measure();
  for (const auto& id : ids) {
    static_cast<void>(engine.remove_container(id, {.force = true}, {}));
  }
  const auto judge = [&](const char* how, double left, double right) {
    std::cout << "inspect by " << how << ": " << left << " us with " << few << " containers, " << right
              << " us with " << many << ", ratio " << right / left << " (at most " << kMostAllowed << ")\n";
    return right / left <= kMostAllowed;
  };
  const bool by_id = judge("id", before.first, after.first);
  const bool by_name = judge("name", before.second, after.second);
  return by_id && by_name ? EXIT_SUCCESS : EXIT_FAILURE;
}

}  // namespace
}  // namespace cattle::tests

int main(int count, char** arguments) {
  try {
    return cattle::tests::run(count > 1 ? std::stoi(arguments[1]) : 5,
                              count > 2 ? std::stoi(arguments[2]) : 1'000);
  } catch (const std::exception& error) {
    std::cerr << "inspect_bench: " << error.what() << '\n';
    return EXIT_FAILURE;
  }
}
