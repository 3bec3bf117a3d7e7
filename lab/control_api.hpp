// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "lab/core.hpp"
#include "lab/http_message.hpp"

#include <boost/asio/awaitable.hpp>

namespace cattle::lab {

/// What a person or a script steers the lab with: everything below /lab (README.md lists it), and containers,
/// volumes, hosts and stacks below the public API.
class ControlApi {
 public:
  explicit ControlApi(Core& core) : core_(core) {}

  boost::asio::awaitable<Response> handle(Request request);
  /// Collections by their API names; `request.path` begins with the collection.
  Response resources(const Request& request, std::int64_t project);

 private:
  boost::asio::awaitable<Response> dispatch(const Request& request);
  boost::asio::awaitable<Response> create_container(const Request& request, std::int64_t project);
  boost::asio::awaitable<Response> wait_for_row(const Request& request);
  boost::asio::awaitable<Response> call_agent(const Request& request);
  Response list(const Request& request, const std::string& type, std::int64_t project);
  Response one(const Request& request, const std::string& type);
  Response create(const Request& request, const std::string& type, std::int64_t project);
  Response act(const Request& request, const std::string& type, const std::string& action);
  Response faults(const Request& request);
  Response settings(const Request& request);
  Response keys(const Request& request);
  Response sockets(const Request& request);
  Response credentials(const Request& request, std::int64_t project);
  [[nodiscard]] Response processes() const;
  [[nodiscard]] Response agents() const;
  [[nodiscard]] Row* find(const std::string& type, const std::string& id);
  [[nodiscard]] nlohmann::json shown(const Request& request, const Row& row);

  Core& core_;
};

/// Operations that the REST API and the C++ API share.
Row& create_instance(Core& core, std::int64_t project, const nlohmann::json& spec);
Row& create_stack(Core& core, std::int64_t project, const std::string& name);
std::int64_t add_credential(Core& core, std::int64_t project, const std::string& registry, const Key& key);
/// Sends `event` to the agent and hands back its replies.
boost::asio::awaitable<nlohmann::json> call_agent(Core& core, std::int64_t agent, nlohmann::json event,
                                                  Milliseconds deadline);

}  // namespace cattle::lab
