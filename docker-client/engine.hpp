// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "docker-client/client.hpp"
#include "docker-client/error_decoder.hpp"
#include "docker-client/http/client.hpp"

#include <nlohmann/json.hpp>

#include <chrono>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace cattle::docker {

/// One call of a verb, before the API version is put in front.
struct EngineRequest {
  std::string method = "GET";
  std::string path;   ///< Escaped, without version and query: "/containers/abc/start".
  std::string query;  ///< Escaped, without '?'.
  Subject subject;    ///< Names the call in errors.
  bool versioned = true;
  /// What others may see in the query's place, where it could hold a secret.
  std::optional<std::string> shown_query;
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;
  std::string body_file;
  std::string content_type = "application/json";
  std::chrono::milliseconds timeout{0};       ///< Zero: none but the Call's deadline.
  std::chrono::milliseconds idle_timeout{0};  ///< Zero: none.
};

/// Query text from pairs, values escaped, empty values kept.
[[nodiscard]] std::string make_query(const std::vector<std::pair<std::string, std::string>>& pairs);

/// What all verbs share: the connection, the negotiated version, deadlines, the observer, and errors'
/// translation.
class Client::Engine {
 public:
  explicit Engine(EngineOptions options);

  [[nodiscard]] const EngineOptions& options() const { return options_; }

  /// A quick request to `prefix` + escaped `name` + `suffix`; refuses an empty name before anything is sent.
  [[nodiscard]] EngineRequest request(const char* method, const char* prefix, const std::string& name,
                                      const char* suffix = "") const;
  [[nodiscard]] EngineRequest request(const char* method, const char* path) const;

  /// Any status is an answer. Throws Error when none came.
  [[nodiscard]] http::Response answer(const EngineRequest& request, const Call& call);
  /// Throws Error unless the status is 2xx.
  [[nodiscard]] http::Response expect(const EngineRequest& request, const Call& call);
  /// The JSON body of a 2xx.
  [[nodiscard]] nlohmann::json document(const EngineRequest& request, const Call& call);
  /// As document(), nullopt on 404.
  [[nodiscard]] std::optional<nlohmann::json> find(const EngineRequest& request, const Call& call);
  /// A 2xx body goes to `on_bytes`; another answer is returned. Throws when the stream breaks off.
  [[nodiscard]] http::Response stream(const EngineRequest& request,
                                      const std::function<void(std::string_view)>& on_bytes,
                                      const std::function<void()>& on_tick, const Call& call);

  [[nodiscard]] Version ask_version(const Call& call);
  [[nodiscard]] Version known_version(const Call& call);

  [[nodiscard]] static nlohmann::json parse(const Subject& subject, const std::string& body);
  [[noreturn]] static void refuse(const EngineRequest& request, const http::Response& response);

 private:
  struct Known {
    Version version;
    std::string api_header;  ///< Api-Version and Server, as the engine sends them with every answer.
    std::string server_header;
  };

  http::Response exchange(const EngineRequest& request, const http::StreamSink* sink, const Call& call);
  http::Response send_once(const EngineRequest& request, const std::string& version,
                           const http::StreamSink* sink, const Call& call);
  http::Request wire(const EngineRequest& request, const std::string& version, const Call& call) const;
  [[nodiscard]] std::shared_ptr<const Known> known() const;
  void remember(std::shared_ptr<const Known> known);
  void notice_replacement(const http::Response& response);
  std::string version_for(const EngineRequest& request, const Call& call);

  const EngineOptions options_;
  const http::Client http_;
  mutable std::mutex mutex_;
  std::shared_ptr<const Known> known_;  ///< Shared with the calls that read it while another replaces it.
};

}  // namespace cattle::docker
