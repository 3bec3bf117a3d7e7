// SPDX-License-Identifier: Apache-2.0
#include "tests/support/fake_engine/state.hpp"

#include <openssl/evp.h>

#include <algorithm>
#include <memory>
#include <thread>

namespace cattle::support {
namespace {

/// What X-Registry-Auth carries; an empty object when it carries nothing readable.
nlohmann::json registry_auth(const EngineCall& call) {
  const auto header = call.headers.find("x-registry-auth");
  if (header == call.headers.end()) return nlohmann::json::object();
  std::string text = header->second;
  std::replace(text.begin(), text.end(), '-', '+');
  std::replace(text.begin(), text.end(), '_', '/');
  std::string bytes(text.size(), '\0');
  const int size =
      EVP_DecodeBlock(reinterpret_cast<unsigned char*>(bytes.data()),
                      reinterpret_cast<const unsigned char*>(text.data()), static_cast<int>(text.size()));
  if (size < 0) return nlohmann::json::object();
  bytes.resize(static_cast<std::size_t>(size));
  bytes.erase(std::find(bytes.begin(), bytes.end(), '\0'), bytes.end());  // Padding decodes to zeroes.
  const auto document = nlohmann::json::parse(bytes, nullptr, false);
  return document.is_object() ? document : nlohmann::json::object();
}

std::string repository_of(const std::string& reference) {
  const auto at = reference.find('@');
  return at != std::string::npos ? reference.substr(0, at) : reference.substr(0, reference.rfind(':'));
}

std::string tag_of(const std::string& reference) {
  const auto at = reference.find('@');
  return at != std::string::npos ? reference.substr(at + 1) : reference.substr(reference.rfind(':') + 1);
}

std::vector<std::string> progress_lines(const std::string& reference, const PullBehaviour& behaviour) {
  std::vector<nlohmann::json> lines{
      {{"status", "Pulling from " + repository_of(reference)}, {"id", tag_of(reference)}}};
  for (int layer = 0; layer < behaviour.layers; ++layer) {
    const std::string id = long_id(static_cast<std::uint64_t>(layer) + 7'000'000).substr(0, 12);
    lines.push_back(
        {{"status", "Pulling fs layer"}, {"progressDetail", nlohmann::json::object()}, {"id", id}});
    for (int step = 1; step <= behaviour.progress_lines; ++step) {
      const std::int64_t total = 1'000'000;
      const std::int64_t current = total * step / behaviour.progress_lines;
      lines.push_back({{"status", "Downloading"},
                       {"progressDetail", {{"current", current}, {"total", total}}},
                       {"progress", "[=====>      ] " + std::to_string(current) + "B/1MB"},
                       {"id", id}});
    }
    lines.push_back({{"status", "Pull complete"}, {"progressDetail", nlohmann::json::object()}, {"id", id}});
  }
  if (behaviour.error.empty()) {
    lines.push_back({{"status", "Digest: sha256:" + long_id(reference.size())}});
    lines.push_back({{"status", "Status: Downloaded newer image for " + reference}});
  } else {
    lines.push_back({{"errorDetail", {{"message", behaviour.error}}}, {"error", behaviour.error}});
  }
  std::vector<std::string> texts;
  texts.reserve(lines.size());
  for (const auto& line : lines) texts.push_back(line.dump() + "\r\n");
  return texts;
}

}  // namespace

Answer FakeEngine::State::images(const EngineCall& call, const std::vector<std::string>& parts) {
  if (call.path == "/images/json" && call.method == "GET") return list_images();
  if (call.path == "/images/create" && call.method == "POST") return pull(call);
  // A name may hold slashes: it is what lies between the first part and the last.
  const std::string rest = call.path.substr(std::string("/images/").size());
  if (call.method == "DELETE") return remove_image(rest, call);
  if (parts.size() < 3) return fail(404, "page not found");
  const std::string name = rest.substr(0, rest.rfind('/'));
  if (call.method == "GET" && parts.back() == "json") return inspect_image(name, call);
  if (call.method == "POST" && parts.back() == "tag") return tag_image(name, call);
  return fail(404, "page not found");
}

Answer FakeEngine::State::list_images() const {
  auto list = nlohmann::json::array();
  for (const FakeImage& image : images_) {
    list.push_back({{"Id", image.id},
                    {"ParentId", ""},
                    {"RepoTags", image.names},
                    {"RepoDigests", nullptr},
                    {"Created", epoch(image.created)},
                    {"Size", 1'000'000},
                    {"SharedSize", -1},
                    {"Containers", -1},
                    {"Labels", nullptr}});
  }
  return reply(200, list);
}

Answer FakeEngine::State::inspect_image(const std::string& name, const EngineCall& call) const {
  const FakeImage* image = find_image(name);
  if (image == nullptr) return fail(404, "no such image: " + name + ": No such image: " + with_tag(name));
  auto tags = nlohmann::json::array();
  auto digests = nlohmann::json::array();
  for (const auto& has : image->names) (has.find('@') == std::string::npos ? tags : digests).push_back(has);
  nlohmann::json document{{"Id", image->id},
                          {"RepoTags", tags},
                          {"RepoDigests", digests},
                          {"Parent", ""},
                          {"Created", timestamp(image->created)},
                          {"Author", ""},
                          {"Config", image->config},
                          {"Architecture", "amd64"},
                          {"Os", "linux"},
                          {"Size", 1'000'000}};
  if (!api_at_least(call.api_version, 1, 45)) document["ContainerConfig"] = nlohmann::json::object();
  if (!api_at_least(call.api_version, 1, 44)) document["VirtualSize"] = 1'000'000;
  return reply(200, document);
}

Answer FakeEngine::State::tag_image(const std::string& name, const EngineCall& call) {
  const FakeImage* image = find_image(name);
  if (image == nullptr) return fail(404, "No such image: " + with_tag(name));
  const std::string id = image->id;
  const std::string target = query(call, "repo") + ":" + query(call, "tag", "latest");
  for (FakeImage& other : images_) {
    other.names.erase(target);
    if (other.id == id) other.names.insert(target);
  }
  emit("image", "tag", id, {{"name", target}});
  return {201, "", "", {}};
}

Answer FakeEngine::State::remove_image(const std::string& name, const EngineCall& call) {
  const FakeImage* found = find_image(name);
  if (found == nullptr) return fail(404, "No such image: " + with_tag(name));
  const std::string id = found->id;
  const bool by_name = found->names.count(with_tag(name)) != 0;
  auto deleted = nlohmann::json::array();
  const bool last = found->names.size() <= 1 || !by_name;
  const auto user = std::find_if(containers_.begin(), containers_.end(),
                                 [&id](const auto& entry) { return entry.second.image_id == id; });
  if (last && user != containers_.end() &&
      (!query_flag(call, "force") || (!by_name && user->second.running))) {
    return fail(409, "conflict: unable to remove repository reference \"" + name +
                         "\" (must force) - container " + user->first.substr(0, 12) +
                         " is using its referenced image " + id.substr(7, 12));
  }
  const auto image =
      std::find_if(images_.begin(), images_.end(), [&id](const FakeImage& one) { return one.id == id; });
  if (by_name) {
    image->names.erase(with_tag(name));
    deleted.push_back({{"Untagged", with_tag(name)}});
  }
  if (last && user == containers_.end()) {
    images_.erase(image);
    deleted.push_back({{"Deleted", id}});
    emit("image", "delete", id, {{"name", id}});
  }
  return reply(200, deleted);
}

Answer FakeEngine::State::pull(const EngineCall& call) {
  const std::string tag = query(call, "tag");
  if (!query(call, "fromSrc").empty()) {
    const std::string name = query(call, "repo") + ":" + (tag.empty() ? "latest" : tag);
    put_image(name, {{"Cmd", {"sh"}}});
    return stream_lines({nlohmann::json{{"status", find_image(name)->id}}.dump() + "\r\n"}, {}, {});
  }
  const std::string from = query(call, "fromImage");
  const std::string reference =
      tag.empty() ? with_tag(from) : from + (tag.rfind("sha256:", 0) == 0 ? "@" : ":") + tag;
  if (std::any_of(from.begin(), from.end(), [](unsigned char letter) { return std::isupper(letter) != 0; })) {
    return fail(400, "invalid reference format: repository name must be lowercase");
  }
  const auto found = pulls_.find(reference);
  if (found == pulls_.end())
    return fail(404, "manifest for " + reference + " not found: manifest unknown: manifest unknown");
  const PullBehaviour behaviour = found->second;
  if (!behaviour.username.empty()) {
    const nlohmann::json auth = registry_auth(call);
    const std::string asked =
        "Head \"https://" + repository_of(reference) + "/manifests/" + tag_of(reference) + "\": ";
    if (auth.empty()) return fail(500, asked + "no basic auth credentials");
    if (auth.value("username", "") != behaviour.username ||
        auth.value("password", "") != behaviour.password) {
      return fail(500, asked + "unauthorized: authentication required");
    }
  }
  if (behaviour.error_status != 0) return fail(behaviour.error_status, behaviour.error);
  const auto arrive = [this, reference, behaviour] {
    if (!behaviour.error.empty()) return;
    nlohmann::json config = behaviour.config;
    if (!config.contains("Cmd") && !config.contains("Entrypoint")) config["Cmd"] = {"sh"};
    put_image(reference, config);
    emit("image", "pull", reference, {{"name", repository_of(reference)}});
  };
  return stream_lines(progress_lines(reference, behaviour), behaviour.line_pause, arrive);
}

Answer FakeEngine::State::build(const EngineCall& call) {
  const std::string name = with_tag(query(call, "t", "built"));
  if (query(call, "remote").empty() && call.body.empty()) return fail(500, "the build context is empty");
  const auto behaviour = pulls_.find(name);
  const std::string error = behaviour == pulls_.end() ? "" : behaviour->second.error;
  std::vector<std::string> lines;
  const auto say = [&lines](const nlohmann::json& line) { lines.push_back(line.dump() + "\r\n"); };
  say({{"stream", "Step 1/1 : FROM scratch"}});
  say({{"stream", "\n"}});
  if (error.empty()) {
    say({{"stream", "Successfully tagged " + name + "\n"}});
  } else {
    say({{"errorDetail", {{"message", error}}}, {"error", error}});
  }
  const auto pause = behaviour == pulls_.end() ? std::chrono::milliseconds(0) : behaviour->second.line_pause;
  return stream_lines(lines, pause, [this, name, error] {
    if (error.empty()) put_image(name, {{"Cmd", {"sh"}}});
  });
}

Answer FakeEngine::State::stream_lines(std::vector<std::string> lines, std::chrono::milliseconds pause,
                                       std::function<void()> at_end) {
  Answer answer;
  answer.next = [this, lines = std::move(lines), pause, at_end = std::move(at_end),
                 index = std::size_t{0}](const Gone& gone) mutable -> std::optional<std::string> {
    const auto until = std::chrono::steady_clock::now() + pause;
    while (index < lines.size() && std::chrono::steady_clock::now() < until) {
      if (gone()) return std::nullopt;
      std::this_thread::sleep_for(std::min<std::chrono::milliseconds>(pause, std::chrono::milliseconds(5)));
    }
    if (index + 1 == lines.size() && at_end) {
      const std::lock_guard lock(mutex_);
      at_end();
    }
    if (index == lines.size()) return std::nullopt;
    return lines.at(index++);
  };
  return answer;
}

const FakeImage* FakeEngine::State::find_image(const std::string& name) const {
  for (const FakeImage& image : images_) {
    if (image.names.count(with_tag(name)) != 0 || image.id == name) return &image;
    if (name.size() >= 12 && image.id.compare(7, name.size(), name) == 0) return &image;
  }
  return nullptr;
}

void FakeEngine::State::put_image(const std::string& name, const nlohmann::json& config) {
  for (FakeImage& image : images_) image.names.erase(with_tag(name));
  images_.push_back(
      {"sha256:" + long_id(++counter_), {with_tag(name)}, config, std::chrono::system_clock::now()});
}

}  // namespace cattle::support
