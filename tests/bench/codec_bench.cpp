// SPDX-License-Identifier: Apache-2.0
// What an event costs before and after its handler: frame to Event, Event to create body, result to reply
// body.
#include "cattle/subscriber/event.hpp"
#include "cattle/subscriber/reply.hpp"
#include "handlers/compute/container_spec.hpp"
#include "handlers/model/instance.hpp"
#include "tests/bench/activate_event.hpp"

#include <benchmark/benchmark.h>

#include <chrono>
#include <string_view>

namespace cattle::tests {
namespace {

constexpr std::string_view kPing =
    R"({"id":"7c1be4c5-2a52-4f6e-9a02-000000000002","name":"ping","replyTo":"reply.43",
  "resourceType":"agent","resourceId":"3","time":1479900000000,"timeoutMillis":15000,"data":{"options":{}}})";

subscriber::Event event_of(std::string_view frame) {
  return subscriber::decode_event(frame, std::chrono::steady_clock::now());
}

void decode(benchmark::State& state, std::string_view frame) {
  for (auto _ : state) {
    auto event = event_of(frame);
    benchmark::DoNotOptimize(event);
  }
  state.SetBytesProcessed(static_cast<std::int64_t>(frame.size()) * state.iterations());
}
BENCHMARK_CAPTURE(decode, ping, kPing);
BENCHMARK_CAPTURE(decode, activate, kActivateEvent);

void specification(benchmark::State& state) {
  const auto event = event_of(kActivateEvent);
  handlers::SpecFacts facts;
  facts.engine_api_version = "1.41";
  facts.used_api_version = "1.24";
  for (auto _ : state) {
    const auto map = handlers::decode_instance_host_map(event.data);
    auto spec = handlers::make_container_spec(map.instance, facts);
    benchmark::DoNotOptimize(spec);
  }
}
BENCHMARK(specification);

void reply(benchmark::State& state) {
  const auto event = event_of(kPing);
  const nlohmann::json data{{"resources", nlohmann::json::array()}, {"options", {{"resources", true}}}};
  for (auto _ : state) {
    auto body = subscriber::encode_reply(event, data);
    benchmark::DoNotOptimize(body);
  }
}
BENCHMARK(reply);

}  // namespace
}  // namespace cattle::tests
