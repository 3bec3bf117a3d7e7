// SPDX-License-Identifier: Apache-2.0
#include "handlers/host/cloud_provider.hpp"

#include "handlers/host/text_file.hpp"
#include "handlers/json_fields.hpp"

#include <nlohmann/json.hpp>
#include <spdlog/spdlog.h>

#include <array>
#include <filesystem>
#include <string_view>
#include <system_error>
#include <utility>

namespace cattle::handlers {
namespace {

struct Vendor {
  std::string_view dmi_vendor;  ///< Beginning of sys_vendor.
  std::string_view provider;
};
constexpr std::array<Vendor, 6> kGenericVendors = {{{"OpenStack Foundation", "openstack"},
                                                    {"Google", "gce"},
                                                    {"DigitalOcean", "digitalocean"},
                                                    {"Hetzner", "hetzner"},
                                                    {"Scaleway", "scaleway"},
                                                    {"Exoscale", "exoscale"}}};
/// Azure says Microsoft as any Hyper-V does; only this tag tells them apart.
constexpr std::string_view kAzureAssetTag = "7783-7084-3265-9085-8269-3286-77";

std::string dmi(const std::string& sys, const char* name) {
  auto text = read_text_file(sys + "/class/dmi/id/" + name).value_or(std::string());
  while (!text.empty() && (text.back() == '\n' || text.back() == ' ')) text.pop_back();
  return text;
}

http::ClientOptions metadata_options(const std::string& url, std::chrono::milliseconds limit) {
  http::ClientOptions options;
  options.base_url = url;
  options.connect_timeout = limit;
  options.idle_connections = 1;
  return options;
}

http::Request get(const char* target, std::chrono::milliseconds limit) {
  http::Request request;
  request.target = target;
  request.timeout = limit;
  return request;
}

std::map<std::string, std::string> labels(const std::string& provider, const std::string& region,
                                          const std::string& zone) {
  std::map<std::string, std::string> all{{"io.rancher.host.provider", provider}};
  if (!region.empty()) all["io.rancher.host.region"] = region;
  if (!zone.empty()) all["io.rancher.host.zone"] = zone;
  return all;
}

}  // namespace

std::optional<std::string> ask_metadata(const http::Client& client, const http::Request& request,
                                        const std::stop_token& stop) {
  try {
    auto response = client.send(request, stop);
    if (response.status != 200 || response.body.empty()) return std::nullopt;
    return std::move(response.body);
  } catch (const http::TransportError& error) {
    spdlog::debug("cloud metadata {}: {}", request.target, error.what());
    return std::nullopt;
  }
}

void add_aws_token(const http::Client& metadata, http::Request& request, const std::stop_token& stop) {
  auto token_request = get("/latest/api/token", request.timeout);
  token_request.method = "PUT";
  token_request.headers.emplace_back("X-aws-ec2-metadata-token-ttl-seconds", "60");
  if (auto token = ask_metadata(metadata, token_request, stop))
    request.headers.emplace_back("X-aws-ec2-metadata-token", *std::move(token));
}

std::optional<CloudHint> cloud_hint(const std::string& sys) {
  const auto vendor = dmi(sys, "sys_vendor");
  const auto bios = dmi(sys, "bios_version");
  // Xen instances of AWS carry its name in the firmware only.
  if (vendor == "Amazon EC2" || bios.find("amazon") != std::string::npos)
    return CloudHint{CloudHint::Kind::aws, "aws"};
  if (vendor == "Alibaba Cloud" || dmi(sys, "product_name").starts_with("Alibaba Cloud")) {
    return CloudHint{CloudHint::Kind::aliyun, "aliyun"};
  }
  for (const auto& known : kGenericVendors) {
    if (vendor.starts_with(known.dmi_vendor))
      return CloudHint{CloudHint::Kind::generic, std::string(known.provider)};
  }
  if (dmi(sys, "chassis_asset_tag") == kAzureAssetTag) return CloudHint{CloudHint::Kind::generic, "azure"};
  return std::nullopt;
}

CloudProvider::CloudProvider(CloudProviderOptions options)
    : options_(std::move(options)),
      metadata_(metadata_options(options_.metadata_url, options_.request_limit)),
      aliyun_metadata_(metadata_options(options_.aliyun_metadata_url, options_.request_limit)) {
  std::error_code ignored;  // what can't be looked at is found out anew
  if (options_.file.empty() || std::filesystem::exists(options_.file, ignored)) return;
  auto hint = cloud_hint(options_.sys);
  if (!hint) return;
  done_ = false;
  thread_ = std::jthread([this, found = std::move(*hint)](const std::stop_token& stop) { run(found, stop); });
}

CloudProvider::~CloudProvider() = default;

bool CloudProvider::wait_until_done(std::chrono::milliseconds limit) {
  std::unique_lock lock(mutex_);
  return changed_.wait_for(lock, limit, [this] { return done_; });
}

void CloudProvider::run(const CloudHint& hint, const std::stop_token& stop) {
  for (int attempt = 1; attempt <= options_.attempts && !stop.stop_requested(); ++attempt) {
    if (const auto found = ask(hint, stop)) {
      write(*found);
      break;
    }
    std::unique_lock lock(mutex_);
    if (attempt < options_.attempts) changed_.wait_for(lock, stop, options_.interval, [] { return false; });
  }
  const std::lock_guard lock(mutex_);
  done_ = true;
  changed_.notify_all();
}

std::optional<CloudProvider::Labels> CloudProvider::ask(const CloudHint& hint,
                                                        const std::stop_token& stop) const {
  switch (hint.kind) {
    case CloudHint::Kind::aws:
      return ask_aws(stop);
    case CloudHint::Kind::aliyun:
      return ask_aliyun(stop);
    case CloudHint::Kind::generic:
      break;
  }
  return ask_generic(hint, stop);
}

std::optional<CloudProvider::Labels> CloudProvider::ask_aws(const std::stop_token& stop) const {
  auto request = get("/latest/dynamic/instance-identity/document", options_.request_limit);
  add_aws_token(metadata_, request, stop);
  const auto text = ask_metadata(metadata_, request, stop);
  if (!text) return std::nullopt;
  const auto document = nlohmann::json::parse(*text, nullptr, false);
  if (!document.is_object()) return std::nullopt;
  const auto region = text_or_empty(document, "region");
  if (region.empty()) return std::nullopt;
  return labels("aws", region, text_or_empty(document, "availabilityZone"));
}

std::optional<CloudProvider::Labels> CloudProvider::ask_aliyun(const std::stop_token& stop) const {
  const auto zone =
      ask_metadata(aliyun_metadata_, get("/latest/meta-data/zone-id", options_.request_limit), stop);
  const auto region =
      ask_metadata(aliyun_metadata_, get("/latest/meta-data/region-id", options_.request_limit), stop);
  if (!zone || !region) return std::nullopt;
  return labels("aliyun", *region, *zone);
}

std::optional<CloudProvider::Labels> CloudProvider::ask_generic(const CloudHint& hint,
                                                                const std::stop_token& stop) const {
  // The path that most clouds have taken over from AWS; a cloud without it still has its name from the
  // firmware.
  const auto zone = ask_metadata(
      metadata_, get("/latest/meta-data/placement/availability-zone", options_.request_limit), stop);
  const bool plain = zone && zone->size() < 64 && zone->find_first_of(" <{\n\r") == std::string::npos;
  return labels(hint.provider, {}, plain ? *zone : std::string());
}

void CloudProvider::write(const Labels& labels) const {
  try {
    const nlohmann::json document = {{"label", labels}};
    place_text_file(options_.file, document.dump(), 0644, WhenPresent::replace);
  } catch (const std::exception& error) {
    // End of a background thread: the labels are a convenience, and the next start tries again.
    spdlog::warn("cloud provider labels not kept: {}", error.what());
  }
}

}  // namespace cattle::handlers
