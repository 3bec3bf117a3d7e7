// SPDX-License-Identifier: Apache-2.0
// Prints one line for each change of a stack, service, container, volume or host of a project.
#include <cattle/subscriber/subscriber.hpp>

#include <iostream>

namespace {

std::string clock_time(std::int64_t milliseconds) {
  const std::time_t seconds = milliseconds / 1000;
  std::string text(sizeof "2026-11-24T23:12:00Z", '\0');
  text.resize(std::strftime(text.data(), text.size(), "%FT%TZ", std::gmtime(&seconds)));
  return text;
}

std::string field(const nlohmann::json& resource, const char* key) {
  return resource.contains(key) && resource[key].is_string() ? resource[key].get<std::string>() : "-";
}

void print_change(const cattle::subscriber::Event& event) {
  if (!event.data.contains("resource")) return;
  const auto& resource = event.data["resource"];
  std::cout << clock_time(event.time);
  for (const char* key : {"type", "id", "name", "state"}) std::cout << ' ' << field(resource, key);
  std::cout << (field(resource, "state") == "removed" ? " (the end)" : "") << std::endl;
}

}  // namespace

int main() try {
  cattle::subscriber::Subscriber subscriber;  // CATTLE_URL, CATTLE_ACCESS_KEY, CATTLE_SECRET_KEY, HEALTH_PORT
  subscriber.on("resource.change", print_change);
  subscriber.on_outage([](const auto& outage) {
    std::cerr << "not subscribed: " << to_string(outage.step) << ": " << outage.detail << std::endl;
  });
  subscriber.run();  // until SIGTERM
  return 0;
} catch (const std::exception& error) {
  std::cerr << error.what() << std::endl;
  return 1;
}
