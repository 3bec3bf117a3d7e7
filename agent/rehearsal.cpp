// SPDX-License-Identifier: Apache-2.0
#include "agent/rehearsal.hpp"

#include "handlers/errors.hpp"

#include <algorithm>

namespace cattle::agent {
namespace {

using docker::Proposal;
using docker::Rehearsed;
using nlohmann::json;

constexpr int kOk = 200;
constexpr int kCreated = 201;
constexpr int kNoContent = 204;
constexpr int kNotFound = 404;

const std::string& pretended_id() {
  static const std::string kId(64, 'd');
  return kId;
}

std::string path_of(const Proposal& proposal) {
  return proposal.target.substr(0, proposal.target.find('?'));
}

std::string name_in(const Proposal& proposal) {
  const auto at = proposal.target.find("name=");
  if (at == std::string::npos) return "pretended";
  const auto begin = at + std::string("name=").size();
  return proposal.target.substr(begin, proposal.target.find('&', begin) - begin);
}

/// "/containers/abc" of "/containers/abc/stop".
std::string thing_of(const std::string& path) {
  const auto second = path.find('/', 1);
  if (second == std::string::npos) return path;
  return path.substr(0, path.find('/', second + 1));
}

}  // namespace

std::optional<Rehearsed> Rehearsal::answer(const Proposal& proposal) {
  if (!proposal.peer.empty()) {
    print(proposal);
    return Rehearsed{kOk, "{}"};
  }
  if (proposal.method == "GET" || proposal.method == "HEAD") return look(proposal);
  print(proposal);
  const auto path = path_of(proposal);
  if (path == "/containers/create") return create(proposal);
  if (path == "/images/create") {
    pulled_ = true;
    return Rehearsed{kOk, "{\"status\":\"pretended\"}\n"};
  }
  if (path == "/build") {
    pulled_ = true;
    return Rehearsed{kOk, "{\"stream\":\"pretended\"}\n"};
  }
  if (path == "/volumes/create") {
    auto volume = json::parse(proposal.body, nullptr, false);
    if (!volume.is_object()) volume = json::object();
    volume["Mountpoint"] = "/var/lib/docker/volumes/pretended/_data";
    return Rehearsed{kCreated, volume.dump()};
  }
  if (!path.starts_with("/containers/" + pretended_id())) changed_.insert(thing_of(path));
  return Rehearsed{proposal.method == "DELETE" && path.starts_with("/images/") ? kOk : kNoContent,
                   proposal.method == "DELETE" && path.starts_with("/images/") ? "[]" : ""};
}

std::optional<Rehearsed> Rehearsal::look(const Proposal& proposal) const {
  const auto path = path_of(proposal);
  if (!created_.is_null() && path == "/containers/" + pretended_id() + "/json")
    return Rehearsed{kOk, created_.dump()};
  if (!created_.is_null() && path == "/containers/json") {
    const json entry = {{"Id", pretended_id()}, {"Names", json::array({created_.at("Name")})},
                        {"State", "running"},   {"Status", "Up 1 second"},
                        {"Created", 0},         {"Labels", json::object()}};
    return Rehearsed{kOk, json::array({entry}).dump()};
  }
  if (pulled_ && path.starts_with("/images/")) {
    throw handlers::OperationError(
        "dry run: stopped here, since the rest depends on the image that was not fetched");
  }
  if (changed_.contains(thing_of(path))) {
    throw handlers::OperationError("dry run: stopped here, since the rest depends on what was not done to " +
                                   thing_of(path));
  }
  return std::nullopt;
}

Rehearsed Rehearsal::create(const Proposal& proposal) {
  auto body = json::parse(proposal.body, nullptr, false);
  if (!body.is_object()) return {kNotFound, R"({"message":"the create body is no JSON object"})"};
  created_ = {{"Id", pretended_id()},
              {"Name", "/" + name_in(proposal)},
              {"Created", "2000-01-01T00:00:00Z"},
              {"State",
               // No process: whoever looks for one in /proc must not find another's (1 is this host's init).
               {{"Status", "running"}, {"Running", true}, {"Pid", 0}, {"StartedAt", "2000-01-01T00:00:00Z"}}},
              {"HostConfig", body.value("HostConfig", json::object())},
              {"Mounts", json::array()},
              {"NetworkSettings",
               {{"IPAddress", "172.17.0.2"}, {"Ports", json::object()}, {"Networks", json::object()}}},
              {"Config", body}};
  return {kCreated, json{{"Id", pretended_id()}, {"Warnings", json::array()}}.dump()};
}

void Rehearsal::print(const Proposal& proposal) const {
  out_ << "would call: " << proposal.method << " " << redaction_.apply(proposal.target);
  if (!proposal.peer.empty()) out_ << " (" << redaction_.apply(proposal.peer) << ")";
  out_ << "\n";
  if (proposal.body.empty()) return;
  const auto body = json::parse(proposal.body, nullptr, false);
  if (body.is_discarded()) {
    out_ << "(" << proposal.body.size() << " bytes)\n";
  } else {
    out_ << redaction_.document(body).dump(2) << "\n";
  }
}

}  // namespace cattle::agent
