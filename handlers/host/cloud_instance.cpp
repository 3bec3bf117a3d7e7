// SPDX-License-Identifier: Apache-2.0
#include "handlers/host/cloud_instance.hpp"

#include "docker-client/http/client.hpp"
#include "handlers/host/cloud_provider.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <string_view>

namespace cattle::handlers {
namespace {

struct Question {
  std::string_view provider;
  const char* target;
  const char* header;  ///< That this cloud wants to see; empty: none.
  const char* value;
};
constexpr std::array<Question, 4> kQuestions{
    {{"gce", "/computeMetadata/v1/instance/id", "Metadata-Flavor", "Google"},
     {"azure", "/metadata/instance/compute/vmId?api-version=2021-02-01&format=text", "Metadata", "true"},
     {"digitalocean", "/metadata/v1/id", "", ""},
     {"hetzner", "/hetzner/v1/metadata/instance-id", "", ""}}};
/// The path that most clouds have taken over from AWS.
constexpr auto kCommonTarget = "/latest/meta-data/instance-id";

/// One word, not the page of a portal that stands in between.
bool is_id(const std::string& text) {
  constexpr std::size_t kLongest = 128;
  return !text.empty() && text.size() <= kLongest &&
         std::all_of(text.begin(), text.end(), [](unsigned char letter) {
           return letter > ' ' && letter < 0x7F && letter != '<' && letter != '{';
         });
}

http::Request question(const CloudHint& hint, std::chrono::milliseconds limit) {
  http::Request request;
  request.target = kCommonTarget;
  request.timeout = limit;
  for (const auto& known : kQuestions) {
    if (known.provider != hint.provider) continue;
    request.target = known.target;
    if (*known.header != '\0') request.headers.emplace_back(known.header, known.value);
  }
  return request;
}

}  // namespace

std::string cloud_instance_id(const CloudInstanceOptions& options, const std::stop_token& stop) {
  const auto hint = cloud_hint(options.sys);
  if (!hint) return {};
  http::ClientOptions peer;
  peer.base_url = hint->kind == CloudHint::Kind::aliyun ? options.aliyun_metadata_url : options.metadata_url;
  peer.connect_timeout = options.request_limit;
  const http::Client metadata(std::move(peer));
  auto request = question(*hint, options.request_limit);
  if (hint->kind == CloudHint::Kind::aws) add_aws_token(metadata, request, stop);
  auto id = ask_metadata(metadata, request, stop).value_or("");
  id.erase(id.find_last_not_of(" \r\n") + 1);
  return is_id(id) ? id : std::string();
}

}  // namespace cattle::handlers
