// SPDX-License-Identifier: Apache-2.0
#include "cattle/subscriber/subscriber.hpp"

#include <charconv>
#include <cstdlib>
#include <stdexcept>

namespace cattle::subscriber {
namespace {

std::string variable(const char* name) {
  const char* value =
      std::getenv(name);  // NOLINT(concurrency-mt-unsafe): read before the first thread is made.
  return value == nullptr ? "" : value;
}

std::string required(const char* name) {
  std::string value = variable(name);
  if (value.empty()) throw std::invalid_argument(std::string(name) + " is not set");
  return value;
}

std::string either(const char* lower, const char* upper) {
  std::string value = variable(lower);
  return value.empty() ? variable(upper) : value;
}

std::uint16_t port(const std::string& text) {
  std::uint16_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size() || number == 0)
    throw std::invalid_argument("HEALTH_PORT is not a port number");
  return number;
}

}  // namespace

SubscriberOptions SubscriberOptions::from_environment() {
  SubscriberOptions options;
  Connection& connection = options.connection;
  connection.url = required("CATTLE_URL");
  connection.access_key = required("CATTLE_ACCESS_KEY");
  connection.secret_key = Secret(required("CATTLE_SECRET_KEY"));
  connection.ca_file = variable("SSL_CERT_FILE");
  connection.proxy = connection.url.starts_with("https:") ? either("https_proxy", "HTTPS_PROXY")
                                                          : either("http_proxy", "HTTP_PROXY");
  connection.no_proxy = either("no_proxy", "NO_PROXY");
  if (const std::string given = variable("HEALTH_PORT"); !given.empty()) options.health_port = port(given);
  return options;
}

}  // namespace cattle::subscriber
